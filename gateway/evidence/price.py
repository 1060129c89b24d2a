"""The price of a lie: what it takes to have one genuine item accused by phones that were never near it. Pure.

The liar knows the rules and the tables, states any place, and chooses the times; what costs is addresses of networks,
in regions, on days (docs/detection.md#what-strangers-may-conclude).
"""

from collections.abc import Iterator
from itertools import product
from math import ceil
from typing import NamedTuple

from gateway.evidence.features import read
from gateway.evidence.item import DAY_US, SALE, ItemEvidence, Mark, Scan
from gateway.evidence.model import Model
from gateway.evidence.weighing import Context, weigh

_T0 = 1_780_000_000_000_000
_SHOP = Mark(_T0, "shop", "shop", "receiving", 31.2, 121.5)
_SALE = Mark(_T0 + 60 * DAY_US, "shop", "shop", SALE, 31.2, 121.5)
_REGIONS = ((45.8, 126.5), (23.1, 113.3), (30.6, 104.1), (36.1, 103.8))
"""Places far from the shop and from each other."""
_HOMES_APART = 0.025
"""Degrees of latitude; ten homes are one region still."""
_UNPLACED_KM = 1e9
_MOST = 16


class Price(NamedTuple):
    """So many networks, in so many regions (0: places unknown), on so many days apart from each other."""

    networks: int
    regions: int
    days: int


def price_of_lie(model: Model, most: int = _MOST) -> Price | None:
    """The least price of an alert about a genuine item, fewest networks first; None when ``most`` networks don't do.

    It is searched for over what the model scores: before the sale and after it, beside an honest buyer's scan or alone.
    """
    for networks in range(1, most + 1):
        for regions, days in product(range(min(networks, len(_REGIONS)) + 1), range(1, networks + 1)):
            price = Price(networks, regions, days)
            if any(_score(lie, model) >= model.thresholds["alert"] for lie in _lies(price)):
                return price
    return None


def strongest_lie(price: Price, model: Model) -> float:
    """The highest log odds that a lie of this price reaches."""
    return max(_score(lie, model) for lie in _lies(price))


def _lies(price: Price) -> Iterator[tuple[Scan, ...]]:
    """What the liar may do: begin before or after the sale, at once or apart, beside a buyer's scans or without any.

    The buyer lives near the shop or far from it, alone or with a family whose phones are on lines of their own.
    """
    near = Scan(_SALE.at + DAY_US, "buyer", 31.2, 121.55, 0.1, network="home", operator="o", source="gps")
    far = near._replace(latitude=28.2, longitude=112.9)
    family = tuple(far._replace(at=far.at + n * DAY_US, handset=f"family-{n}", network=f"line-{n}") for n in range(3))
    unplaced = near._replace(latitude=0.0, longitude=0.0, radius_km=_UNPLACED_KM, source="")
    beside: tuple[tuple[Scan, ...], ...] = ((), (near,), (far,), family, (unplaced,))
    for begin, apart, honest in product((1, 61), (2, 4, 12), beside):
        yield (*(_scan(price, number, begin, apart) for number in range(price.networks)), *honest)


def _scan(price: Price, number: int, begin: int, apart: int) -> Scan:
    of_day = number * price.days // price.networks
    within = number - ceil(of_day * price.networks / price.days)
    at = _T0 + (begin + of_day * apart) * DAY_US + within * DAY_US // (price.networks + 1)
    scan = Scan(
        at, f"phone-{number}", 0.0, 0.0, _UNPLACED_KM, network=f"network-{number}", operator=f"operator-{number % 2}"
    )
    if not price.regions:
        return scan
    latitude, longitude = _REGIONS[number % price.regions]
    # Phones of one region claim homes a few kilometres apart: those of one home are one household.
    home = latitude + _HOMES_APART * (number // price.regions % 10)
    return scan._replace(latitude=home, longitude=longitude, radius_km=0.1, source="gps")


def _score(scans: tuple[Scan, ...], model: Model) -> float:
    return weigh(read(ItemEvidence().seen(scans, (_SHOP, _SALE))), model, Context()).score
