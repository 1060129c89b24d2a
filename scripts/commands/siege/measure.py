"""What honest requests came to while something happened. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from math import ceil
from typing import NamedTuple

LEAST_SAMPLES = 50
"""With fewer requests a 99 % point says nothing."""


class Sample(NamedTuple):
    """One honest request: when it was sent and how long it took, in seconds; ``error``: "" when it was served."""

    kind: str
    sent_at: float
    seconds: float
    error: str

    @property
    def ended_at(self) -> float:
        """When its answer was there."""
        return self.sent_at + self.seconds


class Served(NamedTuple):
    """``times``: the 99 % point of how many times the quiet p99 of its kind a request took; None for too few."""

    requests: int
    failures: tuple[str, ...]
    p99_ms: float | None
    times: float | None
    outage_s: float
    """The longest time in which no request of some kind was served."""


def p99(values: Iterable[float]) -> float | None:
    """The value that 99 of 100 do not exceed (nearest rank); None without values."""
    ordered = sorted(values)
    return ordered[ceil(0.99 * len(ordered)) - 1] if ordered else None


def by_kind(samples: Iterable[Sample]) -> dict[str, float]:
    """The p99 of each kind's served requests, in seconds."""
    kinds: dict[str, list[float]] = {}
    for sample in samples:
        if not sample.error:
            kinds.setdefault(sample.kind, []).append(sample.seconds)
    return {kind: found for kind, values in kinds.items() if (found := p99(values)) is not None}


def served(samples: Sequence[Sample], start: float, end: float, quiet: Mapping[str, float]) -> Served:
    """What became of the requests that were under way between ``start`` and ``end``; ``quiet`` as of `by_kind`."""
    under_way = [sample for sample in samples if sample.ended_at >= start and sample.sent_at < end]
    good = [sample for sample in under_way if not sample.error]
    enough = len(good) >= LEAST_SAMPLES
    slowest = p99(sample.seconds for sample in good) if enough else None
    times = p99(sample.seconds / quiet[sample.kind] for sample in good if sample.kind in quiet) if enough else None
    return Served(
        len(under_way),
        tuple(f"{sample.kind}: {sample.error}" for sample in under_way if sample.error),
        None if slowest is None else slowest * 1000,
        times,
        max((_outage(samples, kind, start, end) for kind in quiet), default=0.0),
    )


def _outage(samples: Sequence[Sample], kind: str, start: float, end: float) -> float:
    """The longest time between answers, where something failed or was late in it: the pace itself is no outage."""
    mine = sorted((sample for sample in samples if sample.kind == kind), key=lambda sample: sample.ended_at)
    longest, last = 0.0, start
    for sample in mine:
        if sample.ended_at < start:
            continue
        if not sample.error:
            if sample.ended_at - last > longest and sample.ended_at <= end:
                longest = sample.ended_at - last
            last = max(last, sample.ended_at)
    return max(longest, end - last if last < end else 0.0)
