"""Start everything on this machine, play the demo world, and print codes to scan and questions to ask."""

import argparse
import contextlib
import json
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from firmware_sim.device.reader import Broker
from firmware_sim.world.attacks import samples as sample_codes
from schemas.errors import SuyuanError
from scripts.commands.up import showcase, state
from scripts.commands.up.acceptance import VERDICTS, StepFailed, check_demo
from scripts.commands.up.play import play
from scripts.commands.up.seed import last_midnight, seed
from scripts.commands.up.state import State
from scripts.environment import ROOT
from scripts.system.api_client import Client
from scripts.system.embedded.errors import EmbeddedError
from scripts.system.embedded.port import LOOPBACK, free_port
from scripts.system.operator import operator_token
from scripts.system.stack import READERS_USER, Stack

DEFAULT_STATE = ROOT / "var" / "demo"


def main(arguments: Sequence[str]) -> int:
    """Run the command line; 0 when all went well, 1 when a step of the check failed, 2 when it can't start."""
    options = _parser().parse_args(arguments)
    console = Console(stderr=options.check)
    try:
        return _check(options, console) if options.check else _up(options, console)
    except StepFailed as error:
        console.print(f"[red]this step failed:[/red] {error}", highlight=False)
        return 1
    except (SuyuanError, EmbeddedError, OSError) as error:
        console.print(f"[red]scripts/up:[/red] {error}", highlight=False)
        return 2
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/up", description=__doc__)
    parser.add_argument("--state", type=Path, default=DEFAULT_STATE, help="folder for all state (default: var/demo)")
    parser.add_argument("--fresh", action="store_true", help="delete the state folder first")
    parser.add_argument("--http-port", type=port, help="port of the pages and the API (default: a free one)")
    parser.add_argument("--mqtt-port", type=port, help="port of the broker (default: a free one)")
    parser.add_argument("--postgres-port", type=port, help="port of the store (default: a free one)")
    parser.add_argument(
        "--seed", type=int, default=0, help="of the demo world, which ends last midnight, UTC (default: 0)"
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="headless: temporary state, the demo checked, everything stopped, a JSON summary as the last line",
    )
    return parser


def port(text: str) -> int:
    """The TCP port in ``text``; argparse makes a ValueError a complaint that names the option."""
    port = int(text)
    if not 1 <= port <= 65_535:
        raise ValueError(text)
    return port


def _up(options: argparse.Namespace, console: Console) -> int:
    if options.fresh:
        state.clear(options.state)
    saved = state.load(options.state)
    ports = saved or State(
        http_port=options.http_port or free_port(),
        mqtt_port=options.mqtt_port or free_port(),
        postgres_port=options.postgres_port or free_port(),
    )
    if saved is None:
        state.save(options.state, ports)
    stack = _stack(options.state, ports)
    with contextlib.ExitStack() as running:
        with progress_bar(console) as progress:
            progress("starting PostgreSQL, broker, gateway and resolver", 0, 1)
            running.enter_context(stack)
            stack.start_assessor()
            stack.start_notifier()
            progress("starting PostgreSQL, broker, gateway and resolver", 1, 1)
            if saved is None:
                saved = _first_time(stack, ports, options, progress)
        _show(console, stack, saved)
        _stay(console, stack)
    return 0


def _stack(folder: Path, ports: State) -> Stack:
    return Stack(folder, http_port=ports.http_port, mqtt_port=ports.mqtt_port, postgres_port=ports.postgres_port)


def _first_time(
    stack: Stack, ports: State, options: argparse.Namespace, progress: Callable[[str, int, int], None]
) -> State:
    token = operator_token(stack)
    state.save(options.state, replace(ports, stage="playing"))
    seeded = seed(stack.base_url, token, options.seed, last_midnight(time.time_ns() // 1000), progress)
    play(seeded, stack.base_url, token, broker_of(stack), stack.state / "readers", progress)
    codes = sample_codes(seeded.plan)
    done = replace(ports, stage="complete", samples={name: codes[name] for name in VERDICTS}, tokens=seeded.tokens)
    state.save(options.state, done)
    return done


def broker_of(stack: Stack) -> Broker:
    """The stack's broker as readers reach it."""
    return Broker(LOOPBACK, stack.broker.mqtt_port, READERS_USER, stack.secret("mqtt-readers"))


def _show(console: Console, stack: Stack, saved: State) -> None:
    tokens, codes = saved.tokens or {}, saved.samples or {}
    with Client(stack.base_url, next(iter(tokens.values()))) as maker:
        incidents = maker.get("/api/v1/incidents", limit=200)["incidents"]
    console.print(showcase.alerts_table([incident for incident in incidents if incident["state"] != "closed"]))
    showcase.show(console, stack.base_url, codes, tokens)


def _stay(console: Console, stack: Stack) -> None:
    console.rule("[bold]Everything runs; Ctrl-C ends it, and the next scripts/up resumes from here")
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            time.sleep(1)
            for process, start in (
                (stack.gateway, stack.start_gateway),
                (stack.assessor, stack.start_assessor),
                (stack.notifier, stack.start_notifier),
                (stack.resolver, stack.start_resolver),
            ):
                if not process.running:
                    console.print(f"[yellow]{process.name} ended and is restarted")
                    start()
    console.print("stopping …")


def _check(options: argparse.Namespace, console: Console) -> int:
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="suyuan-check-") as folder:
        summary = _checked(Path(folder), options, console)
    print(json.dumps(summary | {"seconds": round(time.monotonic() - started, 1)}))
    return 0


def _checked(folder: Path, options: argparse.Namespace, console: Console) -> dict[str, Any]:
    with Stack(folder / "state") as stack, progress_bar(console) as progress:
        stack.start_assessor()
        token = operator_token(stack)
        seeded = seed(stack.base_url, token, options.seed, last_midnight(time.time_ns() // 1000), progress)
        sent = play(seeded, stack.base_url, token, broker_of(stack), stack.state / "readers", progress)
        outcome = check_demo(stack, seeded.tokens, sample_codes(seeded.plan), sent)
        for step, summary in outcome.steps.items():
            console.print(f"[green]✓[/green] {step}: {summary}", highlight=False)
    return {
        "minted": seeded.minted,
        "sent": sent.total,
        **{name: outcome.counted.get(name, 0) for name in ("stored", "duplicate", "rejected")},
        "receipts": sent.receipts,
        "verdicts": outcome.verdicts,
        "alerts": outcome.alerts,
        "incidents": outcome.incidents,
        "incident": outcome.incident,
        "leak": outcome.leak,
        "steps": outcome.steps,
    }


@contextlib.contextmanager
def progress_bar(console: Console) -> Iterator[Callable[[str, int, int], None]]:
    """A bar for each long step, drawn as it is reported."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bar:
        tasks: dict[str, Any] = {}

        def update(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=done, total=total)

        yield update
