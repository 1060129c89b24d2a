"""How many strangers have spoken: by networks and days, for phones cost nothing. Pure."""

from collections.abc import Collection, Iterable
from typing import TypeVar

from schemas.rule_thresholds import STRANGERS_DAYS, STRANGERS_NETWORKS

Network = TypeVar("Network")

APART_DAYS = 2
"""Days nearer to each other than this are one night's work."""


def networks(scans: Iterable[tuple[Network, int]]) -> int:
    """How many networks the scans came through; each is a network and a day."""
    return len({network for network, _ in scans})


def days_apart(scans: Iterable[tuple[Network, int]]) -> int:
    """How many of the scans' days are apart from each other."""
    count, last = 0, None
    for day in sorted({day for _, day in scans}):
        if last is None or day - last >= APART_DAYS:
            count, last = count + 1, day
    return count


def many(scans: Collection[tuple[Network, int]]) -> bool:
    """Whether so many strangers may accuse somebody, wherever they were."""
    return networks(scans) >= STRANGERS_NETWORKS and days_apart(scans) >= STRANGERS_DAYS
