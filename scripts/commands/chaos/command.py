"""Runs the cases one after the other, each in a folder and a system of its own, and counts lost and doubled events."""

import argparse
import json
import logging
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

from rich.console import Console
from rich.table import Table

from scripts.commands.chaos import messages, orders, power, processes
from scripts.commands.chaos.result import Result, Skipped
from scripts.system.embedded.errors import EmbeddedError

Case = Callable[..., Result]

CASES: dict[str, Case] = {
    "workers": processes.worker_killed_every_second,
    "mosquitto": processes.mosquitto_killed,
    "nats-node": processes.one_nats_node_killed,
    "nats-all": processes.all_nats_nodes_killed,
    "postgres": processes.postgres_killed_in_mid_copy,
    "in-turn": processes.broker_and_store_restarted,
    "stale-ack": messages.stale_acknowledgement,
    "poison": messages.poison,
    "power-cut": power.reader_power_cut,
    "orders": orders.shuffled_orders,
}


def main(arguments: Sequence[str]) -> int:
    """Run the chosen cases; 0 only when nothing was lost, doubled, wrong or skipped."""
    parser = argparse.ArgumentParser(prog="scripts/chaos", description=__doc__)
    parser.add_argument("--only", action="append", choices=CASES, help="run this case (may be given several times)")
    parser.add_argument("--quick", action="store_true", help="fewer and smaller faults")
    parser.add_argument("--seed", type=int, default=1, help="of what is random (default: 1)")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep logs and stores here")
    parser.add_argument("--list", action="store_true", help="say what each case does, and end")
    options = parser.parse_args(arguments)
    console = Console(stderr=True)
    if options.list:
        for name, case in CASES.items():
            console.print(f"{name:10} {_about(case)}")
        return 0
    # Warnings of lost connections are expected here.
    logging.getLogger("gateway").setLevel(logging.ERROR)
    results: dict[str, Result | str] = {}
    seconds: dict[str, float] = {}
    for name in options.only or CASES:
        started = time.monotonic()
        console.print(f"{name}: {_about(CASES[name])}")
        results[name] = _run(name, options.keep, Random(options.seed), quick=options.quick)  # noqa: S311 -- repeatable
        seconds[name] = time.monotonic() - started
    Console().print(_table(results, seconds))
    summary = _summary(results)
    print(json.dumps(summary))
    return 0 if not any(summary[name] for name in ("lost", "doubled", "wrong", "skipped")) else 1


def _run(name: str, keep: Path | None, rng: Random, *, quick: bool) -> Result | str:
    """The case's result, or why it was skipped."""
    folder = Path(tempfile.mkdtemp(prefix=f"suyuan-chaos-{name}-", dir=keep))
    try:
        result = CASES[name](folder / "state", rng, quick=quick)
    except Skipped as why:
        return str(why)
    except EmbeddedError as error:
        return str(error).splitlines()[0]
    finally:
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)
    return result if result.sent else "nothing was sent"


def _about(case: Case) -> str:
    return (case.__doc__ or "").strip().splitlines()[0]


def _table(results: dict[str, Result | str], seconds: dict[str, float]) -> Table:
    table = Table("case", "sent", "stored", "doubled", "lost", "wrong", "s", "what happened")
    for column in table.columns[1:7]:
        column.justify = "right"
    for name, result in results.items():
        if isinstance(result, str):
            table.add_row(name, *["-"] * 5, f"{seconds[name]:.0f}", f"skipped: {result}", style="yellow")
            continue
        numbers = [str(n) for n in (result.sent, result.stored, result.doubled, result.lost, result.wrong)]
        table.add_row(name, *numbers, f"{seconds[name]:.0f}", result.note, style=None if result.good else "red")
    return table


def _summary(results: dict[str, Result | str]) -> dict[str, int]:
    run = [result for result in results.values() if isinstance(result, Result)]
    return {
        "cases": len(results),
        "sent": sum(result.sent for result in run),
        "stored": sum(result.stored for result in run),
        "lost": sum(result.lost for result in run),
        "doubled": sum(result.doubled for result in run),
        "wrong": sum(result.wrong for result in run),
        "skipped": len(results) - len(run),
    }
