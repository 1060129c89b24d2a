"""How long goods take between two sites: learned online, heavy-tailed (docs/detection.md#transit)."""

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from math import atan, cos, exp, lgamma, log, pi, sqrt

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
    """Student's t distribution function, any degrees of freedom (Simpson's rule in the angle: exact to 1e-9)."""
    # With t = sqrt(v) tan(a) the density becomes cos(a) ** (v - 1), which is smooth and has ends.
    whole = exp(lgamma((degrees + 1) / 2) - lgamma(degrees / 2)) / sqrt(pi)
    angle = atan(abs(value) / sqrt(degrees))
    steps = 200
    width = angle / steps
    area = 0.0
    for step in range(steps + 1):
        weight = 1 if step in (0, steps) else 4 if step % 2 else 2
        area += weight * _cos_power(step * width, degrees - 1)
    half = whole * area * width / 3
    below = 0.5 + half if value > 0 else 0.5 - half
    return min(1.0, max(0.0, below))


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


def _cos_power(angle: float, power: float) -> float:
    return exp(power * log(max(cos(angle), 1e-300)))
