"""How far a reader's clock is off, learned from when its batches came. Pure.

An event batch says when it was sent by the reader's clock; the gateway knows when it arrived by its own. The difference
is the clock's offset plus the time in transit, which is never negative: a night offline adds hours. So the smaller
differences are nearer to the offset, and the estimate is the median of the smaller half of a window: half of the window
may be late uploads, or a single difference an outlier below, without moving it.
"""

from collections.abc import Sequence
from statistics import median_low

WINDOW = 31
"""How many differences are stored of each reader."""

MIN_DELAYS = 3
"""With fewer differences nothing can be said."""


def with_delay(delays: Sequence[int], delay: int) -> list[int]:
    """The window with one more difference, the oldest dropped."""
    return [*delays, delay][-WINDOW:]


def clock_offset(delays: Sequence[int]) -> int | None:
    """Gateway's clock minus reader's, in the unit of ``delays`` (receipt minus sending); None when too few are known.

    Positive: the reader's clock is slow.
    """
    if len(delays) < MIN_DELAYS:
        return None
    ordered = sorted(delays)
    return median_low(ordered[: (len(ordered) + 1) // 2])
