"""The supply network, learned from custody: who supplies whom, dealers' own markets, how long goods take. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log

from gateway.evidence.geometry import apart_km
from gateway.evidence.item import DAY_US, HOUR_US, Mark, Scan
from gateway.evidence.registry import NOBODY, Network, SupplySite
from gateway.evidence.transit import Mode, Transit
from gateway.rules.history import NO_CONTRACTS, DealerTerritories, Market
from schemas.geodesy import Position, distance_km
from schemas.rule_thresholds import BORDER_KM

MAX_RADIUS_KM = 50.0
"""A phone that knows its place less well is in no market."""
ROAD_KM_PER_H = 60.0
"""What a lorry with its stops makes of a great circle, before a lane has shipments of its own."""
AIR_FROM_KM = 1_500.0
_HANDLING_H = 6.0
_UPSTREAM = {"shop": ("dealer", "dc", "plant"), "dealer": ("dc", "plant"), "dc": ("plant",), "plant": ()}


@dataclass(frozen=True, slots=True)
class Supply:
    """What was learned, and dealers' ``contracts``. ``parents``: by site the one that supplies it most often."""

    places: Mapping[str, SupplySite]
    markets: Sequence[Market]
    dealers: Sequence[str]
    parents: Mapping[str, str]
    network: Network
    contracts: DealerTerritories = NO_CONTRACTS

    def may_sell(self, dealer_id: str, market_id: str) -> bool:
        """Whether a dealer's contract allows a market; one without a registered contract may sell anywhere."""
        territory = self.contracts.by_dealer.get(dealer_id)
        return not territory or any(market.market_id == market_id for market in territory)

    def market_of(self, scan: Scan) -> int:
        """The market, by index, that a scan fell into or less than :data:`BORDER_KM` from; :data:`NOBODY` for none."""
        if scan.radius_km > MAX_RADIUS_KM:
            return NOBODY
        where = Position(scan.latitude, scan.longitude, 0)
        market = _nearest_market(self.markets, where)
        if market == NOBODY:
            return NOBODY
        km, radius_km = distance_km(where, self.markets[market].centre), self.markets[market].radius_km
        return NOBODY if km > radius_km + BORDER_KM else market


def learn(
    places: Iterable[SupplySite],
    markets: Sequence[Market],
    custody: Iterable[Sequence[Mark]],
    contracts: DealerTerritories = NO_CONTRACTS,
) -> Supply:
    """The supply network of these items' custody marks, in whatever order they are given.

    A dealer is at home where its contract says, and else where its shops are: shops that it supplies in other markets
    are what a contract forbids, and must not make these markets its own.
    """
    by_site = {place.site: place for place in places}
    parents = _parents(_votes(custody))
    dealers = sorted(site for site, place in by_site.items() if place.kind == "dealer")
    dealer_of_site = _dealer_of_site(dealers, parents, by_site)
    learned = _homes(len(dealers), dealer_of_site, by_site, markets)
    homes = [_contractual(contracts, dealer, markets) or own for dealer, own in zip(dealers, learned, strict=True)]
    network = Network(homes, _distances(homes, markets), dealer_of_site)
    return Supply(by_site, markets, dealers, parents, network, contracts)


def _contractual(contracts: DealerTerritories, dealer_id: str, markets: Sequence[Market]) -> frozenset[int]:
    allowed = {market.market_id for market in contracts.by_dealer.get(dealer_id, ())}
    return frozenset(index for index, market in enumerate(markets) if market.market_id in allowed)


def _votes(custody: Iterable[Sequence[Mark]]) -> dict[str, Counter[str]]:
    """By site, how many items came to it from each site of a tier above."""
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    for marks in custody:
        for before, mark in pairwise(marks):
            if before.kind in _UPSTREAM.get(mark.kind, ()):
                votes[mark.site][before.site] += 1
    return votes


def _parents(votes: Mapping[str, Counter[str]]) -> dict[str, str]:
    """By site its commonest supplier, of equals the first by id."""
    return {
        site: min(count, key=lambda supplier: (-count[supplier], supplier)) for site, count in sorted(votes.items())
    }


def _dealer_of_site(
    dealers: Sequence[str], parents: Mapping[str, str], places: Mapping[str, SupplySite]
) -> dict[str, int]:
    """By site of a dealer, and of a shop whose supplier is a dealer, the dealer's index."""
    number = {site: index for index, site in enumerate(dealers)}
    shops = {
        site: number[parent] for site, parent in parents.items() if parent in number and places[site].kind == "shop"
    }
    return number | shops


def _homes(
    dealers: int, dealer_of_site: Mapping[str, int], places: Mapping[str, SupplySite], markets: Sequence[Market]
) -> list[frozenset[int]]:
    """By dealer the markets nearest to its own site and to the shops that it supplies."""
    homes: list[set[int]] = [set() for _ in range(dealers)]
    for site, dealer in dealer_of_site.items():
        market = _nearest_market(markets, Position(places[site].latitude, places[site].longitude, 0))
        if market != NOBODY:
            homes[dealer].add(market)
    return [frozenset(own) for own in homes]


def _distances(homes: Sequence[frozenset[int]], markets: Sequence[Market]) -> list[list[float]]:
    """Kilometres from each dealer's nearest home market to each market; 0 for its home markets: no lane leads there."""
    return [
        [min((distance_km(markets[home].centre, market.centre) for home in own), default=0.0) for market in markets]
        for own in homes
    ]


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
