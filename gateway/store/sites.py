"""What is registered of places: read points, and the markets that goods are sold in."""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from gateway.rules.history import Market
from gateway.store.connection import Connection
from schemas.geodesy import SITE_RADIUS_M, Position


class Site(NamedTuple):
    """A read point: its kind (plant, dealer, shop, ...), its position, and whose it is.

    ``since``: when it was registered; ``admitted_since``: from when on others are refused who name it without a grant.
    Microseconds; 0: always.
    """

    kind: str
    position: Position
    org_id: str
    since: int = 0
    admitted_since: int = 0

    def is_of(self, reader_org: str, recorded_at: int) -> bool:
        """Whether an event of this organisation's reader that was recorded then, and names it, was there.

        What was recorded before is at no site, for ever: whoever knew the id could have named it.
        """
        return recorded_at >= (self.since if reader_org == self.org_id else self.admitted_since)


def sites(connection: Connection, site_ids: Iterable[str]) -> dict[str, Site]:
    """Those of these read points that are registered, by id."""
    rows = connection.execute(_SITES, [sorted(set(site_ids))])
    return {
        site_id: Site(kind, Position(latitude, longitude, SITE_RADIUS_M), *rest)
        for site_id, kind, latitude, longitude, *rest in rows
    }


_SITES = """
SELECT site_id, kind, latitude, longitude, org_id,
       CASE WHEN isfinite(registered_at) THEN (extract(epoch FROM registered_at) * 1000000)::bigint ELSE 0 END,
       CASE WHEN isfinite(admitted_since) THEN (extract(epoch FROM admitted_since) * 1000000)::bigint ELSE 0 END
FROM suyuan.site WHERE site_id = ANY (%s)
"""


def named_site_owners(
    connection: Connection, site_ids: Collection[str], org_ids: Collection[str]
) -> tuple[dict[str, str], set[tuple[str, str]]]:
    """Whose these read points are, and which of these organisations may speak from those of others (site, org)."""
    if not site_ids:
        return {}, set()
    rows = connection.execute(
        """
        SELECT s.site_id, s.org_id, g.org_id FROM suyuan.site AS s
        LEFT JOIN suyuan.read_point_grant AS g ON g.site_id = s.site_id AND g.org_id = ANY (%s)
        WHERE s.site_id = ANY (%s)
        """,
        [sorted(org_ids), sorted(site_ids)],
    ).fetchall()
    owners = {site_id: org_id for site_id, org_id, _ in rows}
    return owners, {(site_id, granted) for site_id, _, granted in rows if granted is not None}


def plants(connection: Connection, owners: Iterable[str]) -> dict[str, tuple[Position, ...]]:
    """Where the plants of these organisations are, by organisation."""
    rows = connection.execute(
        "SELECT org_id, latitude, longitude FROM suyuan.site"
        " WHERE kind = 'plant' AND org_id = ANY (%s) ORDER BY site_id",
        [sorted(set(owners))],
    )
    found: dict[str, list[Position]] = {}
    for org_id, latitude, longitude in rows:
        found.setdefault(org_id, []).append(Position(latitude, longitude, SITE_RADIUS_M))
    return {org_id: tuple(positions) for org_id, positions in found.items()}


def markets(connection: Connection) -> dict[str, Market]:
    """All markets, by id."""
    rows = connection.execute("SELECT market_id, latitude, longitude, radius_km FROM suyuan.market ORDER BY market_id")
    return {
        market_id: Market(market_id, Position(latitude, longitude, 0), radius_km)
        for market_id, latitude, longitude, radius_km in rows
    }
