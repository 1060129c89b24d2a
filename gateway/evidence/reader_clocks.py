"""Readers' clocks: a wrong clock told from a late upload (docs/detection.md#readers-clocks)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

SECOND_US = 1_000_000
MIN_EVENTS = 3
GRACE_S = 300.0
"""Beyond its own bound a clock may be so wrong, in seconds, before anyone says so."""

MIN_SPAN_S = 1800.0
"""Events must have happened so far apart, in seconds, to tell the clock from the link."""

MAX_LATE = 2000
"""So many late events of a reader are kept for the next day, the last ones."""


class Stamp(NamedTuple):
    """One event of a reader: its own time and the gateway's at arrival, in microseconds."""

    at: int
    received: int


@dataclass(frozen=True, slots=True)
class ClockFault:
    """A reader whose clock was wrong: by how much (seconds, positive: ahead), in which of its own time."""

    reader: str
    offset_s: float
    since: int
    until: int
    events: int


def clock_faults(
    reader: str, stamps: Sequence[Stamp], bound_s: float, late: Sequence[Stamp] = ()
) -> tuple[list[ClockFault], list[Stamp]]:
    """What a day's events of one reader say about its clock, and the stamps that the next day has to know of.

    ``late``: what the day before left so, the events since the reader was last on time.

    An event can't arrive before it happens: a clock that is ahead shows at once. A clock that is behind looks like a
    late upload, but late events that were kept arrive together though they happened apart: then delays differ as much
    as the events do. A constant delay of events that happened apart is the clock's.
    """
    limit = bound_s + GRACE_S
    runs = _late_runs((*late, *stamps), limit)
    left = runs[-1][-MAX_LATE:]
    if len(stamps) >= MIN_EVENTS:
        middle = median(map(_delay, stamps))
        if middle < -limit:
            return [_fault(reader, stamps, -middle)], []
        minimum = min(map(_delay, stamps))
        # Within one upload the youngest event waited least; over several uploads the least of these is the offset.
        if minimum > limit and len(_uploads(stamps)) > 1 and _span_s(stamps) >= MIN_SPAN_S:
            return [_fault(reader, stamps, -minimum)], []
    for run in runs:
        steady = _steady(run)
        if len(steady) >= max(MIN_EVENTS, len(run) / 2) and _span_s(steady) >= MIN_SPAN_S:
            offset = -min(map(_delay, steady))
            return [_fault(reader, part, offset) for part in _parted(steady, (*late, *stamps))], []
    return [], left


def _delay(stamp: Stamp) -> float:
    return (stamp.received - stamp.at) / SECOND_US


def _span_s(stamps: Sequence[Stamp]) -> float:
    return (max(stamp.at for stamp in stamps) - min(stamp.at for stamp in stamps)) / SECOND_US


def _late_runs(stamps: Iterable[Stamp], limit: float) -> list[list[Stamp]]:
    """Late events in order of arrival, parted by those that were on time; the last run goes on tomorrow."""
    runs: list[list[Stamp]] = [[]]
    stamps = list(stamps)
    if all(_delay(stamp) <= limit for stamp in stamps):
        return runs
    for stamp in sorted(stamps, key=lambda stamp: (stamp.received, stamp.at)):
        if _delay(stamp) > limit:
            runs[-1].append(stamp)
        elif runs[-1]:
            runs.append([])
    return runs


def _steady(run: Sequence[Stamp]) -> list[Stamp]:
    """The most events of a run whose delays are the same but for :data:`GRACE_S`."""
    ordered = sorted(run, key=lambda stamp: (_delay(stamp), stamp))
    best, start = (0, 0), 0
    for end, stamp in enumerate(ordered, 1):
        while _delay(stamp) - _delay(ordered[start]) > GRACE_S:
            start += 1
        if end - start > best[1] - best[0]:
            best = start, end
    return ordered[best[0] : best[1]]


def _parted(wrong: Sequence[Stamp], every: Iterable[Stamp]) -> list[list[Stamp]]:
    """Wrong events in order of their stamps, split where an event with a right stamp lies between."""
    mistaken = set(wrong)
    parts: list[list[Stamp]] = [[]]
    for stamp in sorted({*wrong, *every}):
        if stamp in mistaken:
            parts[-1].append(stamp)
        elif parts[-1]:
            parts.append([])
    return [part for part in parts if part]


def _uploads(stamps: Sequence[Stamp]) -> list[list[float]]:
    """The events' own times in seconds, by upload: arrivals less than two minutes apart are one."""
    ordered = sorted(stamps, key=lambda stamp: (stamp.received, stamp.at))
    groups: list[list[float]] = []
    last = None
    for stamp in ordered:
        if last is None or stamp.received - last > 120 * SECOND_US:
            groups.append([])
        groups[-1].append(stamp.at / SECOND_US)
        last = stamp.received
    return groups


def _fault(reader: str, stamps: Iterable[Stamp], offset_s: float) -> ClockFault:
    times = [stamp.at for stamp in stamps]
    return ClockFault(reader, offset_s, min(times), max(times), len(times))


CORRECTED_BOUND_S = 900
"""A clock that had to be put right is trusted by so much less, in seconds."""


def corrected(at: int, bound_s: int, faults: Iterable[ClockFault]) -> tuple[int, int]:
    """An event's time and clock bound, put right where one of its reader's faults has stamped it."""
    for fault in faults:
        if fault.since <= at <= fault.until:
            return at - int(fault.offset_s * SECOND_US), bound_s + CORRECTED_BOUND_S
    return at, bound_s


def fast_receivers(transits: Iterable[tuple[str, float, float]], least_items: int = 3) -> dict[str, int]:
    """Receiving readers with at least so many items that came faster than anything travels.

    ``transits`` are (reader, hours taken with both bounds added, minimum hours possible).
    """
    early: dict[str, int] = {}
    for reader, taken, minimum in transits:
        if taken < minimum:
            early[reader] = early.get(reader, 0) + 1
    return {reader: count for reader, count in early.items() if count >= least_items}
