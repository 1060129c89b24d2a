"""The supply network, learned from custody: who supplies whom, dealers' own markets, how long goods take. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log

from gateway.evidence.features import DAY_US, HOUR_US, apart_km
from gateway.evidence.item import Mark, Scan
from gateway.evidence.registry import NOBODY, Network, SupplySite
from gateway.evidence.transit import Mode, Transit
from gateway.rules.history import Market
from schemas.geodesy import Position, distance_km

BORDER_KM = 30.0
"""Nearer to a market's border than this still counts as in it."""
MAX_RADIUS_KM = 50.0
"""A phone that knows its place less well is in no market."""
ROAD_KM_PER_H = 60.0
"""What a lorry with its stops makes of a great circle, before a lane has shipments of its own."""
AIR_FROM_KM = 1_500.0
_HANDLING_H = 6.0
_UPSTREAM = {"shop": ("dealer", "dc", "plant"), "dealer": ("dc", "plant"), "dc": ("plant",), "plant": ()}


@dataclass(frozen=True, slots=True)
class Supply:
    """What was learned. ``parents``: by site the one that supplies it most often."""

    places: Mapping[str, SupplySite]
    markets: Sequence[Market]
    dealers: Sequence[str]
    parents: Mapping[str, str]
    network: Network

    def market_of(self, scan: Scan) -> int:
        """The market that a look fell into, by index."""
        if scan.radius_km > MAX_RADIUS_KM:
            return NOBODY
        return self._nearest(Position(scan.latitude, scan.longitude, 0), BORDER_KM)

    def _nearest(self, where: Position, border_km: float) -> int:
        best = _nearest_market(self.markets, where)
        if best == NOBODY or distance_km(where, self.markets[best].centre) > self.markets[best].radius_km + border_km:
            return NOBODY
        return best


def learn(places: Iterable[SupplySite], markets: Sequence[Market], custody: Iterable[Sequence[Mark]]) -> Supply:
    """The supply network of these items' custody marks, in whatever order they are given."""
    by_site = {place.site: place for place in places}
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    for marks in custody:
        for before, mark in pairwise(marks):
            if before.kind in _UPSTREAM.get(mark.kind, ()):
                votes[mark.site][before.site] += 1
    parents = {site: min(count, key=lambda each: (-count[each], each)) for site, count in sorted(votes.items())}
    dealers = sorted(site for site, place in by_site.items() if place.kind == "dealer")
    number = {site: index for index, site in enumerate(dealers)}
    dealer_of_site = dict(number)
    for site, parent in parents.items():
        if parent in number and by_site[site].kind == "shop":
            dealer_of_site[site] = number[parent]
    served: list[set[int]] = [set() for _ in dealers]
    for site, dealer in dealer_of_site.items():
        at = _nearest_market(markets, Position(by_site[site].latitude, by_site[site].longitude, 0))
        if at != NOBODY:
            served[dealer].add(at)
    # Kilometres to a market that the dealer serves are none: no lane leads there.
    km = [
        [min((distance_km(markets[at].centre, market.centre) for at in own), default=0.0) for market in markets]
        for own in served
    ]
    homes = [frozenset(own) for own in served]
    return Supply(by_site, markets, dealers, parents, Network(homes, km, dealer_of_site))


def _nearest_market(markets: Sequence[Market], where: Position) -> int:
    reach = [(distance_km(where, market.centre), market.market_id, index) for index, market in enumerate(markets)]
    return min(reach)[2] if reach else NOBODY


def transits(custody: Iterable[Sequence[Mark]]) -> dict[tuple[str, str], tuple[Transit, int]]:
    """How long each edge takes, by its two sites: the model, and how many shipments it has learned from.

    What travelled together is one shipment. Shipments are learned in order of their arrival.
    """
    shipments: set[tuple[int, int, Mark, Mark]] = set()
    for marks in custody:
        for before, mark in pairwise(marks):
            if before.site != mark.site and before.step == "shipping" and mark.step == "receiving":
                shipments.add((mark.at, before.at, before, mark))
    found: dict[tuple[str, str], tuple[Transit, int]] = {}
    for arrived, left, before, mark in sorted(shipments):
        edge = before.site, mark.site
        transit, count = found.get(edge, (None, 0))
        if transit is None:
            km = apart_km(before, mark)
            mode = Mode.AIR if km >= AIR_FROM_KM else Mode.ROAD
            transit = Transit(mode, log(_HANDLING_H + km / ROAD_KM_PER_H))
        found[edge] = transit.seen(max((arrived - left) / HOUR_US, 0.1), arrived / DAY_US), count + 1
    return found
