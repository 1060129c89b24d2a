"""How far a reader's clock is off, learned from when its batches came. Pure.

A batch says when it was sent by the reader's clock; the gateway knows when it came by its own. The difference is the
clock's offset plus the time under way, and the time under way only adds: a night offline adds hours. So the smaller
differences are nearer to the truth, and the estimate is the median of the smaller half of a window: half of the window
may be late uploads without moving it, and a single stray below them does not either.
"""

from collections.abc import Sequence
from statistics import median_low

WINDOW = 31
"""How many differences are kept of each reader."""

LEAST = 3
"""Fewer differences than this say nothing."""


def with_delay(delays: Sequence[int], delay: int) -> list[int]:
    """The window with one more difference, the oldest dropped."""
    return [*delays, delay][-WINDOW:]


def clock_offset(delays: Sequence[int]) -> int | None:
    """Gateway's clock minus reader's, in the unit of ``delays`` (receipt minus sending); None when too few are known.

    Positive: the reader's clock is slow.
    """
    if len(delays) < LEAST:
        return None
    ordered = sorted(delays)
    return median_low(ordered[: (len(ordered) + 1) // 2])
