"""Claims, mandates, grants of read points, and what is said of a site: rows that the caller's organisation may see."""

from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg import errors

from resolver.store.session import Cursor, Row
from schemas.errors import Conflict, Invalid

Position = tuple[datetime, UUID]
"""How far events have been read: a time, and an event's id."""

MAX_EVENTS_READ = 10_000
"""Of a site's events for one answer: most are its owner's own."""

_CLAIMS: LiteralString = """
SELECT item_id, occurred_at, event_id, reader_org, reader_id, verb, biz_step, read_point, items, recorded_at
FROM suyuan.claimed_event
WHERE owner_org = %s AND (recorded_at, event_id) > (%s, %s)
ORDER BY recorded_at, event_id LIMIT %s
"""

_ADD_MANDATE: LiteralString = """
INSERT INTO suyuan.mandate (owner_org, org_id, verbs, gtin, since, until)
VALUES (%(owner_org)s, %(org_id)s, %(verbs)s, %(gtin)s, %(since)s, coalesce(%(until)s, 'infinity'::timestamptz))
RETURNING mandate_id, owner_org, org_id, verbs, gtin, since, CASE WHEN isfinite(until) THEN until END AS until,
          created_at
"""

_MANDATES: LiteralString = """
SELECT mandate_id, owner_org, org_id, verbs, gtin, since, CASE WHEN isfinite(until) THEN until END AS until, created_at
FROM suyuan.mandate WHERE owner_org = %s OR org_id = %s ORDER BY created_at, mandate_id
"""

_END_MANDATE: LiteralString = """
UPDATE suyuan.mandate SET until = greatest(since, least(until, %s)) WHERE owner_org = %s AND mandate_id = %s
"""


def claims(cursor: Cursor, owner_org: str, after: Position, limit: int) -> list[Row]:
    """Events that are claims about an organisation's goods, in the order in which they arrived.

    ``item_id``: what the event is of; ``items``: about how many of the owner's it is a claim.
    """
    return cursor.execute(_CLAIMS, [owner_org, *after, limit]).fetchall()


def add_mandate(cursor: Cursor, fields: dict[str, Any]) -> Row:
    """Insert a mandate: ``owner_org``, ``org_id``, ``verbs``, ``gtin``, ``since``, ``until`` (None: without end).

    :raises Invalid: for an unknown organisation or product, or an end before the beginning.
    """
    try:
        row = cursor.execute(_ADD_MANDATE, fields).fetchone()
    except errors.ForeignKeyViolation:
        raise _unknown_organisation(fields["org_id"]) from None
    if row is None:
        raise LookupError("INSERT RETURNING gave no row")
    return row


def mandates(cursor: Cursor, org_id: str) -> list[Row]:
    """The mandates that an organisation gave or was given, the oldest first."""
    return cursor.execute(_MANDATES, [org_id, org_id]).fetchall()


def end_mandate(cursor: Cursor, owner_org: str, mandate_id: UUID, at: datetime) -> bool:
    """End a mandate for events from ``at`` on; False when the organisation gave none of this id."""
    return cursor.execute(_END_MANDATE, [at, owner_org, mandate_id]).rowcount == 1


def site_owner(cursor: Cursor, site_id: str) -> str | None:
    """Whose site it is; None when there is none of this id."""
    row = cursor.execute("SELECT org_id FROM suyuan.site WHERE site_id = %s", [site_id]).fetchone()
    return None if row is None else str(row["org_id"])


def grant(cursor: Cursor, site_id: str, org_id: str) -> Row:
    """Let an organisation's readers name a site.

    :raises Invalid: for an unknown organisation.
    :raises Conflict: it may already.
    """
    try:
        row = cursor.execute(
            "INSERT INTO suyuan.read_point_grant (site_id, org_id) VALUES (%s, %s) ON CONFLICT DO NOTHING"
            " RETURNING site_id, org_id, created_at",
            [site_id, org_id],
        ).fetchone()
    except errors.ForeignKeyViolation:
        raise _unknown_organisation(org_id) from None
    if row is None:
        raise Conflict("exists", f"{org_id} may name {site_id} already.", "GET /api/v1/read-point-grants lists grants.")
    return row


def grants(cursor: Cursor) -> list[Row]:
    """The grants of one's own sites, and those that one was given."""
    return cursor.execute(
        "SELECT site_id, org_id, created_at FROM suyuan.read_point_grant ORDER BY site_id, org_id"
    ).fetchall()


def withdraw(cursor: Cursor, site_id: str, org_id: str) -> bool:
    """Take a grant back; False when there is none."""
    return (
        cursor.execute(
            "DELETE FROM suyuan.read_point_grant WHERE site_id = %s AND org_id = %s", [site_id, org_id]
        ).rowcount
        == 1
    )


def statements(
    cursor: Cursor, site_id: str, as_of: datetime, after: Position | None, limit: int
) -> tuple[list[Row], Position | None]:
    """What other organisations' readers said of a site of the caller's own, by event time.

    At most ``MAX_EVENTS_READ`` of the site's events are read for it; the second value is where to go on, if anywhere.
    """
    rows = cursor.execute(
        "SELECT event_id, item_id, occurred_at, recorded_at, biz_step, disposition, reader_org, reader_id,"
        " CASE WHEN claim THEN 'claim' ELSE 'fact' END AS standing, read_at, read_id"
        " FROM suyuan.said_at(%s, %s, %s::timestamptz, %s::uuid, %s, %s)",
        [site_id, as_of, *(after or (None, None)), limit, MAX_EVENTS_READ],
    ).fetchall()
    read = [(row.pop("read_at"), row.pop("read_id")) for row in rows]
    if not rows or rows[-1]["event_id"] is not None:
        return rows, None
    return rows[:-1], read[-1]


def _unknown_organisation(org_id: str) -> Exception:
    return Invalid("unknown_organisation", f"There is no organisation {org_id!r}.", field="org_id")
