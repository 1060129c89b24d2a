"""A load generator: many readers that scan at a steady rate, against a real gateway."""

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from random import Random
from typing import Any

from firmware_sim.device.faults import Wire
from firmware_sim.device.journal import Journal
from firmware_sim.device.keys import ReaderKey
from firmware_sim.device.pacing import Limits
from firmware_sim.device.reader import Broker, Capture, Reader, Statistics
from firmware_sim.world.journey import sscc_path
from schemas.event import Event

_TICK_S = 0.05


@dataclass(frozen=True, slots=True)
class Load:
    """How much load: ``rate`` is events a second of all readers together, ``drain_s`` the wait for the last receipts.

    ``items`` are scanned at random; without any, SSCCs of GS1's range for examples are.
    """

    seconds: float
    rate: float
    drain_s: float
    limits: Limits
    items: tuple[str, ...] = ()


def run_load(
    load: Load,
    keys: Sequence[ReaderKey],
    broker: Broker | Capture,
    journals: Path,
    rng: Random,
    wire: Wire | None = None,
) -> dict[str, Any]:
    """Run the load; gives the sums over all readers, the seconds, and whether every batch got its receipt."""
    journals.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        readers = [stack.enter_context(_reader(key, broker, journals, load.limits, wire)) for key in keys]
        started = time.monotonic()
        _play(readers, load, rng, started)
        # Every reader is drained, also after one that was not done in time.
        drained = [
            reader.drain(max(0.0, started + load.seconds + load.drain_s - time.monotonic())) for reader in readers
        ]
        seconds = time.monotonic() - started
        statistics = [reader.statistics() for reader in readers]
    for reader in readers:
        reader.journal.close()
    return {"readers": len(readers), "seconds": round(seconds, 3), "settled": all(drained)} | totals(statistics)


def totals(statistics: Sequence[Statistics]) -> dict[str, int]:
    """The readers' figures added up."""
    return {
        figure.name: sum(int(asdict(reader)[figure.name]) for reader in statistics)
        for figure in fields(Statistics)
        if figure.name != "last_error"
    }


def _reader(key: ReaderKey, broker: Broker | Capture, journals: Path, limits: Limits, wire: Wire | None) -> Reader:
    path = journals / f"{key.address.org_id}.{key.address.reader_id}.sqlite"
    # A new journal begins with a number that no earlier, lost one can have used.
    journal = Journal(path, first_sequence=_now())
    return Reader(key.address, key.key, key.kid, journal, broker, clock=_now, limits=limits, wire=wire)


def _play(readers: Sequence[Reader], load: Load, rng: Random, started: float) -> None:
    item, made = _items(load.items, rng), 0
    while (elapsed := time.monotonic() - started) < load.seconds:
        wanted = int(elapsed * load.rate)
        share: dict[int, list[Event]] = {}
        for number in range(made, wanted):
            share.setdefault(number % len(readers), []).append(Event(item(), _now(), "inspecting"))
        for index, events in share.items():
            readers[index].scan(*events)
        made = max(made, wanted)
        time.sleep(_TICK_S)


def _items(items: Sequence[str], rng: Random) -> Callable[[], str]:
    """Given codes at random, or SSCCs of GS1's example range."""
    if items:
        return lambda: rng.choice(items)
    return lambda: sscc_path("9521234", rng.randrange(10**9))


def _now() -> int:
    return time.time_ns() // 1000
