"""What a product usually costs, and whether a price is far below that: robust against the prices to be found. Pure.

Prices are compared as logarithms, since discounts are shares; all are fen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log
from statistics import median

LEAST_PRICES = 5
"""Prices of fewer units, or from fewer people, make no channel."""
PRIOR_SCALE = 0.12
"""The spread of log prices of one product before any were reported. [assumed: shops differ by a tenth or so]"""
SHRINKAGE = 10.0
"""Prices' worth of belief in that spread."""
SIGMAS = 3.0
LEAST_GAP = 0.25
"""Less than this share below the middle is a discount."""
CREDIBLE = 0.2
"""Below this share of the middle, or above its inverse, a price is one of something else: a case's or a piece's, or
yuan typed as fen. Goods that are diverted are sold for more."""
_MAD_TO_SIGMA = 1.4826


@dataclass(frozen=True, slots=True)
class Channel:
    """What is asked for a product: the middle price (fen) and the spread of its logarithm, from how many prices."""

    prices: int
    middle: float
    scale: float

    def share(self, price: float) -> float:
        """The price as a share of the middle one."""
        return price / self.middle

    def credible(self, price: float) -> bool:
        """Whether the price may be one of this unit at all, and no slip in typing it."""
        return price > 0 and CREDIBLE < self.share(price) < 1 / CREDIBLE

    def far_below(self, price: float) -> bool:
        """Whether a credible price is so low that it wants an explanation."""
        if not self.credible(price):
            return False
        return log(self.share(price)) < min(-SIGMAS * self.scale, log(1 - LEAST_GAP))


def channel(prices: Sequence[float]) -> Channel | None:
    """The channel of a product, from one price a person, in any order; None for too few."""
    middle = median(prices) if prices else 0.0
    # A slip widens nothing and makes no channel.
    logs = [log(price / middle) for price in prices if middle > 0 and CREDIBLE < price / middle < 1 / CREDIBLE]
    if len(logs) < LEAST_PRICES:
        return None
    shift = median(logs)
    own = _MAD_TO_SIGMA * median([abs(value - shift) for value in logs])
    scale = (len(logs) * own + SHRINKAGE * PRIOR_SCALE) / (len(logs) + SHRINKAGE)
    return Channel(len(logs), middle * exp(shift), scale)
