"""What copies and refilled packages would show: real items are given scans of phones that scanned other items.

That is what a copy does: its buyers' phones come from somewhere else. Draws of the random generator have their order.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from firmware_sim.population.world_time import DAY_US
from gateway.evidence.aggregates import Cell, cell
from gateway.evidence.features import read
from gateway.evidence.item import ItemEvidence, Scan
from schemas.event import LocationSource

HOME_SHARE = 0.3
"""Of made-up copies, those sold by the same dealer's shops."""
MIN_DONORS = 20
"""A market with fewer scans lends none to other markets."""
ROUGH_KM = LocationSource.MOBILE_IP.least_radius_m / 1000
"""The error radius of a position that comes from a mobile network's address."""


class Donors:
    """Scans that are lent to other items, by the market they fell into, and errors of roughly known positions.

    ``scans`` are pairs (market or -1, scan); ``errors`` degrees north and east from where the item was.
    """

    def __init__(self, scans: Sequence[tuple[int, Scan]], errors: Sequence[tuple[float, float]]) -> None:
        self.errors = errors
        self.everywhere = [scan for _, scan in scans]
        self.by_market: dict[int, list[Scan]] = {}
        for market, scan in scans:
            self.by_market.setdefault(market, []).append(scan)
        self.markets = [market for market, lent in self.by_market.items() if market >= 0 and len(lent) >= MIN_DONORS]
        self.rough_share = len(errors) / (len(errors) + len(scans)) if scans or errors else 0.0

    def of_market(self, market: int) -> list[Scan]:
        """Scans in a market; those of all markets where it has none."""
        return self.by_market.get(market, self.everywhere)


@dataclass(frozen=True, slots=True)
class Facts:
    """What copies of one item, or its refilled package, would show: keys of the model's tables."""

    places: tuple[tuple[int, int, int], ...] = ()
    links: tuple[tuple[int, int, int, int], ...] = ()
    reuses: tuple[tuple[int, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class MadeUpCopies:
    """Makes up copies. ``ignored`` handsets say nothing; ``venues`` are cells in which many items were opened."""

    donors: Donors
    first_dealer: int
    ignored: frozenset[str]
    venues: frozenset[Cell]
    rng: Random

    def facts_of(self, item: ItemEvidence) -> Facts:
        """Facts of two copies of an item, and of its package if it was opened at a venue; none if nobody scanned it."""
        arrivals = [mark for mark in item.marks if mark.kind in ("shop", "dealer") and mark.step == "receiving"]
        if not arrivals or not item.scans:
            return Facts()
        own = self._scans_at_home(item)
        copies = self._copies(arrivals[-1].at, own)
        return Facts(self._place(item, copies[0]), self._links(item, copies), self._reuse(item, own))

    def _scans_at_home(self, item: ItemEvidence) -> list[Scan]:
        """Scans in the market of the item's dealer."""
        dealer = next((mark for mark in reversed(item.marks) if mark.kind == "dealer"), None)
        if dealer is None:
            return self.donors.everywhere
        return self.donors.of_market(int(dealer.site, 16) - self.first_dealer)

    def _copies(self, arrived: int, own: list[Scan]) -> list[Scan]:
        """One scan of each of two copies, both sold in the item's own market or in another one."""
        rng, donors = self.rng, self.donors
        source = own if rng.random() < HOME_SHARE else donors.by_market[rng.choice(donors.markets)]
        begin = arrived + int(rng.uniform(-5, 90) * DAY_US)
        copies = []
        for _ in range(2):
            scan = rng.choice(source)
            if rng.random() < donors.rough_share:
                north, east = rng.choice(donors.errors)
                scan = scan._replace(
                    latitude=scan.latitude + north, longitude=scan.longitude + east, radius_km=ROUGH_KM
                )
            at = begin + int(rng.uniform(0, 95) * DAY_US)
            copies.append(_lent(scan, at, f"{rng.getrandbits(64):x}"))
        return copies

    def _place(self, item: ItemEvidence, copy: Scan) -> tuple[tuple[int, int, int], ...]:
        """Where the copy's phone was, of an item that no other phone scans."""
        alone = read(ItemEvidence().seen([copy], item.marks))
        return tuple((place.fix, place.state, place.bin) for place in alone.places[:1])

    def _links(self, item: ItemEvidence, copies: list[Scan]) -> tuple[tuple[int, int, int, int], ...]:
        """How a copy's phone stands to that of another copy, or to the genuine item's own."""
        scans = copies if self.rng.random() < 0.5 else [*item.scans, copies[0]]
        both = read(ItemEvidence().seen(scans, item.marks), self.ignored)
        handsets = {copy.handset for copy in copies}
        return tuple(
            (link.fix, link.km_bin, link.gap_bin, link.zone)
            for link in both.links[:2]
            if {link.scan.handset, link.other.handset} & handsets
        )

    def _reuse(self, item: ItemEvidence, own: list[Scan]) -> tuple[tuple[int, int, int], ...]:
        """How a refilled package's scan stands to its opening, counted for venues and other places alike."""
        opening = next((scan for scan in item.scans if scan.opened), None)
        if opening is None or cell(opening) not in self.venues:
            return ()
        scan = self.rng.choice(own)
        if self.rng.random() < self.donors.rough_share:
            scan = scan._replace(radius_km=ROUGH_KM)
        refilled = _lent(scan, opening.at + int(self.rng.uniform(7, 90) * DAY_US), "refilled")
        reuse = read(ItemEvidence().seen([*item.scans, refilled], item.marks), self.ignored).reuse
        if reuse is None or reuse.scan.handset != "refilled":
            return ()
        return tuple((reuse.gap_bin, reuse.km_bin, venue) for venue in (0, 1))


def _lent(scan: Scan, at: int, handset: str) -> Scan:
    """A scan at the same place, at another time and by another phone."""
    return scan._replace(at=at, handset=handset, opened=False, inner=0)
