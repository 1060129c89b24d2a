"""Crimes that show as clusters: stolen rolls, refill rings, dumped lots, guessing (docs/detection.md#clusters)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log
from typing import NamedTuple

from gateway.evidence.item import DAY_US
from gateway.evidence.lanes import negative_binomial_tail

ROLL_LENGTH = 2_000
"""Labels on a roll: codes so near to each other were printed together."""

MIN_HOUSEHOLDS = 3
"""So many households must have bought what is said to be dumped."""

PROBE_LIMIT = 20
PROBE_MINUTES = 10


@dataclass(frozen=True, slots=True)
class Roll:
    """A range of codes of one lot, some of which surfaced before any was commissioned."""

    lot: str
    first: int
    last: int
    surfaced: int


def rolls(codes: Iterable[tuple[str, int]], minimum: int = 3) -> tuple[Roll, ...]:
    """Rolls among scanned codes (lot, index) that were never made: ``minimum`` of them within a roll's length."""
    by_lot: dict[str, set[int]] = {}
    for lot, index in codes:
        by_lot.setdefault(lot, set()).add(index)
    found = []
    for lot, indexes in sorted(by_lot.items()):
        group: list[int] = []
        for index in sorted(indexes):
            if group and index - group[0] >= ROLL_LENGTH:
                if len(group) >= minimum:
                    found.append(Roll(lot, group[0], group[-1], len(group)))
                group = []
            group.append(index)
        if len(group) >= minimum:
            found.append(Roll(lot, group[0], group[-1], len(group)))
    return tuple(found)


class ExpiredScan(NamedTuple):
    """A code's first scan by a consumer, when that was after its date: days since 1970, market, lot, who scanned it."""

    day: int
    market: str
    lot: str
    item: str
    voice: str


@dataclass(frozen=True, slots=True)
class Dumping:
    """First scans after the date that fall into one market and few lots within a month."""

    market: str
    lots: tuple[str, ...]
    items: tuple[str, ...]
    expected: float


def dumped(scans: Sequence[ExpiredScan], shares: dict[str, float], minimum: int = 6, days: int = 30) -> list[Dumping]:
    """Markets into which expired goods are sold: at least ``minimum`` codes of at most two lots within ``days``.

    At least :data:`MIN_HOUSEHOLDS` must have scanned them: one who collects, or kept a case too long, dumps nothing.

    ``shares`` is each market's share of all first scans: what households have kept too long spreads like that. The
    cluster must be less likely than one in 100,000 under it.
    """
    found = []
    by_market: dict[str, list[ExpiredScan]] = {}
    for scan in sorted(scans):
        by_market.setdefault(scan.market, []).append(scan)
    for market, own in sorted(by_market.items()):
        best: Dumping | None = None
        start = 0
        for end, scan in enumerate(own):
            while scan.day - own[start].day > days:
                start += 1
            window = own[start : end + 1]
            by_lot: dict[str, list[ExpiredScan]] = {}
            for each in window:
                by_lot.setdefault(each.lot, []).append(each)
            top = sorted(by_lot, key=lambda lot: (-len(by_lot[lot]), lot))[:2]
            items = tuple(sorted({each.item for lot in top for each in by_lot[lot]}))
            if len(items) < minimum or (best is not None and len(items) <= len(best.items)):
                continue
            if len({each.voice for lot in top for each in by_lot[lot]}) < MIN_HOUSEHOLDS:
                continue
            first, last = window[0].day, scan.day
            elsewhere = sum(each.market != market and each.lot in top and first <= each.day <= last for each in scans)
            share = min(max(shares.get(market, 0.0), 1e-3), 0.5)
            expected = max(elsewhere, 1) * share / (1 - share)
            if negative_binomial_tail(len(items), expected, 5.0) < 1e-5:
                best = Dumping(market, tuple(top), items, expected)
        if best is not None:
            found.append(best)
    return found


def ring_excess(reused: int, opened: int, usual: float) -> float:
    """log(observed / expected) of a venue's openings that were followed by a scan elsewhere; 0 below three."""
    expected = max(opened * usual, 0.1)
    return max(0.0, log(reused / expected)) if reused >= 3 else 0.0


class Attempt(NamedTuple):
    """A scan of a code that was never made (``known`` false) or at a real one, from a source."""

    at: int
    known: bool


def guessing(attempts: Sequence[Attempt]) -> int | None:
    """The attempt (its index) at which a source is known to guess; None when it doesn't. ``attempts`` are in order.

    A source guesses with 20 unknown codes within 10 minutes, or when of a day's attempts at least 10 are unknown and
    these more than half. An honest phone with a scratched label tries a few times; a carrier's address has many
    phones behind it, most of which read well.
    """
    minutes, day, unknown_in_minutes, unknown_in_day = 0, 0, 0, 0
    for index, attempt in enumerate(attempts):
        unknown_in_minutes += not attempt.known
        unknown_in_day += not attempt.known
        while attempt.at - attempts[minutes].at > PROBE_MINUTES * 60_000_000:
            unknown_in_minutes -= not attempts[minutes].known
            minutes += 1
        while attempt.at - attempts[day].at > DAY_US:
            unknown_in_day -= not attempts[day].known
            day += 1
        if unknown_in_minutes >= PROBE_LIMIT or (unknown_in_day >= 10 and 2 * unknown_in_day > index + 1 - day):
            return index
    return None
