"""Whether a price is far below the channel's: robust against the few prices that are to be found. Pure."""

from dataclasses import dataclass

LEAST_PRICES = 5
"""Fewer reported prices make no channel."""
FAR_DEVIATIONS = 3.0
MAD_TO_SIGMA = 1.4826
"""The median absolute deviation of a normal distribution is its standard deviation over this."""
LEAST_GAP = 0.2
"""Prices that hardly differ have hardly a deviation; less than this share below the median is a discount."""


@dataclass(frozen=True, slots=True)
class Channel:
    """What is asked for a product: how many prices, their median and median absolute deviation, in fen."""

    prices: int
    median: float
    deviation: float

    def far_below(self, price: int) -> bool:
        """Whether ``price`` (fen) is so far below that it wants an explanation."""
        if self.prices < LEAST_PRICES or price <= 0:
            return False
        limit = self.median - FAR_DEVIATIONS * MAD_TO_SIGMA * self.deviation
        return price < limit and price < (1 - LEAST_GAP) * self.median
