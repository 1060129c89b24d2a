"""An item's evidence as a few countable facts, the same for fitting and weighing (docs/detection.md#features).

A *place* says how far a phone was from whoever had custody of the item then, and what became of the item later. A
*link* says how a further phone stands to those before it: how far, how long after, and how far from the custodian.
"""

from collections.abc import Sequence
from enum import IntEnum
from itertools import pairwise
from typing import NamedTuple

from gateway.evidence.geometry import apart_km
from gateway.evidence.item import DAY_US, HOUR_US, SALE, Fix, InnerCode, ItemEvidence, Mark, Scan
from gateway.evidence.voices import household_of, voices_of
from schemas.event import LocationSource
from schemas.geodesy import least_travel_hours

PLACE_KM = (1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0, 50.0, 80.0, 120.0, 200.0, 400.0, 800.0)
LINK_KM = (2.0, 10.0, 30.0, 80.0, 150.0, 400.0, 1000.0)
LINK_GAP = (2 * HOUR_US, 2 * DAY_US, 10 * DAY_US)
REUSE_KM = (2.0, 5.0, 15.0, 50.0)
REUSE_UNKNOWN = len(REUSE_KM) + 1
REUSE_GAP = (1 * DAY_US, 4 * DAY_US, 14 * DAY_US)

BUYER_KM = 15.0
"""Most buyers live so near to the shop."""

AT_SITE_KM = 1.0
"""A phone so near to the site that has the item, while it has it, is where the item is known to be."""

_OWN_SOURCES = frozenset({"", LocationSource.GPS, LocationSource.COARSE})
"""Sources of a position that is the phone's own, not its network's."""


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
    def at_site(self) -> bool:
        """Whether the phone was at the shop or warehouse that the item hadn't left yet."""
        unsold = self.state in (State.SHOP, State.UPSTREAM)
        return unsold and self.fix is Fix.FINE and self.km <= AT_SITE_KM

    @property
    def expected(self) -> bool:
        """Whether the phone may have been where the item's buyer is looked for: at home near the shop."""
        known = self.fix is not Fix.NONE and self.state in (State.SHOP, State.SOLD)
        return known and self.km <= BUYER_KM + self.scan.radius_km

    @property
    def zone(self) -> Zone:
        """The coarse distance."""
        if self.fix is Fix.NONE or self.holder is None:
            return Zone.UNKNOWN
        if self.state is State.BEFORE:
            return Zone.BEFORE_NEAR if self.km <= 30 else Zone.BEFORE_FAR
        return Zone.NEAR if self.km <= 30 else Zone.MID if self.km <= 150 else Zone.FAR


class Link(NamedTuple):
    """The phone of the ``number``-th household (from 2) against the nearest of those before it."""

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
    """One a voice, in order of time."""
    links: tuple[Link, ...]
    """One a household but the first."""
    reuse: Reuse | None
    impossible: tuple[Scan, Scan] | None
    """Two phones farther apart than anything travels in the time, after allowing for all errors."""
    second_sale: tuple[Mark, Mark] | None
    mismatches: tuple[Scan, ...]
    matches: int
    burst: bool
    """The code went round as a photo: those scans were left out, they are no evidence of the goods."""


def read(evidence: ItemEvidence, ignored: frozenset[str] = frozenset()) -> Reading:
    """The countable facts of ``evidence``; ``ignored`` handsets (those that scan many codes) are left out.

    A scan without a handset counts for the code under the cap alone.
    """
    every = [scan for scan in evidence.scans if scan.handset not in ignored]
    scans, photo = voices_of(every)
    places = _away(tuple(_place(scan, evidence.marks) for scan in scans))
    return Reading(
        places,
        _links(places),
        None if photo else _reuse(every, evidence.marks),
        _impossible(scans),
        _second_sale(evidence.marks),
        tuple(scan for scan in every if scan.inner == InnerCode.MISMATCHED),
        sum(scan.inner == InnerCode.MATCHED for scan in every),
        burst=photo,
    )


def _away(places: tuple[Place, ...]) -> tuple[Place, ...]:
    """Without phones that were where the item was known to be: shops that try a code are no household."""
    away = tuple(place for place in places if not place.at_site)
    return away or places[:1]


def bin_of(value: float, edges: tuple[float, ...]) -> int:
    """The number of edges that ``value`` has reached."""
    for number, edge in enumerate(edges):
        if value < edge:
            return number
    return len(edges)


def _place(scan: Scan, marks: tuple[Mark, ...]) -> Place:
    fix = scan.fix
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


def _links(places: tuple[Place, ...]) -> tuple[Link, ...]:
    """A link for each voice that belongs to none of the households before it."""
    links: list[Link] = []
    for number, place in enumerate(places):
        earlier = places[:number]
        if earlier and not household_of(place.scan, [other.scan for other in earlier]):
            links.append(_link(len(links) + 2, place, earlier))
    return tuple(links)


def _link(number: int, place: Place, earlier: tuple[Place, ...]) -> Link:
    best: tuple[float, Scan, Fix] | None = None
    for other in earlier:
        worst = max(place.fix, other.fix)
        # Well-known positions first: a rough one that happens to be near says less than a fine one that is far.
        km = apart_km(place.scan, other.scan) if worst is not Fix.NONE else 0.0
        if best is None or (worst, km) < (best[2], best[0]):
            best = km, other.scan, Fix(worst)
    km, nearest, fix = best if best is not None else (0.0, place.scan, Fix.NONE)
    gap = min(abs(place.scan.at - other.scan.at) for other in earlier)
    return Link(number, fix, bin_of(km, LINK_KM), bin_of(gap, LINK_GAP), place.zone, km, place.scan, nearest)


def _reuse(scans: list[Scan], marks: tuple[Mark, ...]) -> Reuse | None:
    """The clearest scan by another phone after an opening: the farthest of those whose place is known.

    An opening without a place of its own is taken to have been where the item was last seen in a shop. Where the later
    place isn't known well enough, its distance is :data:`REUSE_UNKNOWN`: that it came weeks later still counts.
    """
    scans = [scan for scan in scans if scan.handset]
    opening = next((scan for scan in scans if scan.opened), None)
    if opening is None:
        return None
    if opening.fix > Fix.MIDDLE:
        shop = next((mark for mark in reversed(marks) if mark.kind == "shop" and mark.at <= opening.at), None)
        if shop is None:
            return None
        opening = opening._replace(latitude=shop.latitude, longitude=shop.longitude, radius_km=0.1)
    best: tuple[tuple[bool, int, int], Reuse] | None = None
    for scan in scans:
        if scan.voice == opening.voice or scan.handset == opening.handset or scan.at <= opening.at:
            continue
        known = scan.fix <= Fix.MIDDLE
        km = bin_of(apart_km(opening, scan), REUSE_KM) if known else REUSE_UNKNOWN
        found = Reuse(bin_of(scan.at - opening.at, REUSE_GAP), km, opening, scan)
        clear = known, found.km_bin, found.gap_bin
        if best is None or clear > best[0]:
            best = clear, found
    return best[1] if best is not None else None


def _impossible(scans: Sequence[Scan]) -> tuple[Scan, Scan] | None:
    """Two voices that nothing brings from one to the other in the time, both by their phones' own positions."""
    own = [scan for scan in scans if scan.fix is Fix.FINE and scan.source in _OWN_SOURCES]
    for earlier, later in pairwise(own):
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
