"""What consumers' reports are worth: suspicions and prices, in nats, bounded by who says it and how often it is said.

A report is one person's word. A phone or a network that reports many units shares out one word among them, and where
many units of a product are reported a report says little: a flood of reports, meant or bought, accuses nobody. Pure.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import exp, log
from statistics import median
from typing import NamedTuple

from gateway.evidence.features import DAY_US
from gateway.evidence.item import Report, Suspected
from schemas.price import MIN_PRICES, PriceChannel, price_channel

REPORTED_GUILTY = 0.03
"""Of looked-at units that are not what they seem, those whose buyers report it. [assumed]"""
REPORTED_USUAL = 0.003
"""Of any looked-at units, those that are reported, until a product has reports of its own. [assumed]"""
USUAL_WEIGHT = 200.0
"""Looked-at units' worth of belief in that."""
MAX_REPORT_LLR = 1.5
"""One person's suspicion says no more, in nats."""
MAX_REPORTED_LLR = 2.5
"""All people's suspicions of one unit together."""

CHEAP_GUILTY = 0.3
"""Of prices of diverted units, those far below the channel. [assumed]"""
CHEAP_USUAL = 0.03
"""Of any prices: promotions, second-hand goods, slips. [assumed]"""
CHEAP_WEIGHT = 20.0
"""Prices' worth of belief in that."""
MAX_PRICE_LLR = 1.5
"""One unit's low price says no more for diversion, in nats."""
CHEAP_COPIED = 0.5
"""Of that, what it says for a copy: counterfeiters ask what is usual where they can."""
MIN_LOW_PRICES = 3.0
"""People with low prices in a lane before they say anything of it."""
MAX_LANE_LLR = 3.0
"""All prices of a lane together."""
PRICE_DAYS = 365
"""Prices older than this before the newest report are another year's."""


@dataclass(frozen=True, slots=True)
class ReportEvidence:
    """What is said of one unit: nats by what is suspected, by how many people; nats of its price, a share of the usual.

    ``weight``: how much of a word its prices are, at most 1.
    """

    reported: Mapping[int, float] = field(default_factory=dict)
    reporters: int = 0
    cheap: float = 0.0
    share: float = 1.0
    weight: float = 0.0
    low: bool = False


class PriceEvidence(NamedTuple):
    """Of some units the words of low prices, and of all."""

    low: float = 0.0
    prices: float = 0.0

    def more(self, other: "PriceEvidence") -> "PriceEvidence":
        """These and others."""
        return PriceEvidence(self.low + other.low, self.prices + other.prices)

    def less(self, part: "PriceEvidence") -> "PriceEvidence":
        """These without a part of them."""
        return PriceEvidence(max(self.low - part.low, 0.0), max(self.prices - part.prices, 0.0))

    @property
    def usual(self) -> float:
        """How common low prices are, shrunk to what is assumed."""
        return (self.low + CHEAP_USUAL * CHEAP_WEIGHT) / (self.prices + CHEAP_WEIGHT)


@dataclass(frozen=True, slots=True)
class LanePrices:
    """A lane's prices, and what they say in nats."""

    told: PriceEvidence
    log_odds: float


def judge(
    reports: Mapping[int, Sequence[Report]], product: Callable[[int], str], scanned: Collection[int]
) -> dict[int, ReportEvidence]:
    """What is said of each reported item. ``scanned``: all items that were scanned at, by which rates are reckoned."""
    if not reports:
        return {}
    words = _words(reports)
    accused = {
        item: min(1.0, _distinct(words, (each for each in said if each.suspected)))
        for item, said in sorted(reports.items())
    }
    seen = Counter(product(item) for item in scanned)
    told: dict[str, float] = defaultdict(float)
    for item, weight in accused.items():
        told[product(item)] += weight
    priced = _priced(reports, product)
    channels = _channels(priced, product)
    found = {}
    for item, said in sorted(reports.items()):
        of, prices = product(item), priced.get(item, ())
        rate = (told[of] - accused[item] + REPORTED_USUAL * USUAL_WEIGHT) / (max(seen[of] - 1, 0) + USUAL_WEIGHT)
        word = min(max(log(REPORTED_GUILTY / rate), 0.0), MAX_REPORT_LLR)
        log_odds = {
            int(kind): min(word * _distinct(words, same), MAX_REPORTED_LLR)
            for kind in Suspected
            if kind and (same := [report for report in said if report.suspected == kind])
        }
        people = len({report.voice for report in said if report.suspected})
        found[item] = ReportEvidence({kind: value for kind, value in log_odds.items() if value > 0}, people)
        usual = channels.get(of)
        # A slip is left out before the middle is taken: half of one right and one wrong price looks cheap.
        own = [each for each in prices if usual is not None and usual.credible(each.price_fen)]
        if usual is not None and own:
            price = median(each.price_fen for each in own)
            weight = min(1.0, _distinct(words, own))
            low = usual.far_below(price)
            found[item] = replace(found[item], share=usual.share(price), weight=weight, low=low)
    return _with_prices(found, product)


def price_evidence(said: Iterable[ReportEvidence]) -> PriceEvidence:
    """The words of low prices, and of all."""
    every = list(said)
    return PriceEvidence(sum(each.weight for each in every if each.low), sum(each.weight for each in every))


def lane_prices(own: PriceEvidence, others: PriceEvidence, market: PriceEvidence) -> LanePrices:
    """What the prices of a lane's units say for diversion, against all ``others`` and the others in its ``market``.

    Where the market itself is cheap, or everything is, low prices are nothing special.
    """
    if own.low < MIN_LOW_PRICES:
        return LanePrices(own, 0.0)
    usual = min(max(others.usual, market.usual), CHEAP_GUILTY)
    log_odds = own.low * log(CHEAP_GUILTY / usual) + (own.prices - own.low) * log((1 - CHEAP_GUILTY) / (1 - usual))
    return LanePrices(own, min(max(log_odds, 0.0), MAX_LANE_LLR))


def _names(report: Report) -> frozenset[str]:
    return frozenset({report.voice, report.reporter} - {""}) or frozenset({""})


def _words(reports: Mapping[int, Sequence[Report]]) -> dict[str, float]:
    """By name of a phone or network, how much of a word each of the items that it reported gets."""
    items = Counter(name for said in reports.values() for name in {name for each in said for name in _names(each)})
    return {name: 1 / number for name, number in items.items()}


def _distinct(words: Mapping[str, float], reports: Iterable[Report]) -> float:
    """The words behind reports, each phone's and each network's once."""
    ranked = sorted((-min(words[name] for name in _names(each)), each.voice, each.reporter, each) for each in reports)
    total, heard = 0.0, set[str]()
    for word, _, _, report in ranked:
        if not heard & _names(report):
            heard |= _names(report)
            total -= word
    return total


def _priced(reports: Mapping[int, Sequence[Report]], product: Callable[[int], str]) -> dict[int, tuple[Report, ...]]:
    """By item of a known product, each voice's last price."""
    newest = max((report.at for said in reports.values() for report in said), default=0)
    found: dict[int, tuple[Report, ...]] = {}
    for item, said in sorted(reports.items()):
        last = {each.voice: each for each in sorted(said) if each.price_fen and newest - each.at < PRICE_DAYS * DAY_US}
        if last and product(item):
            found[item] = tuple(last[voice] for voice in sorted(last))
    return found


def _channels(priced: Mapping[int, Sequence[Report]], product: Callable[[int], str]) -> dict[str, PriceChannel]:
    """The channel of each product by one price a voice, from as many items."""
    by_voice: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    items: Counter[str] = Counter(product(item) for item in priced)
    for item, prices in priced.items():
        for each in prices:
            by_voice[product(item)][each.voice].append(each.price_fen)
    found = {}
    for of, voices in by_voice.items():
        usual = price_channel([median(prices) for _, prices in sorted(voices.items())])
        if usual is not None and items[of] >= MIN_PRICES:
            found[of] = usual
    return found


def _with_prices(found: dict[int, ReportEvidence], product: Callable[[int], str]) -> dict[int, ReportEvidence]:
    """With the nats of low prices: fewer, the commoner low prices of the product are."""
    of_product: dict[str, list[ReportEvidence]] = defaultdict(list)
    for item, said in found.items():
        of_product[product(item)].append(said)
    told = {of: price_evidence(said) for of, said in of_product.items()}
    for item, said in found.items():
        if said.low:
            word = log(CHEAP_GUILTY / told[product(item)].less(price_evidence([said])).usual)
            cheap = said.weight * min(max(word, 0.0), MAX_PRICE_LLR)
            found[item] = replace(said, cheap=cheap)
    return found


def lane_weight(log_odds: float) -> float:
    """How much more readily a lane with such prices is believed (a weight of its test)."""
    return exp(min(log_odds, MAX_LANE_LLR))
