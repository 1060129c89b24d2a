"""Readers' clocks: telling a wrong clock from a late upload, before any goods are accused (R34; 5.5)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

SECOND_US = 1_000_000
LEAST_EVENTS = 3
GRACE_S = 300.0
"""Beyond its own bound a clock may be so wrong, in seconds, before anyone says so."""


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


def clock_fault(reader: str, stamps: Sequence[Stamp], bound_s: float) -> ClockFault | None:
    """What these events of one reader, of one day or so, say about its clock; None when nothing.

    An event can't arrive before it happens: a clock that is ahead shows at once. A clock that is behind looks like a
    late upload, but late events that were kept arrive together though they happened apart: then delays differ as much
    as the events do. A constant delay of events that happened apart is the clock's.
    """
    if len(stamps) < LEAST_EVENTS:
        return None
    delays = [(stamp.received - stamp.at) / SECOND_US for stamp in stamps]
    least, limit = min(delays), bound_s + GRACE_S
    middle = median(delays)
    if middle < -limit:
        return _fault(reader, stamps, -middle)
    if least <= limit:
        return None
    groups = _arrivals(stamps)
    if len(groups) < 2 or max(map(max, groups)) - min(map(min, groups)) < 1800:
        return None  # one upload, or too little time between events, to tell the clock from the link
    # Within one upload the youngest event waited least; over several uploads the least of these is the offset.
    return _fault(reader, stamps, -least)


def _arrivals(stamps: Sequence[Stamp]) -> list[list[float]]:
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


def early_arrivals(transits: Iterable[tuple[str, float, float]], least_items: int = 3) -> dict[str, int]:
    """Receiving readers with at least so many items that came faster than anything travels (R18, R34).

    ``transits`` are (reader, hours taken with both bounds added, least hours possible).
    """
    early: dict[str, int] = {}
    for reader, taken, least in transits:
        if taken < least:
            early[reader] = early.get(reader, 0) + 1
    return {reader: count for reader, count in early.items() if count >= least_items}
