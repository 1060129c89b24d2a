"""An item's evidence as a few countable facts, the same for fitting and weighing (docs/detection.md#features).

A *place* says how far a phone was from whoever had custody of the item then, and what became of the item later. A
*link* says how a further phone stands to those before it: how far, how long after, and how far from the custodian.
"""

from enum import IntEnum
from itertools import pairwise
from math import cos, hypot, radians
from typing import NamedTuple

from gateway.evidence.item import SALE, InnerCode, ItemEvidence, Mark, Scan
from schemas.geodesy import KM_PER_DEGREE, Position, distance_km, least_travel_hours

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US

PLACE_KM = (1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0, 50.0, 80.0, 120.0, 200.0, 400.0, 800.0)
LINK_KM = (2.0, 10.0, 30.0, 80.0, 150.0, 400.0, 1000.0)
LINK_GAP = (2 * HOUR_US, 2 * DAY_US, 10 * DAY_US)
REUSE_KM = (2.0, 5.0, 15.0, 50.0)
REUSE_UNKNOWN = len(REUSE_KM) + 1
REUSE_GAP = (1 * DAY_US, 4 * DAY_US, 14 * DAY_US)

BURST_HANDSETS = 5
"""So many handsets on one code within a day, spread over the country, scan a photo of it, not goods."""

BURST_SPREAD_KM = 300.0


class Fix(IntEnum):
    """How well a phone knows where it is: its radius is at most 5 km, at most 50 km, more, or unknown."""

    FINE = 0
    MIDDLE = 1
    ROUGH = 2
    NONE = 3


class State(IntEnum):
    """What is known of the item when a phone scans it."""

    SOLD = 0
    SHOP = 1
    UPSTREAM = 2
    BEFORE = 3
    """A shop or a till certainly saw it later: it had not been sold yet."""
    NOWHERE = 4
    """Nobody had seen it."""


class Zone(IntEnum):
    """How far from the holder, coarsely."""

    NEAR = 0
    MID = 1
    FAR = 2
    BEFORE_NEAR = 3
    BEFORE_FAR = 4
    UNKNOWN = 5


class Place(NamedTuple):
    """A phone against the item's custody. ``km`` is to ``holder``; bin is an index into :data:`PLACE_KM` + 1."""

    scan: Scan
    fix: Fix
    state: State
    bin: int
    km: float
    holder: Mark | None

    @property
    def zone(self) -> Zone:
        """The coarse distance."""
        if self.fix is Fix.NONE or self.holder is None:
            return Zone.UNKNOWN
        if self.state is State.BEFORE:
            return Zone.BEFORE_NEAR if self.km <= 30 else Zone.BEFORE_FAR
        return Zone.NEAR if self.km <= 30 else Zone.MID if self.km <= 150 else Zone.FAR


class Link(NamedTuple):
    """The ``number``-th phone (from 2) against the nearest of those before it."""

    number: int
    fix: Fix
    km_bin: int
    gap_bin: int
    zone: Zone
    km: float
    scan: Scan
    other: Scan


class Reuse(NamedTuple):
    """A phone that scans the item after another one reported that it was opened."""

    gap_bin: int
    km_bin: int
    opening: Scan
    scan: Scan


class Reading(NamedTuple):
    """All countable facts of an item."""

    places: tuple[Place, ...]
    links: tuple[Link, ...]
    reuse: Reuse | None
    impossible: tuple[Scan, Scan] | None
    """Two phones farther apart than anything travels in the time, after allowing for all errors."""
    second_sale: tuple[Mark, Mark] | None
    mismatches: tuple[Scan, ...]
    matches: int
    burst: bool
    """The code circulates as a photo: scans of it are no evidence of the goods."""


def read(evidence: ItemEvidence, ignored: frozenset[str] = frozenset()) -> Reading:
    """The countable facts of ``evidence``; ``ignored`` handsets (those that scan many codes) are left out.

    A scan without a handset counts for the code under the cap alone.
    """
    every = [scan for scan in evidence.scans if scan.handset not in ignored]
    firsts: dict[str, Scan] = {}
    for scan in every:
        if scan.handset:
            firsts.setdefault(scan.handset, scan)
    scans = list(firsts.values())
    burst = _burst(scans)
    mismatches = tuple(scan for scan in every if scan.inner == InnerCode.MISMATCHED)
    matches = sum(scan.inner == InnerCode.MATCHED for scan in every)
    second = _second_sale(evidence.marks)
    if burst:
        return Reading((), (), None, None, second, mismatches, matches, burst=True)
    places = tuple(_place(scan, evidence.marks) for scan in scans)
    links = tuple(_link(number, places) for number in range(1, len(places)))
    return Reading(
        places, links, _reuse(every, evidence.marks), _impossible(scans), second, mismatches, matches, burst=False
    )


def bin_of(value: float, edges: tuple[float, ...]) -> int:
    """The number of edges that ``value`` has reached."""
    for number, edge in enumerate(edges):
        if value < edge:
            return number
    return len(edges)


def apart_km(a: Scan | Mark, b: Scan | Mark) -> float:
    """Kilometres between two centres. Near ones by a plane, which is right to 1 % below 100 km."""
    north = (a.latitude - b.latitude) * KM_PER_DEGREE
    east = (a.longitude - b.longitude) * KM_PER_DEGREE * cos(radians((a.latitude + b.latitude) / 2))
    flat = hypot(north, east)
    if flat < 100:
        return flat
    return distance_km(Position(a.latitude, a.longitude, 0), Position(b.latitude, b.longitude, 0))


def fix_of(scan: Scan) -> Fix:
    """How well the phone knew where it was."""
    if scan.radius_km <= 5:
        return Fix.FINE
    if scan.radius_km <= 50:
        return Fix.MIDDLE
    return Fix.ROUGH if scan.radius_km < 2_000 else Fix.NONE


def _place(scan: Scan, marks: tuple[Mark, ...]) -> Place:
    fix = fix_of(scan)
    holder: Mark | None = None
    sold = False
    after: Mark | None = None
    for mark in marks:
        slack = (mark.bound_s + scan.bound_s) * 1_000_000
        if mark.at <= scan.at + slack:
            holder = mark
            sold = sold or mark.step == SALE
        elif mark.kind == "shop" and mark.step != "shipping":
            after = mark
    if holder is None:
        return Place(scan, fix, State.NOWHERE, 0, 0.0, None)
    if after is not None and not sold:
        state = State.BEFORE
    else:
        state = State.SOLD if sold else State.SHOP if holder.kind == "shop" else State.UPSTREAM
    km = apart_km(scan, holder) if fix is not Fix.NONE else 0.0
    if state is State.BEFORE and after is not None and fix is not Fix.NONE:
        # The item may have come to the shop unseen: the nearer of both is the benign reading.
        nearer = apart_km(scan, after)
        if nearer < km:
            holder, km = after, nearer
    return Place(scan, fix, state, bin_of(km, PLACE_KM), km, holder)


def _link(number: int, places: tuple[Place, ...]) -> Link:
    place = places[number]
    best: tuple[float, Scan, Fix] | None = None
    for other in places[:number]:
        worst = max(place.fix, other.fix)
        # Well-known positions first: a rough one that happens to be near says less than a fine one that is far.
        km = apart_km(place.scan, other.scan) if worst is not Fix.NONE else 0.0
        if best is None or (worst, km) < (best[2], best[0]):
            best = km, other.scan, Fix(worst)
    km, nearest, fix = best if best is not None else (0.0, place.scan, Fix.NONE)
    gap = min(abs(place.scan.at - other.scan.at) for other in places[:number])
    return Link(number + 1, fix, bin_of(km, LINK_KM), bin_of(gap, LINK_GAP), place.zone, km, place.scan, nearest)


def _reuse(scans: list[Scan], marks: tuple[Mark, ...]) -> Reuse | None:
    """The clearest scan by another phone after an opening: the farthest of those whose place is known.

    An opening without a place of its own is taken to have been where the item was last seen in a shop. Where the later
    place isn't known well enough, its distance is :data:`REUSE_UNKNOWN`: that it came weeks later still counts.
    """
    scans = [scan for scan in scans if scan.handset]
    opening = next((scan for scan in scans if scan.opened), None)
    if opening is None:
        return None
    if fix_of(opening) > Fix.MIDDLE:
        shop = next((mark for mark in reversed(marks) if mark.kind == "shop" and mark.at <= opening.at), None)
        if shop is None:
            return None
        opening = opening._replace(latitude=shop.latitude, longitude=shop.longitude, radius_km=0.1)
    best: tuple[tuple[bool, int, int], Reuse] | None = None
    for scan in scans:
        if scan.handset == opening.handset or scan.at <= opening.at:
            continue
        known = fix_of(scan) <= Fix.MIDDLE
        km = bin_of(apart_km(opening, scan), REUSE_KM) if known else REUSE_UNKNOWN
        found = Reuse(bin_of(scan.at - opening.at, REUSE_GAP), km, opening, scan)
        clear = known, found.km_bin, found.gap_bin
        if best is None or clear > best[0]:
            best = clear, found
    return best[1] if best is not None else None


def _impossible(scans: list[Scan]) -> tuple[Scan, Scan] | None:
    for earlier, later in pairwise(scans):
        if max(fix_of(earlier), fix_of(later)) > Fix.FINE:
            continue
        km = apart_km(earlier, later) - earlier.radius_km - later.radius_km
        if km > 50:
            hours = (later.at - earlier.at) / HOUR_US + (earlier.bound_s + later.bound_s) / 3600
            if hours < least_travel_hours(km):
                return earlier, later
    return None


def _second_sale(marks: tuple[Mark, ...]) -> tuple[Mark, Mark] | None:
    """Two sales with no return between; the same till within a day, or an hour's skew, is one sale reported twice."""
    sold: Mark | None = None
    for mark in marks:
        if mark.step == SALE:
            if sold is not None and (mark.site != sold.site or mark.at - sold.at > DAY_US):
                return sold, mark
            sold = sold or mark
        elif mark.step == "receiving" and sold is not None and mark.at - sold.at > DAY_US:
            sold = None
    return None


def _burst(scans: list[Scan]) -> bool:
    """Whether most of the code's phones scanned it within a few days of each other, all over the country."""
    if len(scans) < BURST_HANDSETS:
        return False
    end = 0
    for start, scan in enumerate(scans):
        end = max(end, start)
        while end < len(scans) and scans[end].at - scan.at <= DAY_US:
            end += 1
        if end - start >= BURST_HANDSETS:
            group = [scan for scan in scans[start:end] if fix_of(scan) <= Fix.ROUGH]
            far = sum(apart_km(group[0], other) > BURST_SPREAD_KM for other in group[1:]) if group else 0
            if far >= BURST_HANDSETS - 2:
                return True
    return False
