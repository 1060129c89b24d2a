"""Requests a second of the resolver with a full store: verdicts, redirections, linksets, forged codes; eight clients.

The floor is the same server's /health with the same clients in the same run. The store is filled by SQL, as the gateway
would fill it; the resolver is one process (``--workers`` for more), its limits on senders are off.
"""

import argparse
import json
import os
import statistics
import time
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from random import Random

from rich.console import Console

from schemas.serial import Sealer
from scripts.commands.bench.filled_store import (
    VERDICT,
    fill,
    register,
    sealer_of,
    size_of_events,
    vacuum,
    without_indexes,
)
from scripts.commands.bench.http_client import Request, Run, get_all
from scripts.system.embedded.postgres import EmbeddedPostgres
from scripts.system.fixtures import BATCH, GTIN
from scripts.system.stack import Stack, temporary_stack

MIX = (("verdict", 80), ("redirect", 10), ("linkset", 5), ("forged", 5))
ACCEPTS = {"verdict": "application/json", "redirect": "*/*", "linkset": "application/linkset+json"}
SMALL = 100_000
"""Events in the store when the growth with history is measured for the first time."""
ALONE = 3000
"""Verdicts asked for by one client, a third of them to warm up."""
PORTION = 100_000
"""Units that get their events in one transaction."""


@dataclass(frozen=True, slots=True)
class Units:
    """The serials of a batch, by index."""

    sealer: Sealer
    count: int

    def items(self, first: int, end: int) -> Iterator[tuple[int, str]]:
        """Index and item id of units in a row."""
        serials = self.sealer.seal_range(GTIN, BATCH, first, end - first)
        return ((first + number, f"01/{GTIN}/21/{serial}") for number, serial in enumerate(serials))

    def path(self, index: int) -> str:
        """One unit's address."""
        return f"/01/{GTIN}/21/{self.sealer.seal(GTIN, BATCH, index)}"


def main(arguments: Sequence[str]) -> int:
    """Measure and print; the last line is JSON with ``--json``."""
    parser = argparse.ArgumentParser(prog="scripts/bench resolve", description=__doc__)
    parser.add_argument("--items", type=int, default=1_000_000, help="observed items in the store")
    parser.add_argument("--events", type=int, default=10_000_000, help="events in the store")
    parser.add_argument("--requests", type=int, default=20_000, help="requests of the mixed run")
    parser.add_argument("--clients", type=int, default=8, help="connections that ask at a time")
    parser.add_argument("--workers", type=int, default=1, help="processes of the resolver")
    parser.add_argument(
        "--shared-buffers", default="2GB", help="the store's own cache; PostgreSQL advises a quarter of the memory"
    )
    parser.add_argument("--json", action="store_true", help="print JSON as the last line")
    options = parser.parse_args(arguments)
    console = Console(stderr=options.json)
    figures: dict[str, float | int | str] = {
        "cores": os.cpu_count() or 1,
        "items": options.items,
        "events": options.events,
        "clients": options.clients,
        "workers": options.workers,
        "shared_buffers": options.shared_buffers,
    }
    with temporary_stack() as stack:
        stack.postgres = EmbeddedPostgres(
            stack.state / "postgres", fsync=False, settings={"shared_buffers": options.shared_buffers}
        )
        _measure(stack, options, figures, console)
    if options.json:
        print(json.dumps(figures))
    return 0


def _measure(
    stack: Stack, options: argparse.Namespace, figures: dict[str, float | int | str], console: Console
) -> None:
    stack.start_store()
    register(stack, options.items)
    units = Units(sealer_of(stack), options.items)
    events = max(1, options.events // options.items)
    few = min(options.items, max(1, SMALL // events))
    fill(stack, list(units.items(0, few)), events)
    vacuum(stack)
    stack.start_resolver(
        network_rate="0", code_rate="0", session_rate="0", workers=str(options.workers), keyring_refresh_s="3600"
    )
    address, random = ("127.0.0.1", stack.http_port), Random(7)  # noqa: S311 -- the same requests at every run
    before = _single_client(address, [units.path(random.randrange(few)) for _ in range(ALONE)])
    _fill_up(stack, units, few, events, console)
    after = _single_client(address, [units.path(random.randrange(options.items)) for _ in range(ALONE)])
    figures["history_growth"] = round(after[0] / before[0], 3)
    figures["trivial_growth"] = round(after[1] / before[1], 3)
    console.print(
        f"a verdict alone: median {before[0]:.2f} ms at {few * events:,} events, {after[0]:.2f} ms at"
        f" {options.items * events:,}; a trivial request in between: {before[1]:.2f} and {after[1]:.2f} ms"
    )
    _mixed(address, units, options, figures, console)
    figures["forged_store_queries"] = _queries_of_forged(stack, units)
    console.print(f"queries of the store for 500 forged codes: {figures['forged_store_queries']}")


def _single_client(address: tuple[str, int], paths: Sequence[str]) -> tuple[float, float]:
    """Median milliseconds of a verdict and of a trivial request, taken in turns by one client."""
    requests = [
        request
        for path in paths
        for request in (Request(path + VERDICT, ACCEPTS["verdict"], "verdict"), Request("/health", "*/*", "trivial"))
    ]
    get_all(address, requests[: len(requests) // 3], 1)
    run = get_all(address, requests[len(requests) // 3 :], 1)
    verdict, trivial = (
        statistics.median(taken for taken, tag in zip(run.seconds, run.tags, strict=True) if tag == kind)
        for kind in ("verdict", "trivial")
    )
    return 1000 * verdict, 1000 * trivial


def _fill_up(stack: Stack, units: Units, filled: int, events: int, console: Console) -> None:
    """Give the other units their events, a portion in each transaction: memory and temporary files stay small."""
    started, rest = time.monotonic(), (units.count - filled) * events
    if rest:
        with without_indexes(stack):
            for first in range(filled, units.count, PORTION):
                fill(stack, list(units.items(first, min(first + PORTION, units.count))), events)
    vacuum(stack)
    seconds, gigabytes = time.monotonic() - started, size_of_events(stack) / 1e9
    console.print(
        f"{rest:,} events were filled in within {seconds:.0f} s; the table has {gigabytes:.1f} GB with its indexes"
    )


def _mixed(
    address: tuple[str, int],
    units: Units,
    options: argparse.Namespace,
    figures: dict[str, float | int | str],
    console: Console,
) -> None:
    requests = list(islice(_requests(units, Random(11)), options.requests))  # noqa: S311 -- as above
    trivial = [Request("/health", "application/json")] * options.requests
    get_all(address, requests[: options.requests // 10], options.clients)
    floors, runs = [], []
    half = len(requests) // 2
    for portion in (requests[:half], requests[half:]):  # floor and run in turn: the machine's speed varies
        floors.append(get_all(address, trivial[:half], options.clients))
        runs.append(get_all(address, portion, options.clients))
    floor, run = _joined(floors), _joined(runs)
    wrong = [status for status in run.statuses if status not in (200, 307)]
    if wrong:
        raise SystemExit(f"{len(wrong)} requests were answered with {sorted(set(wrong))}")
    figures["trivial_per_s"] = round(floor.rate, 1)
    figures["requests_per_s"] = round(run.rate, 1)
    figures["ratio"] = round(run.rate / floor.rate, 3)
    console.print(f"trivial {floor.rate:,.0f}/s, mixed {run.rate:,.0f}/s, ratio {figures['ratio']}")
    for kind, _ in MIX:
        times = sorted(taken for taken, tag in zip(run.seconds, run.tags, strict=True) if tag == kind)
        if not times:
            continue
        middle, last = 1000 * statistics.median(times), 1000 * times[min(len(times) - 1, int(0.99 * len(times)))]
        console.print(f"{kind:9} median {middle:.2f} ms, p99 {last:.2f} ms")
        figures[f"{kind}_p50_ms"], figures[f"{kind}_p99_ms"] = round(middle, 3), round(last, 3)
    figures["p99_ms"] = figures["verdict_p99_ms"]


def _joined(runs: Sequence[Run]) -> Run:
    return Run(
        [taken for run in runs for taken in run.seconds],
        [status for run in runs for status in run.statuses],
        [tag for run in runs for tag in run.tags],
        sum(run.elapsed for run in runs),
    )


def _requests(units: Units, random: Random) -> Iterator[Request]:
    kinds = [kind for kind, _ in MIX]
    weights = [weight for _, weight in MIX]
    while True:
        kind = random.choices(kinds, weights)[0]
        path = units.path(random.randrange(units.count))
        if kind == "forged":
            path = path[:-20] + "".join(random.choices("0123456789ABCDEFGHJKMNPQRSTVWXYZ", k=20))
        if kind in ("verdict", "forged"):
            yield Request(path + VERDICT, ACCEPTS["verdict"], kind)
        else:
            yield Request(path, ACCEPTS[kind], kind)


def _queries_of_forged(stack: Stack, units: Units) -> int:
    """How many queries 500 forged codes cost, by the resolver's own counter."""
    address = ("127.0.0.1", stack.http_port)
    forged = [request for request in islice(_requests(units, Random(13)), 20_000) if request.tag == "forged"]  # noqa: S311
    before = _query_count(stack)
    get_all(address, forged[:500], 1)
    return _query_count(stack) - before


def _query_count(stack: Stack) -> int:
    with urllib.request.urlopen(f"{stack.base_url}/health", timeout=10) as answer:  # noqa: S310 -- our own server
        return int(json.load(answer)["looks"])
