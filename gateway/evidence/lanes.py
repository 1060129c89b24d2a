"""Lanes: whether a dealer's goods turn up in a market more often than travel explains (docs/detection.md#lanes).

The expected number comes from the same days and the same goods: how many of all dealers' goods turn up in that market,
how far it is, how many of the dealer's goods are scanned at all. So a festival, on which everyone travels, widens the
limits by itself; the lanes that stand out are left out of what they are compared with.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, lgamma, log
from types import MappingProxyType
from typing import NamedTuple

from gateway.evidence.price_evidence import lane_weight

MIN_SCANS = 6
MIN_RATIO = 3.0
FALSE_DISCOVERY = 0.01
SHRINKAGE = 1.0
"""Scans' worth of belief in the average, for every market's and every distance's rate."""
DISTANCE_KM = (200.0, 400.0, 800.0, 1500.0)
_ROUNDS = 6
_TOGETHER = 4.0
"""More items of a case say no more."""
_PRICED_DIVERTING = 0.25
"""Low prices speak for diversion, and less for copies."""


class Lane(NamedTuple):
    """A dealer (its index) and a foreign market (its index)."""

    dealer: int
    market: int


NO_PRICES: Mapping[Lane, float] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class LaneCounts:
    """First scans by dealer in all markets, and by lane in foreign ones; ``km`` between dealers and markets."""

    scans: Sequence[int]
    observed: Mapping[Lane, int]
    km: Sequence[Sequence[float]]


@dataclass(frozen=True, slots=True)
class LaneExcess:
    """A lane that stands out: what was seen, what was expected, how likely chance does that (before correction)."""

    lane: Lane
    observed: int
    expected: float
    p: float
    priced: float = 0.0
    """The log odds of the lane's prices for diversion."""

    @property
    def pooled(self) -> float:
        """By how much the lane raises its members, in log odds."""
        return log(self.observed / max(self.expected, 0.5)) + self.priced


def expected_counts(counts: LaneCounts, left_out: frozenset[Lane] = frozenset()) -> dict[Lane, float]:
    """The expected number of every lane: dealer's scans by market's attraction by distance's share.

    Attraction and distance are fitted in turn to all lanes but those ``left_out``, shrunk to the average.
    """
    dealers, markets = range(len(counts.scans)), range(len(counts.km[0]) if counts.km else 0)
    lanes = [Lane(a, m) for a in dealers for m in markets if counts.km[a][m] > 0 and counts.scans[a]]
    compared = [lane for lane in lanes if lane not in left_out]
    distance = {lane: _distance_bin(counts.km[lane.dealer][lane.market]) for lane in lanes}
    seen = {lane: counts.observed.get(lane, 0) for lane in compared}
    total = sum(counts.scans[lane.dealer] for lane in compared)
    rate = (sum(seen.values()) + 0.5) / max(total, 1)
    attraction = dict.fromkeys(markets, 1.0)
    decay = [1.0] * (len(DISTANCE_KM) + 1)
    for _ in range(_ROUNDS):
        observed, mean = dict.fromkeys(markets, SHRINKAGE), dict.fromkeys(markets, SHRINKAGE)
        for lane in compared:
            observed[lane.market] += seen[lane]
            mean[lane.market] += counts.scans[lane.dealer] * rate * decay[distance[lane]]
        attraction = {market: observed[market] / mean[market] for market in markets}
        far, fit = [SHRINKAGE] * len(decay), [SHRINKAGE] * len(decay)
        for lane in compared:
            far[distance[lane]] += seen[lane]
            fit[distance[lane]] += counts.scans[lane.dealer] * rate * attraction[lane.market]
        decay = [a / b for a, b in zip(far, fit, strict=True)]
    return {lane: counts.scans[lane.dealer] * rate * attraction[lane.market] * decay[distance[lane]] for lane in lanes}


def excesses(
    counts: LaneCounts, dispersion: float, widened: float = 1.0, priced: Mapping[Lane, float] = NO_PRICES
) -> tuple[LaneExcess, ...]:
    """The lanes that stand out: negative binomial tests, false discovery rate 1 % (Benjamini and Hochberg 1995).

    ``widened`` multiplies what is expected (the drift guard). ``priced``: by lane the log odds of its prices; these
    lanes are believed sooner and all others later, so that the rate holds (Genovese, Roeder and Wasserman 2006). Prices
    alone make no lane: it must have the scans. Sorted by lane.
    """
    fitted = expected_counts(counts)
    # A lane must not be part of what it is compared with, and neither may others that are as suspicious.
    suspected = frozenset(
        lane for lane, mean in fitted.items() if counts.observed.get(lane, 0) >= max(MIN_SCANS, 1.5 * mean)
    )
    if not suspected:
        return ()
    expected = expected_counts(counts, suspected)
    tested = []
    for lane in sorted(suspected):
        observed, mean = counts.observed[lane], expected[lane] * widened
        if observed >= MIN_RATIO * mean:
            p = negative_binomial_tail(observed, mean, dispersion)
            tested.append(LaneExcess(lane, observed, mean, p, priced.get(lane, 0.0)))
    # Weights whose mean over all tests is 1.
    spent = sum(lane_weight(log_odds) - 1 for lane, log_odds in sorted(priced.items()) if lane in expected)
    usual = 1 + spent / max(len(expected), 1)
    weighted = [each.p * usual / lane_weight(each.priced) for each in tested]
    passed = benjamini_hochberg(weighted, FALSE_DISCOVERY, len(expected))
    return tuple(each for each, passes in zip(tested, passed, strict=True) if passes)


def negative_binomial_tail(minimum: int, mean: float, dispersion: float) -> float:
    """P(X >= ``minimum``) for mean ``mean`` and variance ``mean`` + ``mean``² / ``dispersion``."""
    if minimum <= 0:
        return 1.0
    if mean <= 0:
        return 0.0
    success = dispersion / (dispersion + mean)
    term = exp(
        lgamma(minimum + dispersion)
        - lgamma(dispersion)
        - lgamma(minimum + 1)
        + dispersion * log(success)
        + minimum * log(1 - success)
    )
    total, k = 0.0, minimum
    while term > total * 1e-12 or k < mean:
        total += term
        term *= (k + dispersion) / (k + 1) * (1 - success)
        k += 1
        if term == 0.0:
            break
    return min(1.0, total)


def benjamini_hochberg(p: Sequence[float], q: float, tests: int) -> list[bool]:
    """Which of ``p`` pass at false discovery rate ``q`` when ``tests`` were made in all; the others had p = 1."""
    order = sorted(range(len(p)), key=lambda index: p[index])
    last = 0
    for rank, index in enumerate(order, 1):
        if p[index] <= q * rank / max(tests, 1):
            last = rank
    passed = [False] * len(p)
    for index in order[:last]:
        passed[index] = True
    return passed


@dataclass(frozen=True, slots=True)
class Members:
    """What the items of a lane that stands out have in common."""

    codes: int
    handsets: int
    sold_at_home: int
    """Codes that a till at home has sold, or that were scanned at home too."""
    cases: int
    priced: float = 0.0
    """The log odds of their prices for diversion."""


def diverting(members: Members) -> bool:
    """Whether a lane's members look like diverted goods (many codes, one phone each, whole cases, gone from home).

    Copies come from few codes with several phones, and their originals are sold at home.
    """
    if not members.codes:
        return False
    at_home = members.sold_at_home / members.codes
    phones = members.handsets / members.codes
    # Codes that were copied may all come from one case too: what was sold at home weighs more.
    together = min(members.codes / max(members.cases, 1), _TOGETHER)
    score = 3.0 * (0.25 - at_home) + 2.0 * (1.35 - phones) + 0.5 * (together - 1.3)
    return score + _PRICED_DIVERTING * members.priced > 0


class PageHinkley(NamedTuple):
    """A drift alarm on a share (Page 1954): by how much it has exceeded its mean, in sum, beyond ``slack`` a value."""

    values: int = 0
    mean: float = 0.0
    total: float = 0.0
    minimum: float = 0.0
    slack: float = 0.005
    limit: float = 0.15

    def seen(self, value: float) -> "PageHinkley":
        """This alarm after one more value."""
        values = self.values + 1
        mean = self.mean + (value - self.mean) / values
        total = self.total + value - mean - self.slack
        return self._replace(values=values, mean=mean, total=total, minimum=min(self.minimum, total))

    @property
    def drifting(self) -> bool:
        """Whether the share has risen for good: limits are widened then, nobody is accused."""
        return self.total - self.minimum > self.limit


def _distance_bin(km: float) -> int:
    for number, edge in enumerate(DISTANCE_KM):
        if km < edge:
            return number
    return len(DISTANCE_KM)
