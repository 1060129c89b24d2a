"""How long goods take between two sites: learned online, heavy-tailed (docs/detection.md#transit)."""

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from math import exp, lgamma, log

SHRINKAGE = 20.0
"""A lane's own shipments weigh as much as the mode's when there are so many."""

HALF_LIFE_DAYS = 60.0
HUBER = 3.0


class Mode(StrEnum):
    """How goods travel."""

    ROAD = "road"
    AIR = "air"


DEGREES = {Mode.ROAD: 1.7, Mode.AIR: 3.2}
"""Degrees of freedom of the log residuals' Student-t (docs/detection.md#transit)."""

PRIOR_SCALE = {Mode.ROAD: 0.25, Mode.AIR: 0.15}
"""The scale of log residuals before a lane has shipments of its own: between the measured quantiles."""


@dataclass(frozen=True, slots=True)
class Transit:
    """A lane's log time in hours: location and scale, with the weight of the shipments behind them."""

    mode: Mode
    usual: float
    """The log time that distance and mode suggest."""
    weight: float = 0.0
    total: float = 0.0
    spread: float = 0.0
    day: float = 0.0

    def seen(self, hours: float, day: float) -> "Transit":
        """This lane after a shipment that took ``hours`` and arrived on ``day``; older shipments fade.

        :raises ValueError: the shipment took no time.
        """
        if hours <= 0:
            raise ValueError(f"a shipment can't take {hours} hours")
        # Only what is newer makes the old fade; a late report counts less instead. So order hardly matters.
        fade = 0.5 ** (max(0.0, day - self.day) / HALF_LIFE_DAYS)
        own = 0.5 ** (max(0.0, self.day - day) / HALF_LIFE_DAYS)
        residual = log(hours) - self.usual
        # Huber's weights: a lost pallet must not teach the lane that it is slow.
        off = abs(residual - self.location + self.usual) / self.scale
        own *= min(1.0, HUBER / off) if off > 0 else 1.0
        return replace(
            self,
            weight=self.weight * fade + own,
            total=self.total * fade + own * residual,
            spread=self.spread * fade + own * min(abs(residual - self.location + self.usual), HUBER * self.scale),
            day=max(self.day, day),
        )

    @property
    def location(self) -> float:
        """The log of the middle time, shrunk to what is usual."""
        return self.usual + self.total / (self.weight + SHRINKAGE)

    @property
    def scale(self) -> float:
        """The t's scale, shrunk to the mode's; a t's mean deviation is about 1.3 times its scale in the bulk."""
        prior = PRIOR_SCALE[self.mode]
        return (self.spread / 1.3 + SHRINKAGE * prior) / (self.weight + SHRINKAGE)

    def early(self, hours: float) -> float:
        """The probability that an honest shipment is at least so early."""
        return t_below((log(hours) - self.location) / self.scale, DEGREES[self.mode])

    def late(self, hours: float) -> float:
        """The probability that an honest shipment is at least so late."""
        return t_below((self.location - log(hours)) / self.scale, DEGREES[self.mode])

    def too_fast_h(self, level: float = 1e-3, minimum: float = 0.0) -> float:
        """The time below which a shipment is too fast: the lane's quantile, but no less than ``minimum`` hours."""
        return max(minimum, exp(self.location + self.scale * t_quantile(level, DEGREES[self.mode])))

    def too_slow_h(self, level: float = 0.995) -> float:
        """The time above which a shipment is late enough to compare it with its peers."""
        return exp(self.location + self.scale * t_quantile(level, DEGREES[self.mode]))


def t_below(value: float, degrees: float) -> float:
    """Student's t distribution function, for any degrees of freedom from 1 on, to 1e-12."""
    whole, square = degrees + value * value, value * value
    beyond = _beta_share(degrees / whole, square / whole, degrees / 2, 0.5) / 2
    return beyond if value < 0 else 1 - beyond


def _beta_share(x: float, rest: float, a: float, b: float) -> float:
    """The regularized incomplete beta function of ``x`` for a, b > 0, by its continued fraction (DLMF 8.17.22).

    ``rest`` is 1 - x, which may be too small to be told from x alone.
    """
    if x <= 0 or rest <= 0:
        return 0.0 if x <= 0 else 1.0
    if x > (a + 1) / (a + b + 2):  # below this the fraction converges fast
        return 1 - _beta_share(rest, x, b, a)
    fraction = 1.0
    for m in range(_TERMS, 0, -1):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        fraction = 1 + even / (1 + odd / fraction)
    front = exp(a * log(x) + b * log(rest) + lgamma(a + b) - lgamma(a) - lgamma(b)) / a
    return front / (1 - (a + b) * x / ((a + 1) * fraction))


_TERMS = 20
"""Pairs of terms of the continued fraction: twice as many change nothing where it is used."""


@cache
def t_quantile(level: float, degrees: float) -> float:
    """The value below which a share ``level`` of Student's t lies."""
    low, high = -1e6, 1e6
    for _ in range(200):
        middle = (low + high) / 2
        if t_below(middle, degrees) < level:
            low = middle
        else:
            high = middle
    return (low + high) / 2
