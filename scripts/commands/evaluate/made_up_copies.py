"""What copies and refilled packages would show: real items are given scans at made-up places and times.

Nobody can count how copies are sold, so that places, times and distances are drawn from distributions that are as wide
as they may be, and owe nothing to the worlds' own crimes: far places and long times alike by their logarithm. Draws of
the random generator have their order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import cos, exp, log, pi, radians, sin
from random import Random

from firmware_sim.population.world_time import DAY_US
from gateway.evidence.aggregates import Cell, cell
from gateway.evidence.facts import LinkKey, PlaceKey
from gateway.evidence.features import read
from gateway.evidence.item import Fix, ItemEvidence, Mark, Scan
from gateway.evidence.rates import ReuseKey
from schemas.geodesy import KM_PER_DEGREE

HOME_SHARE = 0.3
"""Of made-up copies, those sold around the shop that has the genuine item."""
AROUND_KM = (5.0, 40.0)
"""Standard deviations, per axis, of where copies sold in one place are scanned; drawn by their logarithm."""
ABROAD_KM = (30.0, 2_500.0)
"""How far copies are taken, by its logarithm."""
SAME_MARKET = 0.6
"""Of two copies, those sold in the same place."""
EARLY_SHARE, EARLY_DAYS = 0.2, 30.0
"""Of copies, those sold before the genuine item is in its shop, and at most how long before."""
LATER_DAYS = (1.0, 240.0)
GAP_DAYS = (0.5, 180.0)
REFILL_DAYS = (3.0, 180.0)
REFILL_KM = (1.0, 300.0)


@dataclass(frozen=True, slots=True)
class Facts:
    """What copies of one item, or its refilled package, would show: keys of the model's rates."""

    places: tuple[PlaceKey, ...] = ()
    links: tuple[LinkKey, ...] = ()
    reuses: tuple[ReuseKey, ...] = ()


@dataclass(frozen=True, slots=True)
class MadeUpCopies:
    """Makes up copies.

    ``phones``: real scans, for how well phones know where they are; ``errors``: degrees north and east by which phones
    of each quality were off; ``ignored`` handsets say nothing; ``venues`` are cells in which many items were opened.
    """

    phones: Sequence[Scan]
    errors: Mapping[Fix, Sequence[tuple[float, float]]]
    ignored: frozenset[str]
    venues: frozenset[Cell]
    rng: Random

    def facts_of(self, item: ItemEvidence) -> Facts:
        """Facts of two copies of an item, and of its package if it was opened at a venue; none if nobody scanned it."""
        arrivals = [mark for mark in item.marks if mark.kind in ("shop", "dealer") and mark.step == "receiving"]
        if not arrivals or not item.scans:
            return Facts()
        copies = self._copies(arrivals[-1])
        return Facts(self._place(item, copies[0]), self._links(item, copies), self._reuse(item))

    def _copies(self, arrival: Mark) -> list[Scan]:
        """One scan of each of two copies."""
        rng = self.rng
        first = self._sold(arrival.latitude, arrival.longitude)
        second = first if rng.random() < SAME_MARKET else self._sold(arrival.latitude, arrival.longitude)
        early = rng.random() < EARLY_SHARE
        at = arrival.at + int((-rng.uniform(0, EARLY_DAYS) if early else self._widely(LATER_DAYS)) * DAY_US)
        gap = int(self._widely(GAP_DAYS) * DAY_US)
        around = self._widely(AROUND_KM)
        return [self._scan(*self._near(*where, around), when) for where, when in ((first, at), (second, at + gap))]

    def _sold(self, latitude: float, longitude: float) -> tuple[float, float]:
        """Where a copy is sold, of an item whose shop is here."""
        if self.rng.random() < HOME_SHARE:
            return latitude, longitude
        return self._moved(latitude, longitude, self._widely(ABROAD_KM))

    def _scan(self, latitude: float, longitude: float, at: int) -> Scan:
        """A scan by a new phone there, which knows its place as well as some real phone does."""
        phone = self.rng.choice(self.phones)
        handset = f"{self.rng.getrandbits(64):x}"
        if phone.fix is Fix.NONE:
            return Scan(at, handset, 0.0, 0.0, phone.radius_km, phone.bound_s)
        north, east = self.rng.choice(self.errors[phone.fix]) if self.errors.get(phone.fix) else (0.0, 0.0)
        where = latitude + north, longitude + east
        return Scan(at, handset, *where, phone.radius_km, phone.bound_s, source=phone.source)

    def _place(self, item: ItemEvidence, copy: Scan) -> tuple[PlaceKey, ...]:
        """Where the copy's phone was, of an item that no other phone scans."""
        alone = read(ItemEvidence().seen([copy], item.marks))
        return tuple((place.fix, place.state, place.bin) for place in alone.places[:1])

    def _links(self, item: ItemEvidence, copies: list[Scan]) -> tuple[LinkKey, ...]:
        """How a copy's phone stands to that of another copy, or to the genuine item's own."""
        scans = copies if self.rng.random() < 0.5 else [*item.scans, copies[0]]
        both = read(ItemEvidence().seen(scans, item.marks), self.ignored)
        handsets = {copy.handset for copy in copies}
        return tuple(
            (link.fix, link.km_bin, link.gap_bin, link.zone)
            for link in both.links[:2]
            if {link.scan.handset, link.other.handset} & handsets
        )

    def _reuse(self, item: ItemEvidence) -> tuple[ReuseKey, ...]:
        """How a refilled package's scan stands to its opening, counted for venues and other places alike."""
        opening = next((scan for scan in item.scans if scan.opened), None)
        if opening is None or cell(opening) not in self.venues:
            return ()
        where = self._moved(opening.latitude, opening.longitude, self._widely(REFILL_KM))
        refilled = self._scan(*where, opening.at + int(self._widely(REFILL_DAYS) * DAY_US))
        reuse = read(ItemEvidence().seen([*item.scans, refilled], item.marks), self.ignored).reuse
        if reuse is None or reuse.scan.handset != refilled.handset:
            return ()
        return tuple((reuse.gap_bin, reuse.km_bin, venue) for venue in (0, 1))

    def _widely(self, span: tuple[float, float]) -> float:
        """A number whose logarithm may be anything between those of the bounds."""
        return exp(self.rng.uniform(log(span[0]), log(span[1])))

    def _near(self, latitude: float, longitude: float, around_km: float) -> tuple[float, float]:
        north, east = self.rng.gauss(0, around_km), self.rng.gauss(0, around_km)
        return _shifted(latitude, longitude, north, east)

    def _moved(self, latitude: float, longitude: float, km: float) -> tuple[float, float]:
        bearing = self.rng.uniform(0, 2 * pi)
        return _shifted(latitude, longitude, km * cos(bearing), km * sin(bearing))


def _shifted(latitude: float, longitude: float, north_km: float, east_km: float) -> tuple[float, float]:
    """A place so many kilometres north and east, kept off the poles."""
    there = max(-80.0, min(80.0, latitude + north_km / KM_PER_DEGREE))
    east = longitude + east_km / (KM_PER_DEGREE * cos(radians(there)))
    return there, (east + 180.0) % 360.0 - 180.0
