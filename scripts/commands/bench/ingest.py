"""Events a second from signed event batches to receipts. Broker, gateway and PostgreSQL (fsync on) on this machine.

Messages are signed before the clock starts. The floor is PostgreSQL's own binary COPY of the same rows into the same
partitioned and indexed table, in the same run.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from scripts.commands.bench.copy_floor import copy_rate
from scripts.commands.bench.event_stream import STAGES, EventStream
from scripts.commands.bench.mqtt_publisher import Publisher, Timing
from scripts.system.embedded.borrowed import BorrowedPostgres
from scripts.system.embedded.errors import Unavailable
from scripts.system.embedded.port import LOOPBACK
from scripts.system.embedded.postgres import EmbeddedPostgres
from scripts.system.embedded.process import children_of
from scripts.system.under_test import SystemUnderTest

SIZES = (1, 20, 200)
DEVICES_A_STAGE = 6

_AGE_S = 30 * 86_400
_WARM_UP = 2_000

MAX_IN_FLIGHT = 20_000
"""The maximum of events without a receipt at a time. Between two stages of a unit lie hours: events in flight must not
contain the same unit at several stages, or workers would wait for each other's row locks as they never do in use."""


class Bench:
    """One system under load."""

    def __init__(self, system: SystemUnderTest, window: int) -> None:
        self.system = system
        # The last stage is consumers' scans.
        classes = ["edge"] * ((STAGES - 1) * DEVICES_A_STAGE) + ["kiosk"] * DEVICES_A_STAGE
        devices = [system.enrol(f"reader-{number}", reader_class) for number, reader_class in enumerate(classes)]
        self.stream = EventStream(devices, system.units(), time.time_ns() // 1000 - _AGE_S * 1_000_000)
        user, password = system.credentials()
        self._window = window
        self.publisher = Publisher(LOOPBACK, system.mqtt_ports[0], user, password, window=window)

    def run(self, events: int, size: int, rate: float | None = None) -> tuple[Timing, list[int]]:
        """``events`` in messages of ``size``, at ``rate`` events a second or at full speed; and the workers' memory."""
        messages = self.stream.messages(events, size)
        memory: list[int] = []
        self.publisher.window = min(self._window, MAX_IN_FLIGHT // size)
        timing = self.publisher.run(
            messages,
            rate=None if rate is None else rate / size,
            tick=lambda: memory.append(sum(map(resident_bytes, self.system.worker_pids()))),
        )
        return timing, memory

    def processor_seconds(self) -> tuple[float, float]:
        """Processor time so far, in seconds: of the workers, and of PostgreSQL where it is embedded."""
        store = self.system.postgres
        backends = children_of(store.process.pid) if isinstance(store, EmbeddedPostgres) else []
        return sum(map(processor_seconds, self.system.worker_pids())), sum(map(processor_seconds, backends))


def processor_seconds(pid: int) -> float:
    """The processor time of a process in seconds; 0 when it is gone (Linux)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_bytes(pid: int) -> int:
    """The resident memory of a process; 0 when it is gone (Linux)."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def main(arguments: Sequence[str]) -> int:
    """Measure and print; the last line is JSON with ``--json``."""
    parser = argparse.ArgumentParser(prog="scripts/bench ingest", description=__doc__)
    parser.add_argument("--events", type=int, default=120_000, help="events at 200 a message (default: 120,000)")
    parser.add_argument("--flat", type=int, default=1_000_000, help="events of the memory test; 0 leaves it out")
    parser.add_argument("--seconds", type=float, default=15, help="length of the half-load test (default: 15)")
    parser.add_argument(
        "--window",
        type=int,
        default=400,
        help="messages without a receipt at a time (default: 400), of 20,000 events at most",
    )
    parser.add_argument("--one-worker", action="store_true", help="leave out the two workers on Mosquitto")
    parser.add_argument("--json", action="store_true", help="print JSON as the last line")
    options = parser.parse_args(arguments)
    console = Console(stderr=options.json)
    figures: dict[str, float | int | str] = {"cores": os.cpu_count() or 1}
    with tempfile.TemporaryDirectory(prefix="suyuan-bench-") as folder:
        _one_worker(Path(folder) / "one", options, figures, console)
        if not options.one_worker:
            _two_workers(Path(folder), options, figures, console)
        if dsn := os.environ.get("SUYUAN_TEST_TIMESCALE_DSN"):
            _timescale(Path(folder) / "timescale", dsn, options, figures, console)
    if options.json:
        print(json.dumps(figures))
    return 0


def _one_worker(
    folder: Path, options: argparse.Namespace, figures: dict[str, float | int | str], console: Console
) -> None:
    with SystemUnderTest(folder, "nats", fsync=True) as system:
        bench = Bench(system, options.window)
        bench.run(_WARM_UP, 20)
        for size in SIZES:
            events = max(_WARM_UP, options.events * (size + 20) // 220)
            gateway, store = bench.processor_seconds()
            timing, _ = bench.run(events, size)
            figures[f"events_s_{size}"] = round(timing.rate)
            spent = [after - before for before, after in zip((gateway, store), bench.processor_seconds(), strict=True)]
            shares = [round(1e6 * seconds / timing.events, 1) for seconds in spent]
            figures[f"gateway_us_{size}"], figures[f"store_us_{size}"] = shares
            console.print(
                f"{size:4} a message: {timing.rate:10,.0f} events/s"
                f" ({timing.events:,} events in {timing.seconds:.1f} s;"
                f" processor: {shares[0]} us an event in the gateway, {shares[1]} in PostgreSQL)"
            )
        floor = copy_rate(system, options.events)
        figures["copy_rows_s"] = round(floor)
        figures["ratio"] = round(float(figures["events_s_200"]) / floor, 3)
        console.print(f"binary COPY:    {floor:10,.0f} rows/s; ratio at 200 a message {figures['ratio']}")
        half = float(figures["events_s_20"]) / 2
        timing, _ = bench.run(int(half * options.seconds), 20, half)
        figures["half_load_events_s"] = round(timing.rate)
        figures["p50_ms"], figures["p99_ms"] = (round(timing.percentile_ms(share), 1) for share in (0.5, 0.99))
        console.print(
            f"half load:      {timing.rate:10,.0f} events/s; receipt after {figures['p50_ms']} ms (median),"
            f" {figures['p99_ms']} ms (99 of 100)"
        )
        if options.flat:
            _memory(bench, options.flat, figures, console)
        bench.publisher.close()


def _memory(bench: Bench, events: int, figures: dict[str, float | int | str], console: Console) -> None:
    """Memory in the first fifth of the run against memory in the last: it must not grow with the number of events."""
    samples: list[int] = []
    part = 100_000
    seconds = 0.0
    for first in range(0, events, part):
        timing, memory = bench.run(min(part, events - first), 200)
        samples += memory
        seconds += timing.seconds
    early = max(samples[: max(1, len(samples) // 5)])
    late = max(samples[-max(1, len(samples) // 5) :])
    figures["flat_events"] = events
    figures["flat_events_s"] = round(events / seconds)
    figures["rss_early_mb"], figures["rss_late_mb"] = round(early / 1e6, 1), round(late / 1e6, 1)
    console.print(
        f"memory:         {early / 1e6:10.1f} MB early, {late / 1e6:.1f} MB late, over {events:,} events"
        f" at {figures['flat_events_s']:,} events/s"
    )


def _two_workers(
    folder: Path, options: argparse.Namespace, figures: dict[str, float | int | str], console: Console
) -> None:
    rates: dict[int, float] = {}
    try:
        for workers in (1, 2):
            with SystemUnderTest(folder / f"shared-{workers}", "mosquitto", workers=workers, fsync=True) as system:
                bench = Bench(system, options.window)
                bench.run(_WARM_UP, 20)
                rates[workers] = bench.run(options.events // 2, 20)[0].rate
                large = bench.run(options.events, 200)[0].rate
                bench.publisher.close()
            console.print(
                f"{workers} on Mosquitto: {rates[workers]:10,.0f} events/s at 20 a message, {large:,.0f} at 200"
            )
    except Unavailable as why:
        console.print(f"[yellow]two workers: left out: {why}[/yellow]")
        return
    figures["events_s_one_worker"], figures["events_s_two_workers"] = round(rates[1]), round(rates[2])
    figures["two_over_one"] = round(rates[2] / rates[1], 2)
    figures["events_s_200_two_workers"] = round(large)
    figures["ratio_two_workers"] = round(large / float(figures["copy_rows_s"]), 3)
    console.print(f"two over one:   {figures['two_over_one']:10} on {figures['cores']} cores")


def _timescale(
    folder: Path, dsn: str, options: argparse.Namespace, figures: dict[str, float | int | str], console: Console
) -> None:
    store = BorrowedPostgres(dsn)
    try:
        with SystemUnderTest(folder, "nats", store=store) as system:
            bench = Bench(system, options.window)
            bench.run(_WARM_UP, 20)
            rate = bench.run(options.events, 200)[0].rate
            bench.publisher.close()
    finally:
        store.drop()
    figures["timescale_events_s_200"] = round(rate)
    figures["timescale_over_plain"] = round(rate / float(figures["events_s_200"]), 2)
    console.print(
        f"TimescaleDB:    {rate:10,.0f} events/s at 200 a message, {figures['timescale_over_plain']} of plain"
    )
