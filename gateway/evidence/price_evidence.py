"""Prices far below a product's usual one, as evidence of diversion: of one item and of a lane. Pure.

A price counts by the weight of the people who reported it (:mod:`gateway.evidence.consumer_reports`). All log odds are
natural logarithms; docs/detection.md#what-buyers-report says what the bounds rest on.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from math import exp, log
from typing import NamedTuple

CHEAP_GUILTY = 0.3
"""The share of prices of diverted items that are far below the usual one. [assumed]"""
CHEAP_USUAL = 0.03
"""The share of all prices that are: promotions, second-hand goods, slips of typing. [assumed]"""
CHEAP_WEIGHT = 20.0
"""How many prices that assumption is worth when a product has prices of its own."""
MAX_PRICE_LLR = 1.5
"""The most that the low price of one item says for diversion."""
CHEAP_COPIED = 0.5
"""The part of that which it says for a copy: counterfeiters ask the usual price where they can."""
MIN_LOW_PRICES = 3.0
"""The weight of low prices in a lane below which they say nothing of the lane."""
MAX_LANE_LLR = 3.0
"""The most that all prices of a lane say together."""


@dataclass(frozen=True, slots=True)
class ReportEvidence:
    """What consumers' reports of one item say.

    ``reported``: log odds by what is suspected (:class:`gateway.evidence.item.Suspected`), from ``reporters`` people.
    ``cheap``: log odds of its price for diversion; ``share``: the price as a share of the usual one, ``low`` when that
    is far below it, with the ``weight`` (0 to 1) of those who reported it.
    """

    reported: Mapping[int, float] = field(default_factory=dict)
    reporters: int = 0
    cheap: float = 0.0
    share: float = 1.0
    weight: float = 0.0
    low: bool = False


class PriceEvidence(NamedTuple):
    """The prices of some items by weight: the low ones, and all."""

    low: float = 0.0
    total: float = 0.0

    def plus(self, other: "PriceEvidence") -> "PriceEvidence":
        """These prices and others."""
        return PriceEvidence(self.low + other.low, self.total + other.total)

    def minus(self, part: "PriceEvidence") -> "PriceEvidence":
        """These prices without a part of them."""
        return PriceEvidence(max(self.low - part.low, 0.0), max(self.total - part.total, 0.0))

    @property
    def usual(self) -> float:
        """The share of low prices, shrunk to :data:`CHEAP_USUAL`."""
        return (self.low + CHEAP_USUAL * CHEAP_WEIGHT) / (self.total + CHEAP_WEIGHT)


@dataclass(frozen=True, slots=True)
class LanePrices:
    """A lane's prices, and their log odds for diversion."""

    evidence: PriceEvidence
    log_odds: float


def price_evidence(reports: Iterable[ReportEvidence]) -> PriceEvidence:
    """The prices of some items by weight."""
    items = list(reports)
    return PriceEvidence(sum(item.weight for item in items if item.low), sum(item.weight for item in items))


def lane_prices(own: PriceEvidence, others: PriceEvidence, market: PriceEvidence) -> LanePrices:
    """What the prices of a lane's items say for diversion, against all ``others`` and the others in its ``market``.

    Where the market itself is cheap, or everything is, low prices say nothing.
    """
    if own.low < MIN_LOW_PRICES:
        return LanePrices(own, 0.0)
    usual = min(max(others.usual, market.usual), CHEAP_GUILTY)
    log_odds = own.low * log(CHEAP_GUILTY / usual) + (own.total - own.low) * log((1 - CHEAP_GUILTY) / (1 - usual))
    return LanePrices(own, min(max(log_odds, 0.0), MAX_LANE_LLR))


def lane_weight(log_odds: float) -> float:
    """The weight of a lane's test when its prices have these log odds (weighted false discovery rate)."""
    return exp(min(log_odds, MAX_LANE_LLR))


def with_prices(reports: Mapping[int, ReportEvidence], product: Callable[[int], str]) -> dict[int, ReportEvidence]:
    """The reports by item with the log odds of low prices: the commoner these are for the product, the less."""
    of_product: dict[str, list[ReportEvidence]] = defaultdict(list)
    for item, evidence in reports.items():
        of_product[product(item)].append(evidence)
    prices = {gtin: price_evidence(evidence) for gtin, evidence in of_product.items()}
    weighed = dict(reports)
    for item, evidence in reports.items():
        if evidence.low:
            llr = log(CHEAP_GUILTY / prices[product(item)].minus(price_evidence([evidence])).usual)
            weighed[item] = replace(evidence, cheap=evidence.weight * min(max(llr, 0.0), MAX_PRICE_LLR))
    return weighed
