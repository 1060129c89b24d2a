"""Names of makers, products and markets: read when they are first needed, then kept for a while."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import LiteralString
from urllib.parse import quote

from resolver.store.public_pool import PublicPool, PublicReader
from resolver.store.ttl_cache import TtlCache
from resolver.verdict.facts import Market, Organisation, Product, Site
from schemas.code import Checked
from schemas.geodesy import Position, distance_km

CAPACITY = 50_000
SECONDS = 30.0

_SITES: LiteralString = (
    "SELECT s.site_id, s.name, s.name_zh, s.kind, s.latitude, s.longitude, s.org_id, o.name AS org_name,"
    " o.name_zh AS org_name_zh FROM suyuan.site AS s JOIN suyuan.organisation AS o ON o.org_id = s.org_id"
    " WHERE s.site_id = ANY(%s)"
)
_AREAS: LiteralString = "SELECT market_id, latitude, longitude, radius_km FROM suyuan.market"


@dataclass(frozen=True, slots=True)
class Named:
    """What belongs to one batch; None for what is not registered."""

    maker: Organisation | None
    product: Product | None
    markets: tuple[Market, ...]


class Names:
    """Names by id, each read at most every ``SECONDS``; what was not found is asked for again."""

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
        found, missing = dict[str, Site](), list[str]()
        for each in read_points:
            if each is None:
                continue
            site = self._sites.get(each)
            if site is None:
                missing.append(each)
            else:
                found[each] = site
        for row in reader.execute(_SITES, [missing]).fetchall() if missing else ():
            owner = Organisation(row["org_id"], row["org_name"], row["org_name_zh"])
            site = Site(
                row["site_id"], row["name"], row["name_zh"], row["kind"], row["latitude"], row["longitude"], owner
            )
            found[site.site_id] = site
            self._sites.put(site.site_id, site)
        return found

    def market_at(self, pool: PublicPool, latitude: float, longitude: float) -> str | None:
        """The market whose middle is nearest among those whose radius holds a place; None outside of all."""
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
        maker, product = self._makers.get(org_id), self._products.get(gtin)
        markets = {each: self._markets.get(each) for each in market_ids}
        missing = [each for each, market in markets.items() if market is None]
        asked = (
            reader.execute("SELECT org_id, name, name_zh FROM suyuan.organisation WHERE org_id = %s", [org_id])
            if maker is None
            else None,
            reader.execute("SELECT gtin, name, name_zh, category FROM suyuan.product WHERE gtin = %s", [gtin])
            if product is None
            else None,
            reader.execute("SELECT market_id, name, name_zh FROM suyuan.market WHERE market_id = ANY(%s)", [missing])
            if missing
            else None,
        )
        if asked[0] is not None and (row := asked[0].fetchone()) is not None:
            maker = Organisation(**row)
            self._makers.put(org_id, maker)
        if asked[1] is not None and (row := asked[1].fetchone()) is not None:
            product = Product(**row)
            self._products.put(gtin, product)
        for row in asked[2].fetchall() if asked[2] is not None else ():
            markets[row["market_id"]] = Market(**row)
            self._markets.put(row["market_id"], Market(**row))
        return Named(maker, product, tuple(each for each in markets.values() if each is not None))
