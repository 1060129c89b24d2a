"""What is registered of places: read points, and the markets that goods are sold in."""

from collections.abc import Iterable
from typing import NamedTuple

from gateway.rules.history import Market
from gateway.store.connection import Connection
from schemas.geodesy import SITE_RADIUS_M, Position


class Site(NamedTuple):
    """A read point: its kind (plant, dealer, shop, ...) and its position."""

    kind: str
    position: Position


def sites(connection: Connection, site_ids: Iterable[str]) -> dict[str, Site]:
    """Those of these read points that are registered, by id."""
    rows = connection.execute(
        "SELECT site_id, kind, latitude, longitude FROM suyuan.site WHERE site_id = ANY (%s)", [sorted(set(site_ids))]
    )
    return {
        site_id: Site(kind, Position(latitude, longitude, SITE_RADIUS_M)) for site_id, kind, latitude, longitude in rows
    }


def markets(connection: Connection) -> dict[str, Market]:
    """All markets, by id."""
    rows = connection.execute("SELECT market_id, latitude, longitude, radius_km FROM suyuan.market ORDER BY market_id")
    return {
        market_id: Market(market_id, Position(latitude, longitude, 0), radius_km)
        for market_id, latitude, longitude, radius_km in rows
    }
