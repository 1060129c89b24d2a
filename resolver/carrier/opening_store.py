"""Openings of packs: the first one of each unit, and how many followed."""

from datetime import datetime
from uuid import UUID

from resolver.store.session import Cursor, Row
from schemas.serial import UnitNumber


def opened_batch(cursor: Cursor, org_id: str, gtin: str, unit: UnitNumber) -> Row | None:
    """The unit's batch: ``lot``, ``quantity``, ``revoked_at``, ``recalled_at``; None when it is not registered."""
    return cursor.execute(
        "SELECT lot, quantity, revoked_at, recalled_at FROM suyuan.batch"
        " WHERE org_id = %s AND batch_number = %s AND gtin = %s AND key_number = %s",
        [org_id, unit.batch_number, gtin, unit.key_number],
    ).fetchone()


def find_opening(cursor: Cursor, org_id: str, unit: UnitNumber) -> Row | None:
    """The unit's first opening: ``opening_id``, ``opened_at``, ``handset``, and ``later`` scans of other phones."""
    return cursor.execute(
        "SELECT opening_id, opened_at, handset, later FROM suyuan.opening"
        " WHERE owner_org = %s AND batch_number = %s AND unit_index = %s",
        [org_id, unit.batch_number, unit.index],
    ).fetchone()


def note_opening(
    cursor: Cursor, *, org_id: str, unit: UnitNumber, item_id: str, opening_id: UUID, at: datetime, handset: str | None
) -> Row:
    """Insert the first opening, or count one of another phone; gives the row of :func:`find_opening`."""
    row = cursor.execute(
        """
        INSERT INTO suyuan.opening AS o
            (owner_org, batch_number, unit_index, item_id, opening_id, opened_at, handset, last_at)
        VALUES (%(org)s, %(batch)s, %(index)s, %(item)s, %(id)s, %(at)s, %(handset)s, %(at)s)
        ON CONFLICT (owner_org, batch_number, unit_index) DO UPDATE SET
            later = o.later + (o.handset IS DISTINCT FROM excluded.handset OR o.handset IS NULL)::integer,
            last_at = greatest(o.last_at, excluded.last_at)
        RETURNING opening_id, opened_at, handset, later
        """,
        {
            "org": org_id,
            "batch": unit.batch_number,
            "index": unit.index,
            "item": item_id,
            "id": opening_id,
            "at": at,
            "handset": handset,
        },
    ).fetchone()
    if row is None:
        raise LookupError("INSERT … RETURNING gave no row")
    return row
