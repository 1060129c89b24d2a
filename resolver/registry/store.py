"""What all organisations share: organisations, sites, markets and readers."""

from collections.abc import Sequence
from typing import Any, LiteralString

from psycopg import errors

from resolver.store.session import Cursor, Row
from schemas.errors import Conflict, Invalid

RESERVED = {
    "consumers": "stands for consumers' scans",
    "unregistered": "stands for codes that nobody registered",
    "gateway": "stands for the program that judges",
    "deadline": "stands for deadlines that pass",
}
"""Ids that no organisation may have, and why."""


def organisation(cursor: Cursor, org_id: str) -> Row | None:
    """The organisation's ``org_id``, ``name``, ``name_zh`` and ``kind``."""
    return cursor.execute(
        "SELECT org_id, name, name_zh, kind FROM suyuan.organisation WHERE org_id = %s", [org_id]
    ).fetchone()


def organisations(cursor: Cursor) -> list[Row]:
    """All organisations with their prefixes."""
    return cursor.execute(
        "SELECT o.org_id, o.name, o.name_zh, o.kind, coalesce(array_agg(p.prefix ORDER BY p.prefix)"
        " FILTER (WHERE p.prefix IS NOT NULL), '{}') AS prefixes"
        " FROM suyuan.organisation AS o LEFT JOIN suyuan.company_prefix AS p USING (org_id)"
        " GROUP BY o.org_id ORDER BY o.org_id"
    ).fetchall()


def add_organisation(
    cursor: Cursor, *, org_id: str, name: str, name_zh: str, kind: str, prefixes: Sequence[str]
) -> None:
    """Register an organisation; a maker gets its first sealing key number with it.

    :raises Invalid: for an id that stands for something else.
    :raises Conflict: when the organisation or a prefix is taken.
    """
    if org_id in RESERVED:
        raise Invalid("reserved", f"{org_id!r} {RESERVED[org_id]}.", "Use another id.", field="org_id")
    if cursor.execute("SELECT FROM suyuan.site WHERE site_id = %s", [org_id]).rowcount:
        raise Conflict("exists", f"{org_id!r} is a site.", "Shipments are addressed to either by id.", field="org_id")
    added = cursor.execute(
        "INSERT INTO suyuan.organisation (org_id, name, name_zh, kind) VALUES (%s, %s, %s, %s)"
        " ON CONFLICT (org_id) DO NOTHING",
        [org_id, name, name_zh, kind],
    )
    if added.rowcount == 0:
        raise Conflict("exists", f"Organisation {org_id!r} exists already.", "Use another id.", field="org_id")
    try:
        for prefix in prefixes:
            cursor.execute("INSERT INTO suyuan.company_prefix (prefix, org_id) VALUES (%s, %s)", [prefix, org_id])
    except errors.UniqueViolation:
        raise Conflict(
            "exists", f"Prefix {prefix} belongs to another organisation.", "Check the prefix.", field="prefixes"
        ) from None
    if kind == "maker":
        cursor.execute("INSERT INTO suyuan.seal_key (org_id, key_number) VALUES (%s, 0)", [org_id])


def kind_of(cursor: Cursor, org_id: str) -> str | None:
    """The organisation's kind; None when there is none of this id."""
    row = organisation(cursor, org_id)
    return None if row is None else str(row["kind"])


_SITES: LiteralString = """
SELECT site_id, org_id, name, name_zh, kind, latitude, longitude FROM suyuan.site AS s
WHERE site_id > %(after)s AND (
    %(org)s::text IS NULL OR org_id = %(org)s
    OR EXISTS (SELECT FROM suyuan.dealer_territory AS t WHERE t.dealer_id = s.site_id AND t.owner_org = %(org)s)
    OR EXISTS (SELECT FROM suyuan.read_point_grant AS g WHERE g.site_id = s.site_id AND g.org_id = %(org)s))
ORDER BY site_id LIMIT %(limit)s
"""


def sites(cursor: Cursor, org_id: str | None, after: str, limit: int) -> list[Row]:
    """Read points in order of id: all, or those that an organisation has to do with.

    They are its own, those of dealers whose territory it has set, and those at which its readers may observe.
    """
    return cursor.execute(_SITES, {"org": org_id, "after": after, "limit": limit}).fetchall()


def markets(cursor: Cursor) -> list[Row]:
    """All markets in order of id."""
    return cursor.execute(
        "SELECT market_id, name, name_zh, latitude, longitude, radius_km FROM suyuan.market ORDER BY market_id"
    ).fetchall()


_ADD_SITE: LiteralString = """
INSERT INTO suyuan.site (site_id, org_id, name, name_zh, kind, latitude, longitude, registered_at, admitted_since)
VALUES (%(site_id)s, %(org_id)s, %(name)s, %(name_zh)s, %(kind)s, %(latitude)s, %(longitude)s, now(), now())
ON CONFLICT (site_id) DO UPDATE SET name = excluded.name, name_zh = excluded.name_zh, kind = excluded.kind,
    latitude = excluded.latitude, longitude = excluded.longitude
WHERE site.org_id = excluded.org_id
RETURNING site_id
"""
_ADD_MARKET: LiteralString = """
INSERT INTO suyuan.market (market_id, name, name_zh, latitude, longitude, radius_km)
VALUES (%(market_id)s, %(name)s, %(name_zh)s, %(latitude)s, %(longitude)s, %(radius_km)s)
ON CONFLICT (market_id) DO NOTHING
"""


def add_site(cursor: Cursor, fields: dict[str, Any]) -> None:
    """Register a read point, or correct it. The transaction is of the organisation that has it.

    It is one from now on: what was recorded under the id before was said of no site.

    :raises Conflict: when another organisation has a site of that id, or has that id itself.
    :raises Invalid: for an unknown organisation.
    """
    site_id = fields["site_id"]
    if site_id != fields["org_id"] and organisation(cursor, site_id) is not None:
        raise Conflict("exists", f"{site_id!r} is an organisation: what is sent to it by this id would not be its own.",
                       "Use another id.", field="site_id")  # fmt: skip
    try:
        added = cursor.execute(_ADD_SITE, fields).fetchone()
    except errors.ForeignKeyViolation:
        raise _unknown_organisation(fields["org_id"]) from None
    if added is None:
        raise Conflict("exists", f"Site {site_id!r} belongs to another organisation.", field="site_id")


def add_market(cursor: Cursor, fields: dict[str, Any]) -> None:
    """Register a market.

    :raises Conflict: when there is one of that id.
    """
    if cursor.execute(_ADD_MARKET, fields).rowcount == 0:
        raise Conflict("exists", f"Market {fields['market_id']!r} exists already.", field="market_id")


def add_reader(
    cursor: Cursor,
    *,
    org_id: str,
    reader_id: str,
    site_id: str | None,
    reader_class: str,
    kid: bytes,
    public_key: bytes,
) -> None:
    """Enrol a reader with a public key; further keys may be added to the same reader, which stays what it is.

    :raises Invalid: for an unknown organisation or site, or another organisation's site.
    :raises Conflict: when the key id is taken, or the reader has as many live keys as it may have.
    """
    site = None
    if site_id is not None:
        site = cursor.execute("SELECT org_id FROM suyuan.site WHERE site_id = %s", [site_id]).fetchone()
    if site is not None and site["org_id"] != org_id:
        raise Invalid("unknown_site", f"{site_id!r} is no site of {org_id}.", field="site_id")
    try:
        cursor.execute(
            "INSERT INTO suyuan.reader (org_id, reader_id, site_id, class) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT DO NOTHING",
            [org_id, reader_id, site_id, reader_class],
        )
        room = cursor.execute("SELECT suyuan.has_room_for_key(%s, %s) AS room", [org_id, reader_id]).fetchone()
        added = cursor.execute(
            "INSERT INTO suyuan.reader_key (org_id, reader_id, kid, public_key) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT DO NOTHING",
            [org_id, reader_id, kid, public_key],
        )
    except errors.ForeignKeyViolation as error:
        if "site" in (error.diag.constraint_name or ""):
            raise Invalid("unknown_site", f"There is no site {site_id!r}.", field="site_id") from None
        raise _unknown_organisation(org_id) from None
    if added.rowcount == 0:
        raise Conflict("exists", f"Reader {reader_id!r} has a key {kid.hex()} already.", field="kid")
    if room is None or not room["room"]:
        raise Conflict(
            "too_many_keys", f"Reader {reader_id!r} has as many live keys as it may have.", "Revoke one.", field="kid"
        )


def _unknown_organisation(org_id: str) -> Exception:
    return Invalid(
        "unknown_organisation", f"There is no organisation {org_id!r}.", "Register it first.", field="org_id"
    )
