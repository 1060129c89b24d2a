"""The report of docs/detection.md: its units are played and kept one by one: an interruption loses one of them."""

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from firmware_sim.population.settings import Settings
from gateway.evidence.model import dump_model, fitted_model
from schemas.errors import Misconfigured
from scripts.commands.evaluate.gateway_path import GatewayPlan, play_seed_by_gateway
from scripts.commands.evaluate.outcome import Outcome
from scripts.commands.evaluate.report_plan import ASSESS_DAYS, GATEWAY, STAGES, Stage, Unit, units_of
from scripts.commands.evaluate.running import Plan, play_seed

_ORIGIN = "origin.json"


def play_report(
    settings: Settings,
    seeds: Sequence[int],
    folder: Path,
    jobs: int,
    console: Console,
    stages: Sequence[Stage] = STAGES,
) -> None:
    """Play what ``folder`` doesn't hold yet, ``jobs`` units at a time; each unit is written when it is done.

    :raises Misconfigured: the folder is of other parameters, or of another model.
    """
    _same_origin(settings, folder)
    units = list(units_of(settings, seeds, stages))
    waiting = [unit for unit in units if not _file(folder, unit).exists()]
    console.print(f"{len(units) - len(waiting)} of {len(units)} units are in {folder}")
    with ProcessPoolExecutor(jobs) as pool:
        running = {pool.submit(_play, settings, unit, folder): unit for unit in waiting}
        for number, done in enumerate(as_completed(running), 1):
            unit, seconds = running[done], done.result()
            console.print(
                f"{number}/{len(waiting)} {unit.path} {unit.seed}, {seconds:.0f} s: {' '.join(unit.scenarios)}"
            )


def played_so_far(
    settings: Settings, seeds: Sequence[int], folder: Path, stages: Sequence[Stage] = STAGES
) -> dict[str, list[Outcome]]:
    """By path the outcomes that the folder holds, in the order of the report's units."""
    outcomes: dict[str, list[Outcome]] = {}
    for unit in units_of(settings, seeds, stages):
        path = _file(folder, unit)
        if path.exists():
            rows = json.loads(path.read_text(encoding="utf-8"))["outcomes"]
            outcomes.setdefault(unit.path, []).extend(
                Outcome(unit.seed, row["scenario"], row["values"], waits=tuple(row["waits"])) for row in rows
            )
    return outcomes


def _play(settings: Settings, unit: Unit, folder: Path) -> float:
    """Play a unit and keep it, unless another run has meanwhile; gives the judge's seconds."""
    if _file(folder, unit).exists():
        return 0.0
    sized = settings.with_values({"goods.items": unit.items})
    if unit.path == GATEWAY:
        played = play_seed_by_gateway(sized, unit.scenarios, GatewayPlan(ASSESS_DAYS), unit.seed)
    else:
        played = play_seed(Plan(sized, unit.scenarios), unit.seed)
    outcomes, judged = list[Outcome](), 0.0
    for outcome, _, seconds in played:
        outcomes.append(outcome)
        judged += seconds
    _keep(_file(folder, unit), outcomes)
    return judged


def _keep(path: Path, outcomes: Iterable[Outcome]) -> None:
    """Whole or not at all: a file that is being written has another name."""
    rows = [{"scenario": each.scenario, "values": dict(each.values), "waits": each.waits} for each in outcomes]
    unfinished = path.with_suffix(f".{os.getpid()}")
    unfinished.write_text(json.dumps({"outcomes": rows}), encoding="utf-8")
    unfinished.replace(path)


def _file(folder: Path, unit: Unit) -> Path:
    name = hashlib.sha256(" ".join(unit.scenarios).encode()).hexdigest()[:12]
    return folder / f"{unit.path}-{unit.items}-{unit.seed}-{name}.json"


def _same_origin(settings: Settings, folder: Path) -> None:
    """Note what the folder's outcomes come from, or compare: worlds of two kinds make no table."""
    origin = {
        "model": hashlib.sha256(dump_model(fitted_model()).encode()).hexdigest(),
        "parameters": json.loads(json.dumps(asdict(settings), default=str)),
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / _ORIGIN
    if not path.exists():
        path.write_text(json.dumps(origin), encoding="utf-8")
    elif json.loads(path.read_text(encoding="utf-8")) != origin:
        raise Misconfigured(f"{folder}: it holds worlds of other parameters or another model; choose another folder")
