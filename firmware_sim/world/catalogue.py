"""What exists before anything happens in the demo: organisations, sites, markets, readers, products and batches."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import tau
from random import Random

from firmware_sim.world.geography import CITIES, CITY, City, displaced
from firmware_sim.world.parameters import BatchKind, DealerKind, Parameters
from schemas.event import LocationSource
from schemas.geodesy import Position
from schemas.gs1 import check_digit

SECOND = 1_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR
"""Microseconds, the unit of every time in the world."""

Code = Callable[[str, int], str]
"""Lot and index to the code's URI. The world mints nothing: codes come from the resolver, or from a test."""

AUTHORITY = "samr-demo"
"""The regulator's organisation."""
INSPECTOR = "inspector-1"
"""Its inspector's reader."""

SITE_RADIUS_M = LocationSource.SITE.least_radius_m
"""The error radius that a site's registered position claims."""


@dataclass(frozen=True, slots=True)
class Organisation:
    """A tenant. ``kind`` is maker, dealer or regulator."""

    org_id: str
    name: str
    name_zh: str
    kind: str


@dataclass(frozen=True, slots=True)
class Site:
    """A read point. ``kind`` is plant, dc, dealer or shop; degrees in WGS 84."""

    site_id: str
    org_id: str
    kind: str
    name: str
    name_zh: str
    city_id: str
    latitude: float
    longitude: float

    @property
    def position(self) -> Position:
        """Where the site is, with the radius that a site can claim."""
        return Position(self.latitude, self.longitude, SITE_RADIUS_M)


@dataclass(frozen=True, slots=True)
class Market:
    """An area in which consumers' scans are counted: one for each city."""

    market_id: str
    name: str
    name_zh: str
    latitude: float
    longitude: float
    radius_km: float


@dataclass(frozen=True, slots=True)
class ReaderPlace:
    """A reader and where it is mounted; ``site_id`` None: it is carried about."""

    org_id: str
    reader_id: str
    site_id: str | None


@dataclass(frozen=True, slots=True)
class Product:
    """A product under its GTIN of 14 digits."""

    gtin: str
    org_id: str
    name: str
    name_zh: str
    category: str


@dataclass(frozen=True, slots=True)
class Batch:
    """A maker's batch. ``codes`` is how many of its first ``quantity`` codes the world needs, ``units`` are made.

    ``made_at`` is when the line starts; ``territory`` are market ids, ``dealers`` organisation ids.
    """

    lot: str
    gtin: str
    org_id: str
    grade: str
    quantity: int
    codes: int
    units: int
    made_at: int
    produced_on: date
    expires_on: date | None
    territory: tuple[str, ...]
    dealers: tuple[str, ...]
    role: str

    @property
    def expires_at(self) -> int | None:
        """The end of the last good day (UTC), or None."""
        if self.expires_on is None:
            return None
        end = datetime(self.expires_on.year, self.expires_on.month, self.expires_on.day, tzinfo=UTC) + timedelta(days=1)
        return int(end.timestamp()) * SECOND


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All that has to be registered before the world can be played. ``now`` ends the recorded history."""

    now: int
    organisations: tuple[Organisation, ...]
    sites: tuple[Site, ...]
    markets: tuple[Market, ...]
    readers: tuple[ReaderPlace, ...]
    products: tuple[Product, ...]
    batches: tuple[Batch, ...]

    def plant(self) -> Site:
        """The maker's plant."""
        return next(site for site in self.sites if site.kind == "plant")

    def warehouse(self, dealer: str) -> Site:
        """A dealer's own site."""
        return next(site for site in self.sites if site.org_id == dealer and site.kind == "dealer")

    def shops(self, dealer: str) -> list[Site]:
        """A dealer's shops."""
        return [site for site in self.sites if site.org_id == dealer and site.kind == "shop"]

    def batch(self, lot: str) -> Batch:
        """The batch of a lot."""
        return next(batch for batch in self.batches if batch.lot == lot)

    def with_role(self, role: str) -> Batch | None:
        """The first batch that the parameters set aside for an attack."""
        return next((batch for batch in self.batches if batch.role == role), None)


def gtin_of(prefix: str, reference: str) -> str:
    """The GTIN-14 (indicator 0) of a company prefix of 7 digits and an item reference of 5."""
    body = f"0{prefix}{reference}"
    return f"{body}{check_digit(body)}"


def build_catalogue(parameters: Parameters, now: int, rng: Random) -> Catalogue:
    """The catalogue of a world. ``now`` (microseconds, UTC) is cut to the minute."""
    now -= now % (60 * SECOND)
    maker = parameters.maker
    sites = [_site("plant", maker.org, CITY[maker.plant_city], "plant", "Plant", "工厂", rng)]
    sites += [
        _site(f"dc-{city}", maker.org, CITY[city], "dc", "Distribution centre", "配送中心", rng)
        for city in maker.dc_cities
    ]
    for dealer in parameters.dealer:
        sites += _dealer_sites(dealer, parameters.retail.shops_per_city, rng)
    return Catalogue(
        now=now,
        organisations=(
            Organisation(maker.org, "Huadu Foods", "华都食品", "maker"),
            *(Organisation(dealer.org, dealer.name, dealer.name_zh, "dealer") for dealer in parameters.dealer),
            Organisation(AUTHORITY, "Market Supervision (demo)", "市场监管（演示）", "regulator"),
        ),
        sites=tuple(sites),
        markets=tuple(
            Market(c.city_id, c.name, c.name_zh, c.latitude, c.longitude, parameters.market.radius_km) for c in CITIES
        ),
        readers=(
            *(ReaderPlace(site.org_id, site.site_id, site.site_id) for site in sites),
            ReaderPlace(AUTHORITY, INSPECTOR, None),
        ),
        products=tuple(
            Product(gtin_of(maker.prefix, kind.reference), maker.org, kind.name, kind.name_zh, kind.category)
            for kind in parameters.product
        ),
        batches=tuple(_batch(kind, parameters, now) for kind in parameters.batch),
    )


def _site(site_id: str, org_id: str, city: City, kind: str, name: str, name_zh: str, rng: Random) -> Site:
    place = displaced(city.position, rng.uniform(1, 8 if kind == "shop" else 15), rng.uniform(0, tau), SITE_RADIUS_M)
    return Site(
        site_id,
        org_id,
        kind,
        f"{city.name} {name[:1].lower()}{name[1:]}",
        f"{city.name_zh}{name_zh}",
        city.city_id,
        place.latitude,
        place.longitude,
    )


def _dealer_sites(dealer: DealerKind, shops_per_city: int, rng: Random) -> list[Site]:
    home = CITY[dealer.cities[0]]
    sites = [_site(f"{dealer.org}-warehouse", dealer.org, home, "dealer", "Dealer's warehouse", "经销商仓库", rng)]
    for city in dealer.cities:
        for number in range(1, shops_per_city + 1):
            site_id = f"{dealer.org}-{city}-{number}"
            sites.append(_site(site_id, dealer.org, CITY[city], "shop", f"Shop {number}", f"门店 {number}", rng))
    return sites


def _batch(kind: BatchKind, parameters: Parameters, now: int) -> Batch:
    product = next(product for product in parameters.product if product.reference == kind.product)
    made_at = now - int(kind.days_ago * DAY)
    produced_on = datetime.fromtimestamp(made_at / SECOND, UTC).date()
    cities = [city for dealer in parameters.dealer if dealer.org in kind.dealers for city in dealer.cities]
    return Batch(
        lot=kind.lot,
        gtin=gtin_of(parameters.maker.prefix, kind.product),
        org_id=parameters.maker.org,
        grade=kind.grade,
        quantity=kind.quantity,
        codes=kind.units + parameters.attack.stolen_labels,
        units=kind.units,
        made_at=made_at,
        produced_on=produced_on,
        expires_on=produced_on + timedelta(days=product.shelf_life_days) if product.shelf_life_days else None,
        territory=tuple(dict.fromkeys(cities)),
        dealers=kind.dealers,
        role=kind.role,
    )
