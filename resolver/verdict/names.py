"""Names of makers, products, markets, sites and lots: read when first needed, then cached for ``SECONDS``."""

import time
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import LiteralString, TypeVar
from urllib.parse import quote

from resolver.store.public_pool import PublicPool, PublicReader
from resolver.store.session import Row
from resolver.store.ttl_cache import TtlCache
from resolver.verdict.facts import Market, Organisation, Product, Site
from schemas.code import Checked
from schemas.geodesy import Position, distance_km

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

CAPACITY = 50_000
SECONDS = 30.0

_SITES: LiteralString = (
    "SELECT s.site_id, s.name, s.name_zh, s.kind, s.latitude, s.longitude, s.org_id, o.name AS org_name,"
    " o.name_zh AS org_name_zh FROM suyuan.site AS s JOIN suyuan.organisation AS o ON o.org_id = s.org_id"
    " WHERE s.site_id = ANY(%s)"
)
_MAKERS: LiteralString = "SELECT org_id, name, name_zh FROM suyuan.organisation WHERE org_id = ANY(%s)"
_PRODUCTS: LiteralString = "SELECT gtin, name, name_zh, category FROM suyuan.product WHERE gtin = ANY(%s)"
_MARKETS: LiteralString = "SELECT market_id, name, name_zh FROM suyuan.market WHERE market_id = ANY(%s)"
_AREAS: LiteralString = "SELECT market_id, latitude, longitude, radius_km FROM suyuan.market"


@dataclass(frozen=True, slots=True)
class Named:
    """What belongs to one batch; None for what is not registered."""

    maker: Organisation | None
    product: Product | None
    markets: tuple[Market, ...]


class Names:
    """Names by id, each read at most every ``SECONDS``; what was not found is queried each time."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._makers: TtlCache[str, Organisation] = TtlCache(capacity=CAPACITY, seconds=SECONDS, clock=clock)
        self._products: TtlCache[str, Product] = TtlCache(capacity=CAPACITY, seconds=SECONDS, clock=clock)
        self._markets: TtlCache[str, Market] = TtlCache(capacity=CAPACITY, seconds=SECONDS, clock=clock)
        self._areas: TtlCache[str, list[tuple[str, Position, float]]] = TtlCache(
            capacity=1, seconds=SECONDS, clock=clock
        )
        self._sites: TtlCache[str, Site] = TtlCache(capacity=CAPACITY, seconds=SECONDS, clock=clock)
        self._lots: TtlCache[tuple[str, int], str] = TtlCache(capacity=CAPACITY, seconds=SECONDS, clock=clock)

    def lot(self, reader: PublicReader, checked: Checked) -> str | None:
        """The lot of a sealed unit, percent-encoded as in a path; None when nobody registered its batch."""
        if checked.unit is None or checked.org_id is None:
            return None
        key = checked.org_id, checked.unit.batch_number
        lot = self._lots.get(key)
        if lot is None:
            row = reader.execute("SELECT lot FROM suyuan.batch WHERE org_id = %s AND batch_number = %s", key).fetchone()
            if row is None:
                return None
            lot = quote(row["lot"], safe="")
            self._lots.put(key, lot)
        return lot

    def sites(self, reader: PublicReader, read_points: Iterable[str | None]) -> dict[str, Site]:
        """The registered ones among read points, by id."""
        return _cached(
            self._sites,
            [read_point for read_point in read_points if read_point is not None],
            lambda missing: [(row["site_id"], _site(row)) for row in reader.execute(_SITES, [missing]).fetchall()],
        )

    def organisations(self, reader: PublicReader, org_ids: Iterable[str]) -> dict[str, Organisation]:
        """The registered ones among organisations, by id."""
        return _cached(
            self._makers,
            org_ids,
            lambda ids: [(row["org_id"], Organisation(**row)) for row in reader.execute(_MAKERS, [ids]).fetchall()],
        )

    def market_at(self, pool: PublicPool, latitude: float, longitude: float) -> str | None:
        """The market whose centre is nearest among those whose radius covers the place; None outside of all."""
        areas = self._areas.get("")
        if areas is None:
            areas = pool.ask(
                lambda reader: [
                    (row["market_id"], Position(row["latitude"], row["longitude"], 0.0), row["radius_km"])
                    for row in reader.execute(_AREAS, []).fetchall()
                ]
            )
            self._areas.put("", areas)
        here = Position(latitude, longitude, 0.0)
        near = [(distance_km(here, middle), market_id, radius) for market_id, middle, radius in areas]
        return min(((km, market_id) for km, market_id, radius in near if km <= radius), default=(0.0, None))[1]

    def of(self, reader: PublicReader, org_id: str, gtin: str, market_ids: Sequence[str] = ()) -> Named:
        """The names of a maker, a product and the markets of its territory, in the order given."""
        makers = self.organisations(reader, (org_id,))
        products = _cached(
            self._products,
            (gtin,),
            lambda ids: [(row["gtin"], Product(**row)) for row in reader.execute(_PRODUCTS, [ids]).fetchall()],
        )
        markets = _cached(
            self._markets,
            market_ids,
            lambda ids: [(row["market_id"], Market(**row)) for row in reader.execute(_MARKETS, [ids]).fetchall()],
        )
        return Named(makers.get(org_id), products.get(gtin), tuple(markets.values()))


def _cached(
    cache: TtlCache[Key, Value], keys: Iterable[Key], read: Callable[[list[Key]], Iterable[tuple[Key, Value]]]
) -> dict[Key, Value]:
    """The values of ``keys`` in their order: from the cache, the rest by one query. A key without a value is left out.

    :raises NotCached: a value is not cached and the reader queries nothing but caches.
    """
    values = {key: cache.get(key) for key in keys}
    missing = [key for key, value in values.items() if value is None]
    if missing:
        for key, value in read(missing):
            values[key] = value
            cache.put(key, value)
    return {key: value for key, value in values.items() if value is not None}


def _site(row: Row) -> Site:
    return Site(
        site_id=row["site_id"],
        name=row["name"],
        name_zh=row["name_zh"],
        kind=row["kind"],
        latitude=row["latitude"],
        longitude=row["longitude"],
        owner=Organisation(row["org_id"], row["org_name"], row["org_name_zh"]),
    )
