"""Counts over all items: codes by handset, scans by dealer and market, openings by place.

Each count follows from the evidence of the items alone, so that those of a set of items are the same in whatever order
the items were read.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from gateway.evidence.clusters import ExpiredScan
from gateway.evidence.facts import FactCounts
from gateway.evidence.features import Link, Reading, read
from gateway.evidence.geometry import apart_km
from gateway.evidence.handsets import Handsets
from gateway.evidence.item import DAY_US, HOUR_US, Fix, ItemEvidence, Mark, Report, Scan
from gateway.evidence.registry import Goods, Network
from schemas.geodesy import least_travel_hours

VENUE_OPENINGS = 10
MIN_SCANS_OF_DEALER = 60
"""A dealer with fewer scanned items has no rate worth comparing."""

_LONGEST_US = 26 * HOUR_US
"""Whatever took longer may have come from anywhere on Earth."""
_YARD_KM = 1.0
_ROAD_DEGREES = 130 / 111.2 / HOUR_US
"""Degrees of a great circle a microsecond, at the speed of the road (schemas.geodesy)."""

Cell = tuple[int, int]


class Entered(NamedTuple):
    """An item's dealer, and its first scan in a market."""

    dealer: int
    scan: Scan

    @property
    def day(self) -> int:
        """The day of the scan, since 1970."""
        return self.scan.at // DAY_US


def cell(scan: Scan) -> Cell:
    """The square of about 300 m that a scan fell into."""
    return round(scan.latitude * 360), round(scan.longitude * 320)


def unrelated(link: Link) -> bool:
    """Whether two phones aren't of one household, as far as one can tell."""
    return (link.fix is Fix.FINE and link.km > 2) or (link.fix is Fix.MIDDLE and link.km > 80)


@dataclass(slots=True)
class Aggregates:
    """The counts, and each item's reading.

    ``entered``: by item and market, the dealer and the first scan there. ``dealer_scans``: by dealer and item, whether
    it was scanned in another market, and by handsets of different households. ``early``: by item, an arrival faster
    than anything travels. ``stolen``: items scanned although never made. ``facts``: how often each fact was read.
    """

    network: Network
    goods: Goods
    count_handsets: bool = True
    handsets: Handsets = field(default_factory=Handsets)
    facts: FactCounts = field(default_factory=FactCounts)
    readings: dict[int, Reading] = field(default_factory=dict)
    entered: dict[tuple[int, int], Entered] = field(default_factory=dict)
    market_scans: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    dealer_scans: dict[int, dict[int, tuple[bool, bool]]] = field(default_factory=lambda: defaultdict(dict))
    openings: dict[Cell, set[int]] = field(default_factory=lambda: defaultdict(set))
    reused: dict[Cell, set[int]] = field(default_factory=lambda: defaultdict(set))
    early: dict[int, tuple[str, float, float]] = field(default_factory=dict)
    stolen: dict[int, int] = field(default_factory=dict)
    expired: dict[int, ExpiredScan] = field(default_factory=dict)
    reports: dict[int, tuple[Report, ...]] = field(default_factory=dict)

    def count_scan(self, item: int, scan: Scan) -> set[int]:
        """Count that a handset scanned an item; returns the items to read again, whose evidence weighs differently."""
        return self.handsets.count(item, scan) if self.count_handsets and scan.handset else set()

    def know(self, other: "Aggregates") -> None:
        """Take over what is known beyond single items: how much handsets weigh, and where venues are."""
        self.handsets = other.handsets
        self.openings = {place: items for place, items in other.openings.items() if len(items) >= VENUE_OPENINGS}

    def read(self, item: int, now: int) -> None:
        """Read an item, and count what it shows; ``now`` in microseconds."""
        evidence = self.goods.evidence(item)
        reading = read(evidence, frozenset(filter(self.handsets.in_trade, {scan.handset for scan in evidence.scans})))
        before = self.readings.get(item)
        if before is not None:
            self.facts.remove(before)
        self.facts.add(reading)
        self.readings[item] = reading
        if evidence.scans and not self.goods.made(item):
            self.stolen.setdefault(item, now)
        if evidence.reports:
            self.reports[item] = evidence.reports
        else:
            self.reports.pop(item, None)
        self._enter(item, reading)
        self._time(item, evidence.marks)
        self._open(item, reading, evidence)
        self._expire(item, reading)

    def _open(self, item: int, reading: Reading, evidence: ItemEvidence) -> None:
        """Count the item's openings by place, and whether somebody scanned it elsewhere afterwards."""
        for scan in evidence.scans:
            if scan.opened and scan.fix is Fix.FINE:
                self.openings[cell(scan)].add(item)
        reuse = reading.reuse
        if reuse is not None and reuse.km_bin >= 1 and reuse.gap_bin >= 1:
            self.reused[cell(reuse.opening)].add(item)

    def _expire(self, item: int, reading: Reading) -> None:
        """Note an item that a buyer scans for the first time after its date. Whoever trades in goods is no buyer."""
        self.expired.pop(item, None)
        expires = self.goods.expires(item)
        if expires is None or not reading.places or reading.places[0].scan.at <= expires + DAY_US:
            return
        first = reading.places[0].scan
        market = self.goods.market(item, first)
        if market >= 0:
            day, lot = first.at // DAY_US, self.goods.lot(item)
            self.expired[item] = ExpiredScan(day, str(market), lot, str(item), first.voice)

    def _time(self, item: int, marks: tuple[Mark, ...]) -> None:
        """Note the item's last arrival faster than anything travels, after allowing for both clocks' errors."""
        for before, mark in pairwise(marks):
            gap = mark.at - before.at
            if mark.site == before.site or gap > _LONGEST_US:
                continue
            # The road's speed beats the straight line between most sites: nothing has to be computed for those.
            if abs(mark.latitude - before.latitude) + abs(mark.longitude - before.longitude) < gap * _ROAD_DEGREES:
                continue
            hours = gap / HOUR_US + (mark.bound_s + before.bound_s) / 3600
            minimum = least_travel_hours(max(0.0, apart_km(before, mark) - _YARD_KM))
            if hours < minimum:
                self.early[item] = mark.site, hours, minimum

    @property
    def transits(self) -> list[tuple[str, float, float]]:
        """The impossible arrivals: site, hours taken with both clock bounds added, minimum hours possible."""
        return [self.early[item] for item in sorted(self.early)]

    def _enter(self, item: int, reading: Reading) -> None:
        """Count the item's scans for its dealer: by market, and whether unrelated handsets scanned it."""
        dealer = self.network.dealer_of(reading)
        if dealer < 0:
            return
        far = False
        for place in reading.places:
            market = self.goods.market(item, place.scan)
            if market >= 0:
                if (item, market) not in self.entered:
                    self.market_scans[market] += 1
                known = self.entered.get((item, market))
                scan = place.scan if known is None else min(place.scan, known.scan)
                self.entered[item, market] = Entered(dealer, scan)
                far = far or market not in self.network.homes[dealer]
        if any(place.fix <= Fix.MIDDLE for place in reading.places):
            self.dealer_scans[dealer][item] = far, any(unrelated(link) for link in reading.links)
