"""What a product usually costs, and whether a price is far below that. Pure.

The middle and the spread are a median and a median absolute deviation, robust against the very prices that are to be
found. Prices are in fen and compared as natural logarithms, since discounts are shares.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log
from statistics import median
from typing import Self

MIN_PRICES = 5
"""Fewer prices make no channel: nothing is far below it."""
PRIOR_SCALE = 0.12
"""The spread of log prices of one product before any were reported. [assumed: shops differ by a tenth or so]"""
SHRINKAGE = 10.0
"""Prices' worth of belief in that spread."""
SIGMAS = 3.0
MIN_GAP = 0.25
"""Less than this share below the middle is a discount."""
CREDIBLE = 0.2
"""Below this share of the middle, or above its inverse, a price is one of something else: a case's or a piece's, or
yuan typed as fen. Goods that are diverted are sold for more."""
_MAD_TO_SIGMA = 1.4826
"""A normal distribution's standard deviation over its median absolute deviation."""


@dataclass(frozen=True, slots=True)
class PriceChannel:
    """What is asked for a product: the middle price (fen) and the spread of its logarithm, from how many prices."""

    prices: int
    middle: float
    scale: float

    @classmethod
    def of(cls, prices: int, middle: float, deviation: float) -> Self:
        """From so many credible prices, with that median absolute ``deviation`` of their logarithms.

        The spread of few prices is shrunk towards :data:`PRIOR_SCALE`.
        """
        scale = (prices * _MAD_TO_SIGMA * deviation + SHRINKAGE * PRIOR_SCALE) / (prices + SHRINKAGE)
        return cls(prices, middle, scale)

    @property
    def sure(self) -> bool:
        """Whether there are prices enough."""
        return self.prices >= MIN_PRICES

    def share(self, price: float) -> float:
        """The price as a share of the middle one."""
        return price / self.middle

    def credible(self, price: float) -> bool:
        """Whether the price may be one of this product at all, and no slip in typing it."""
        return price > 0 and CREDIBLE < self.share(price) < 1 / CREDIBLE

    def far_below(self, price: float) -> bool:
        """Whether a credible price is so low that it wants an explanation."""
        if not (self.sure and self.credible(price)):
            return False
        return log(self.share(price)) < min(-SIGMAS * self.scale, log(1 - MIN_GAP))


def price_channel(prices: Sequence[float]) -> PriceChannel | None:
    """The channel of a product, from one price a person, in any order; None for too few."""
    middle = median(prices) if prices else 0.0
    # A slip widens nothing and makes no channel.
    logs = [log(price / middle) for price in prices if middle > 0 and CREDIBLE < price / middle < 1 / CREDIBLE]
    if len(logs) < MIN_PRICES:
        return None
    shift = median(logs)
    return PriceChannel.of(len(logs), middle * exp(shift), median([abs(value - shift) for value in logs]))
