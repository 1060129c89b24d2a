"""The cost of judging: processor time of the gateway's process for each event, beside storing the same events.

The units' events go to PostgreSQL: commissioned, shipped, received, sold, and one in six is scanned by its buyer. Half
of the units travel in cases and inherit the events of the case; those are judged from their first event on.

An event's latency is that of its transaction, commit included: ``--batch`` says how many share one.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from uuid import UUID

from rich.console import Console

from gateway.ingest.command import collect_seldom
from gateway.judge import judge
from gateway.store import events as store_events
from gateway.store.connection import Connection, connect
from gateway.store.event_row import EventRow
from gateway.store.staging import prepare
from schemas.code import Checked, Proof
from schemas.event import Action, Audience, Event, LocationSource
from schemas.geodesy import Position
from schemas.serial import UnitNumber
from scripts.system.embedded.postgres import EmbeddedPostgres
from scripts.system.fixtures import BATCH, GTIN, MAKER, add_market, add_site, register_maker
from scripts.system.migrate import migrate

CASE = 24
HOUR = 3_600_000_000
START = 1_780_000_000_000_000

_PLACES = {"plant": (31.2, 121.5, "plant"), "dealer": (30.6, 104.1, "dealer"), "shop": (30.7, 104.0, "shop")}


def main(arguments: Sequence[str]) -> int:
    """Measure and print; 0 when done."""
    parser = argparse.ArgumentParser(prog="scripts/bench judge", description=__doc__)
    parser.add_argument("--units", type=int, default=24_000, help="units (default: 24,000)")
    parser.add_argument("--batch", type=int, default=2_000, help="events in a transaction (default: 2,000)")
    parser.add_argument("--json", action="store_true", help="print JSON as the last line")
    options = parser.parse_args(arguments)
    console = Console(stderr=True)
    with tempfile.TemporaryDirectory(prefix="suyuan-bench-") as folder, EmbeddedPostgres(Path(folder)) as server:
        migrate(server.owner_dsn, passwords={"suyuan_gateway": "bench-gateway"})
        connection = connect(server.dsn("suyuan_gateway", "bench-gateway"))
        with connect(server.owner_dsn) as owner:
            _register(owner, options.units)
        prepare(connection)
        collect_seldom()
        figures = _measure(connection, options.units, options.batch, console)
    for name, value in figures.items():
        console.print(f"{name:28} {value:,.2f}")
    if options.json:
        print(json.dumps(figures))
    return 0


def _register(owner: Connection, units: int) -> None:
    register_maker(owner, quantity=units, territory=["chengdu"])
    add_market(owner, "chengdu", 30.66, 104.06, 60)
    for name, (latitude, longitude, kind) in _PLACES.items():
        add_site(owner, name, kind, latitude, longitude)


def _measure(connection: Connection, units: int, batch: int, console: Console) -> dict[str, float]:
    spent = {"store": 0.0, "judge": 0.0}
    events = 0
    latencies: list[tuple[float, int]] = []
    pending: list[EventRow] = []
    started = time.perf_counter()
    for row in _events(units):
        pending.append(row)
        if len(pending) == batch:
            events += _timed(connection, pending, spent, latencies)
            pending = []
    events += _timed(connection, pending, spent, latencies)
    seconds = time.perf_counter() - started
    console.print(f"{events:,} events of {units:,} units on {os.cpu_count()} cores")
    return {
        "events": events,
        "judge_us_per_event": spent["judge"] / events * 1e6,
        "store_us_per_event": spent["store"] / events * 1e6,
        "judge_over_store": spent["judge"] / spent["store"],
        "events_per_s": events / seconds,
        "latency_ms_p50": 1e3 * quantile(latencies, 0.5),
        "latency_ms_p99": 1e3 * quantile(latencies, 0.99),
    }


def quantile(latencies: Sequence[tuple[float, int]], share: float) -> float:
    """The seconds within which ``share`` of all events were done, from pairs (seconds, events that took so long)."""
    wanted = share * sum(events for _, events in latencies)
    for seconds, events in sorted(latencies):
        wanted -= events
        if wanted <= 0:
            return seconds
    raise ValueError("no event was timed")


def _timed(
    connection: Connection, rows: Sequence[EventRow], spent: dict[str, float], latencies: list[tuple[float, int]]
) -> int:
    begun = time.perf_counter()
    done = _transact(connection, rows, spent)
    if done:
        latencies.append((time.perf_counter() - begun, done))
    return done


def _transact(connection: Connection, rows: Sequence[EventRow], spent: dict[str, float]) -> int:
    """Store and judge; only the processor time of this process is counted, not that of the server."""
    if not rows:
        return 0
    with connection.transaction():
        begun = time.process_time()
        stored = store_events.store(connection, rows, START)
        spent["store"] += time.process_time() - begun
        begun = time.process_time()
        judge(connection, rows, now=START, all_new=stored == len(rows), rule_failed=_failed)
        spent["judge"] += time.process_time() - begun
    return len(rows)


def _failed(rule: str) -> None:
    raise RuntimeError(f"rule {rule} failed")


def _checked(item: str) -> Checked:
    if item.startswith("01/"):
        return Checked(Proof.SEALED, item, MAKER, UnitNumber(0, BATCH, int(item[-20:])))
    return Checked(Proof.FOREIGN, item, MAKER)


def _events(units: int) -> Iterator[EventRow]:
    """All units' events, step by step: all are shipped before any is sold."""
    items = [f"01/{GTIN}/21/{index:020}" for index in range(units)]
    cased = range(0, units // 2, CASE)
    number = 0

    def row(item: str, hours: float, step: str, place: str | None, **more: object) -> EventRow:
        nonlocal number
        number += 1
        at = START + int(hours * HOUR) + number
        event = Event(item, at, step, read_point=place, **more)  # type: ignore[arg-type]  # fields of Event by name
        children = tuple(map(_checked, event.children))
        return EventRow(UUID(int=number), event, _checked(item), children, MAKER, place or "web", 2)

    for first in cased:
        contents = tuple(items[first : first + CASE])
        case = f"00/{first:018}"
        yield row(case, 0, "packing", "plant", action=Action.ADD, children=contents)
        yield row(case, 4, "shipping", "plant")
        yield row(case, 40, "receiving", "dealer")
        yield row(case, 50, "unpacking", "dealer", action=Action.DELETE, children=contents)
    for hours, step, place in ((0, "commissioning", "plant"), (4, "shipping", "plant"), (40, "receiving", "dealer")):
        for index in range(units // 2, units):
            yield row(items[index], hours, step, place)
    for hours, step in ((60, "receiving"), (90, "retail_selling")):
        for index in range(units):
            yield row(items[index], hours, step, "shop")
    here = {"position": Position(30.66, 104.06, 120), "source": LocationSource.GPS, "audience": Audience.CONSUMER}
    for index in range(0, units, 6):
        yield row(items[index], 100, "inspecting", None, handset=f"phone-{index}", **here)
