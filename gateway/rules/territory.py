"""Rules on where goods are sold: a watch on each item, an alert on each lane. Pure.

Most items that are scanned far from home were carried there by their buyers. So one item proves nothing; what counts is
a dealer whose goods are scanned in one foreign market far more often than travel explains.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2s
from math import exp, lgamma, log
from typing import NamedTuple

from typing_extensions import override

from gateway.rules.crowd import days_apart, many, networks
from gateway.rules.fold import Card, Conclusion, FirstScan, Fold, Manner, State, finding, witness
from gateway.rules.history import Market, Sighting, Unit
from schemas.event import Audience
from schemas.finding import Finding, Kind, Level
from schemas.geodesy import Position, certain_distance_km
from schemas.rule_thresholds import (
    BORDER_KM,
    MIN_LANE_RATIO,
    MIN_LANE_SCANS,
    SCANS_OF_A_NETWORK,
    STRANGERS_DAYS,
    STRANGERS_NETWORKS,
)
from schemas.subject import LaneSubject

TRAVEL_SHARE = 0.06
"""The share of first scans that travel explains; all of it is assumed to be in a single market, which accuses less."""

MAX_P = 1e-5
"""Less probable than this by chance, an excess is an alert."""


def distance_to_km(position: Position, market: Market) -> float:
    """The certain distance in kilometres from a position to a market's border; 0 within it."""
    return max(0.0, certain_distance_km(position, market.centre) - market.radius_km)


class OffTerritory(Fold):
    """A watch on one unit: its first consumer, where the position is usable, was outside its territory.

    That is its batch's, or by contract its dealer's where the batch has none. State: the dealer's site that saw it
    last, and True once the first scan has come.
    """

    final = True

    card = Card(
        "off_territory",
        Kind.DIVERTED,
        "First scanned by a consumer more than 30 km outside the territory of its batch, or of its dealer where the"
        " batch has none. Silent: no unit is accused by it.",
        "the buyer travelled, or sent a gift; a shop in a border town; a wrong territory",
    )

    def __init__(self, markets: tuple[Market, ...]) -> None:
        self._markets = markets

    @override
    def concerns(self, _: Unit) -> bool:
        return True

    @override
    def wakes(self, manner: Manner) -> bool:
        return manner.site_kind == "dealer" or manner.audience is Audience.CONSUMER

    @override
    def step(self, unit: Unit, state: State, sighting: Sighting) -> tuple[State, Iterable[Conclusion]]:
        if state is True:
            return state, ()
        if sighting.site_kind == "dealer" and sighting.read_point is not None:
            state = sighting.read_point
        position = sighting.usable_position
        if sighting.audience is not Audience.CONSUMER or position is None:
            return state, ()
        if state is None or not self._markets:
            return True, ()
        market = min(self._markets, key=lambda market: (certain_distance_km(position, market.centre), market.market_id))
        territory = unit.batch.territory_of(str(state)) if unit.batch is not None else ()
        km = min((distance_to_km(position, home) for home in territory), default=0.0)
        voice = voice_of(sighting, str(state), market.market_id)
        scan = FirstScan(witness(sighting), state, market.market_id, km > BORDER_KM, round(km, 1), voice)
        if not scan.off_territory:
            return True, (scan,)
        details = {"km": scan.km, "dealer": scan.dealer_id, "market": scan.market_id}
        return True, (scan, finding(self.card, Level.WATCH, unit, [scan.at], 0.1, **details))


class Heard(NamedTuple):
    """How many first scans came through one network (:func:`voice_of`; None: not kept) on one day since 1970 (UTC)."""

    voice: int | None
    day: int
    scans: int


@dataclass(frozen=True, slots=True)
class LaneCount:
    """First scans of one dealer's goods in one market that lies outside their territory. Times: microseconds, UTC.

    ``heard``: through which networks and on which days, where the lane stands out by their number.
    """

    market_id: str
    off_territory: int
    since: int
    heard: Sequence[Heard] = ()


def stands_out(scans: int, off_territory: int) -> bool:
    """Whether so many of a dealer's ``scans`` in one foreign market are more than travel explains, chance apart."""
    return off_territory >= MIN_LANE_SCANS and off_territory >= MIN_LANE_RATIO * TRAVEL_SHARE * scans


def lane_excess(owner_org: str, dealer_id: str, scans: int, counts: tuple[LaneCount, ...]) -> Iterator[Finding]:
    """Markets in which a dealer's goods are first scanned far more often than travel explains.

    ``scans`` is the number of first scans of the dealer's goods in all markets. The test is one-sided Poisson against
    the travel share; it needs a number, a ratio and a probability. All that is counted are strangers' scans with stated
    places: it is a watch, and an alert only if it still is one by a few scans of each network, and these are many.
    """
    for count in counts:
        of_network = Counter[int | None]()
        for each in count.heard:
            of_network[each.voice] += each.scans
        by_networks = sum(min(number, SCANS_OF_A_NETWORK) for number in of_network.values())
        days = [(each.voice, each.day) for each in count.heard]
        accused = many(days) and _is_excess(scans, by_networks)
        observed = by_networks if accused else count.off_territory
        if not accused and not _is_excess(scans, observed):
            continue
        expected = scans * TRAVEL_SHARE
        yield Finding(
            rule=LANE_EXCESS.name,
            kind=LANE_EXCESS.kind,
            level=Level.ALERT if accused else Level.WATCH,
            subject=str(LaneSubject(owner_org, dealer_id, count.market_id)),
            occurred_at=count.since,
            confidence=0.95 if accused else 0.3,
            events=(),
            details={
                "dealer": dealer_id,
                "market": count.market_id,
                "observed": observed,
                "expected": round(expected, 2),
                "scans": scans,
                "networks": networks(days),
                "days": days_apart(days),
                "p": poisson_tail(observed, expected),
            },
        )


def _is_excess(scans: int, observed: int) -> bool:
    return stands_out(scans, observed) and poisson_tail(observed, scans * TRAVEL_SHARE) < MAX_P


def voice_of(sighting: Sighting, dealer_id: str, market_id: str) -> int:
    """A number for the network of a scan, in one lane: 16 bits of a hash.

    It is kept when the scan's network is forgotten. Some hundred networks of the world share each number, which tells
    those of a lane apart and leads back to nobody. Phones of unknown networks are one; of a kiosk, so is its reader.
    """
    speaker = sighting.network or f"{sighting.reader_org}/{sighting.reader_id}"
    return int.from_bytes(blake2s(f"{dealer_id}/{market_id}/{speaker}".encode(), digest_size=2).digest())


def poisson_tail(minimum: int, mean: float) -> float:
    """The probability of ``minimum`` or more when ``mean`` are expected (Poisson)."""
    if minimum <= 0:
        return 1.0
    if mean <= 0:
        return 0.0
    total, term = 0.0, exp(minimum * log(mean) - mean - lgamma(minimum + 1))
    k = minimum
    # Beyond the mean the terms fall at least geometrically; the rest is then below what a float can tell.
    while term > total * 1e-16 or k < mean:
        total += term
        k += 1
        term *= mean / k
    return min(1.0, total)


LANE_EXCESS = Card(
    "lane_excess",
    Kind.DIVERTED,
    f"A dealer's goods are first scanned in one foreign market at least {MIN_LANE_SCANS} times, and"
    f" {MIN_LANE_RATIO:.0f} times as often as travel explains, which chance would do less than once in 100,000. An"
    f" alert when it is so by {SCANS_OF_A_NETWORK} scans of each network, from at least {STRANGERS_NETWORKS} networks"
    f" on {STRANGERS_DAYS} days apart; else silent.",
    "a holiday that moves many people one way; a wrong territory; an online sale that the maker allowed",
)
