"""Openings of packs: the first one of each unit, and how many followed."""

from datetime import datetime
from typing import LiteralString
from uuid import UUID

from resolver.access.handset import Phone
from resolver.scan.origin import Origin
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
    cursor: Cursor,
    *,
    org_id: str,
    unit: UnitNumber,
    item_id: str,
    opening_id: UUID,
    at: datetime,
    phone: Phone | None,
    origin: Origin,
    matched: bool,
    contradicted: str | None,
) -> Row:
    """Insert the first opening, or count one of another phone; gives the row of :func:`find_opening`.

    ``matched``: the code outside was scanned as well, and both are of this unit. ``contradicted``: it is of this other
    unit; the row has the one that was named first. These, and a better place, are taken from the phone that opened the
    pack, also later.
    """
    place = origin.place
    row = cursor.execute(
        _NOTE,
        {
            "org": org_id,
            "batch": unit.batch_number,
            "index": unit.index,
            "item": item_id,
            "id": opening_id,
            "at": at,
            "handset": None if phone is None else phone.current,
            "known": [] if phone is None else list(phone.known),
            "matched": matched,
            "contradicted": contradicted,
            "network": origin.network,
            "operator": origin.operator,
            "latitude": None if place is None else place.latitude,
            "longitude": None if place is None else place.longitude,
            "radius": None if place is None else place.radius_m,
            "source": None if place is None else place.source,
        },
    ).fetchone()
    if row is None:
        raise LookupError("INSERT … RETURNING gave no row")
    if place is not None and phone is not None and row["opening_id"] != opening_id:
        cursor.execute(
            _PLACE,
            [
                *(place.latitude, place.longitude, place.radius_m, place.source),
                *(org_id, unit.batch_number, unit.index, list(phone.known), place.radius_m),
            ],
        )
    return row


_NOTE: LiteralString = """
INSERT INTO suyuan.opening AS o
    (owner_org, batch_number, unit_index, item_id, opening_id, opened_at, handset, last_at, matched, network, operator,
     latitude, longitude, radius_m, source, contradicted)
VALUES (%(org)s, %(batch)s, %(index)s, %(item)s, %(id)s, %(at)s, %(handset)s, %(at)s, %(matched)s, %(network)s,
        %(operator)s, %(latitude)s, %(longitude)s, %(radius)s, %(source)s, %(contradicted)s)
ON CONFLICT (owner_org, batch_number, unit_index) DO UPDATE SET
    later = o.later + (NOT coalesce(o.handset = ANY (%(known)s), false))::integer,
    last_at = greatest(o.last_at, excluded.last_at),
    matched = o.matched OR (excluded.matched AND coalesce(o.handset = ANY (%(known)s), false)),
    contradicted = CASE WHEN o.contradicted IS NULL AND NOT o.matched AND o.handset = ANY (%(known)s)
                        THEN excluded.contradicted ELSE o.contradicted END
RETURNING opening_id, opened_at, handset, later, contradicted
"""

_PLACE: LiteralString = """
UPDATE suyuan.opening SET latitude = %s, longitude = %s, radius_m = %s, source = %s
WHERE owner_org = %s AND batch_number = %s AND unit_index = %s AND handset = ANY (%s)
  AND coalesce(radius_m, 'Infinity') > %s
"""
