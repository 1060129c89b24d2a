"""Consumers: who scans a sold unit, when, where, and how wrong the phone is about where it is.

A phone's location error belongs to the phone, not to the scan: an error drawn for each scan would make honest people
seem to travel impossibly fast.
"""

from dataclasses import dataclass, replace
from hashlib import sha256
from math import sqrt, tau
from random import Random

from firmware_sim.world.catalogue import HOUR, SECOND, Catalogue
from firmware_sim.world.geography import CITIES, CITY, displaced
from firmware_sim.world.parameters import DemoConsumer
from firmware_sim.world.plan import GENUINE, PhoneScan, Step, Truth, Unit
from schemas.event import LocationSource
from schemas.geodesy import Position, distance_km, least_travel_hours

_SECOND_RESCAN = 0.3
"""Each further scan by the buyer has this share of the probability of the one before."""
_OTHER_CITY_KM = 50.0
"""A city closer than this is the home city itself, no destination."""


@dataclass(frozen=True, slots=True)
class Handset:
    """A phone: its install id, where its position comes from, and its persistent error (km and radians)."""

    handset: str
    source: LocationSource | None
    radius_m: float
    error_km: float
    bearing: float

    def scan(self, uri: str, at: int, place: Position) -> PhoneScan:
        """What this phone reports when it really is at ``place``."""
        if self.source is None:
            return PhoneScan(at, self.handset, uri)
        seen = displaced(place, self.error_km, self.bearing, self.radius_m)
        return PhoneScan(at, self.handset, uri, seen.latitude, seen.longitude, self.radius_m, self.source.value)


def address_of(handset: str) -> str:
    """A public address for a phone in a history that is played: always the same, in a network that few others share."""
    second, third, fourth = sha256(handset.encode()).digest()[:3]
    return f"36.{second}.{third}.{1 + fourth % 254}"


def new_handset(consumer: DemoConsumer, rng: Random) -> Handset:
    """A consumer's phone."""
    draw, source = rng.random(), None
    for share, candidate in (
        (consumer.gps_share, LocationSource.GPS),
        (consumer.coarse_share, LocationSource.COARSE),
        (consumer.fixed_ip_share, LocationSource.FIXED_IP),
        (consumer.mobile_ip_share, LocationSource.MOBILE_IP),
    ):
        if draw < share:
            source = candidate
            break
        draw -= share
    return handset_with(source, rng)


def handset_with(source: LocationSource | None, rng: Random) -> Handset:
    """A phone whose position comes from ``source``: 95 of 100 errors lie within its radius, all within 1.5 times it."""
    minimum = source.least_radius_m if source is not None else 0.0
    radius = round(minimum * (rng.lognormvariate(0, 0.5) if source is LocationSource.GPS else 1.0), 1)
    radius = max(radius, minimum)
    # A Rayleigh distance whose 95 % quantile is the radius: two normal components of radius / 2.4477.
    scale = radius / 2447.7
    error = min(sqrt(rng.gauss(0, scale) ** 2 + rng.gauss(0, scale) ** 2), 1.5 * radius / 1000)
    return Handset(f"{rng.getrandbits(128):032x}", source, radius, error, rng.uniform(0, tau))


def near(place: Position, km: float, rng: Random) -> Position:
    """A place about ``km`` away (one standard deviation), exact."""
    return displaced(place, abs(rng.gauss(0, km)), rng.uniform(0, tau), 0.0)


def scans_of(unit: Unit, catalogue: Catalogue, consumer: DemoConsumer, rng: Random) -> list[Step]:
    """All honest scans of a sold unit, or none: by the buyer, again, and by a second phone of the house."""
    if unit.sold_at is None or rng.random() >= consumer.scan_share:
        return []
    shop = next(site for site in catalogue.sites if site.site_id == unit.shop)
    home = near(CITY[shop.city_id].position, consumer.home_km, rng)
    place = _destination(home, consumer, rng) if rng.random() < consumer.travel_share else home
    hours = max(rng.expovariate(1 / consumer.hours_to_scan), 0.3)
    # Nobody scans before having arrived, with time to pack and to sleep.
    hours += 2 * least_travel_hours(distance_km(shop.position, place))
    owner = new_handset(consumer, rng)
    at = unit.sold_at + int(hours * HOUR)
    steps = [_step(unit, owner, at, place)]
    chance = consumer.rescan_share
    while rng.random() < chance:
        at += 40 * 60 * SECOND + int(rng.expovariate(1 / 60) * HOUR)
        steps.append(_step(unit, owner, at, near(place, 2.0, rng)))
        chance *= _SECOND_RESCAN
    if rng.random() < consumer.second_handset_share:
        at += 10 * 60 * SECOND + int(rng.expovariate(1 / 20) * HOUR)
        other = _step(unit, new_handset(consumer, rng), at, near(place, 2.0, rng))
        if isinstance(other.action, PhoneScan):
            # The household has one line.
            other = replace(other, action=replace(other.action, address=address_of(owner.handset)))
        steps.append(other)
    return [step for step in steps if step.action.at < catalogue.now]


def _destination(home: Position, consumer: DemoConsumer, rng: Random) -> Position:
    """Where a traveller scans: 50 to 150 km away, or in another city (the nearer, the likelier)."""
    if rng.random() < consumer.near_travel_share:
        return displaced(home, rng.uniform(50, 150), rng.uniform(0, tau), 0.0)
    others = [city for city in CITIES if distance_km(home, city.position) > _OTHER_CITY_KM]
    weights = [1 / distance_km(home, city.position) for city in others]
    return near(rng.choices(others, weights)[0].position, consumer.home_km, rng)


def _step(unit: Unit, handset: Handset, at: int, place: Position) -> Step:
    truth = Truth(GENUINE, "scan", unit.lot, unit.index, unit.case, handset.handset)
    return Step(handset.scan(unit.uri, at, place), truth)
