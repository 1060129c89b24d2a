"""Lateness: what was reported long after later things were known of the goods. Pure.

When something happened is a reader's own word. Whoever had the goods once, or a mandate, could say for ever that it
sold them then. So a late statement counts only if whoever makes it was entitled to it not long before it came.
"""

from collections.abc import Mapping, Sequence

from gateway.rules.history import Sighting
from schemas.event import Audience

GRACE_DAYS = 14
"""So long after an organisation's say has ended it may still report what happened before: a reader keeps its journal
while it is offline (docs/protocol.md), and a depot is closed for a week of holidays with what was not uploaded."""

GRACE_US = GRACE_DAYS * 24 * 3600 * 1_000_000

MAX_LATE = 32
"""So many late statements about one item are weighed, each of which costs a way through its history: more are claims.
"""


def in_time(ended: int, recorded_at: int) -> bool:
    """Whether what was recorded then came soon enough after a say that ended (microseconds)."""
    return recorded_at <= ended + GRACE_US


def known_at(sighting: Sighting) -> int:
    """When it could be known: not before it happened, however a clock was set, nor before it was recorded."""
    return max(sighting.occurred_at, sighting.recorded_at)


def late_statements(owner: str, said: Sequence[Sighting | None]) -> Mapping[int, int]:
    """By position what others than the owner said after the grace of something later in event time, and its rank.

    ``said`` is in event time; None: something that nobody is known to have said. What is recorded within the grace of
    when it happened is never late, whatever else there is and in whatever order it came.
    """
    late: list[int] = []
    earliest_known = None
    for position in range(len(said) - 1, -1, -1):
        each = said[position]
        if each is None or each.audience is Audience.CONSUMER:
            continue
        if earliest_known is not None and each.reader_org != owner and not in_time(earliest_known, each.recorded_at):
            late.append(position)
        known = known_at(each)
        earliest_known = known if earliest_known is None else min(known, earliest_known)
    return {position: rank for rank, position in enumerate(reversed(late))}
