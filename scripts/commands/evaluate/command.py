"""The command line of scripts/evaluate: plays worlds through judging code, prints targets, tables, charts and JSON."""

import argparse
import json
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict
from pathlib import Path
from statistics import fmean

from rich.console import Console
from rich.table import Table

from firmware_sim.population.settings import Settings, load_settings
from gateway.evidence.model import dump_model, fitted_model
from schemas.errors import Misconfigured
from scripts.commands.evaluate import gateway_path, gateway_path_judge
from scripts.commands.evaluate.charts import line_chart
from scripts.commands.evaluate.evidence_judge import ABLATIONS
from scripts.commands.evaluate.limits import budgets, ceiling
from scripts.commands.evaluate.outcome import Outcome
from scripts.commands.evaluate.report import play_report, played_so_far
from scripts.commands.evaluate.report_pages import appendix, section, write_between
from scripts.commands.evaluate.report_plan import GATEWAY
from scripts.commands.evaluate.roles import refuse_seen, roles_of, seeds_of
from scripts.commands.evaluate.running import JUDGES, Plan, play_seed
from scripts.commands.evaluate.scenarios import GROUPS, scenarios_of
from scripts.commands.evaluate.score_statistics import tenths
from scripts.commands.evaluate.target_tables import markdown, print_targets
from scripts.commands.evaluate.targets import score
from scripts.commands.evaluate.training import fit

_PROGRESS = (
    "false_alerts",
    "recall5",
    "precision5",
    "before_sale",
    "lanes_found",
    "units_to_find",
    "named",
    "rejected",
)

TRAINING = range(10)
"""Seeds of the worlds on which models may be fitted."""


def main(arguments: Sequence[str]) -> int:
    """Play, measure, print; 0 when it could be done, 2 when it can't be done as asked."""
    chosen = _parser().parse_args(arguments)
    console = Console(stderr=True)
    try:
        settings = load_settings(chosen.params)
        if chosen.items:
            settings = settings.with_values({"goods.items": chosen.items})
        seeds = seeds_of(chosen.worlds)
        if chosen.fit:
            return _fit(settings, seeds, chosen, console)
        roles = roles_of(seeds, fitted_model().provenance if chosen.judge == "evidence" else {})
        if not chosen.seen:
            refuse_seen(roles)
        without = _left_out(chosen.without)
        if chosen.report:
            return _report(settings, seeds, chosen, console)
        names = [name for name in chosen.scenario.split(",") if name]
        names += ["spread"] * chosen.spread
        if chosen.path == "gateway" and not chosen.items:
            settings = settings.with_values({"goods.items": gateway_path.ITEMS})
        plan = Plan(settings, scenarios_of(settings, names), chosen.judge, without, chosen.baselines)
        return _evaluate(plan, seeds, chosen, console)
    except (Misconfigured, ValueError, OSError) as error:
        print(f"evaluate: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/evaluate",
        description="Worlds of many items, with crimes, played through the judging code: recall at budgets of false"
        " alerts, time to detection, sources, and which targets are met. Models are fitted on worlds 0-9, their"
        " thresholds chosen on 10-19, and results reported on others.",
    )
    parser.add_argument("--worlds", default="20-21", metavar="A-B", help="seeds, first and last (default: 20-21)")
    parser.add_argument(
        "--seen", action="store_true", help="report on worlds that the model was fitted on all the same"
    )
    parser.add_argument(
        "--params", type=Path, metavar="FILE", help="numbers that differ from firmware_sim's own (TOML)"
    )
    parser.add_argument(
        "--scenario",
        default="",
        metavar="LIST",
        help=f"as S0,S1-M20+S5,S1@unplaced, or of {', '.join(GROUPS)} (default: S0 and all groups but ends and spread)",
    )
    parser.add_argument("--spread", action="store_true", help="play worlds at both ends of wide ranges as well")
    parser.add_argument("--items", type=int, default=0, metavar="N", help="items a world (default: the parameters')")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="processes, a seed each (default: 1)")
    parser.add_argument(
        "--path",
        choices=("harness", "gateway"),
        default="harness",
        help="harness: columns in memory, the evidence model alone; gateway: PostgreSQL, the gateway's transactions and"
        f" rules and its own assessing, both families of alerts in one budget; {gateway_path.ITEMS:,} items a world",
    )
    parser.add_argument(
        "--assess-days", type=int, default=1, metavar="N", help="--path gateway: assess every N days (default: 1)"
    )
    parser.add_argument(
        "--without-mandates",
        action="store_true",
        help="--path gateway: dealers have custody by addressed shipments alone; after a missed read they only claim",
    )
    parser.add_argument("--judge", choices=JUDGES, default="evidence", help="what is under test (default: evidence)")
    parser.add_argument("--without", default="", metavar="LIST", help=f"leave parts out: {', '.join(ABLATIONS)}")
    parser.add_argument("--baselines", action="store_true", help="measure the baselines B0 to B9 as well")
    parser.add_argument("--charts", type=Path, metavar="FOLDER", help="draw SVG charts there")
    parser.add_argument("--table", type=Path, metavar="FILE", help="write the tables there, in Markdown")
    parser.add_argument("--json", action="store_true", help="make the last line JSON")
    parser.add_argument(
        "--report",
        type=Path,
        metavar="FOLDER",
        help="play all that docs/detection.md reports, by both paths in the sizes of report_plan.py, the most important"
        " first; kept in FOLDER by world, so that the same command goes on after an interruption. --jobs 0 only"
        " reports what FOLDER holds; --table FILE is written between its marks, where it has them",
    )
    parser.add_argument(
        "--appendix", type=Path, metavar="FILE", help="with --report: write the table of every scenario there"
    )
    parser.add_argument("--fit", type=Path, metavar="FILE", help="fit the evidence model to these clean worlds instead")
    parser.add_argument(
        "--threshold-worlds",
        default="10-19",
        metavar="A-B",
        help="with --fit: those of its thresholds (default: 10-19)",
    )
    return parser


def _left_out(text: str) -> frozenset[str]:
    without = frozenset(name for name in text.split(",") if name)
    if unknown := without - set(ABLATIONS):
        raise Misconfigured(f"--without {', '.join(sorted(unknown))}: known are {', '.join(ABLATIONS)}")
    return without


def _fit(settings: Settings, seeds: range, chosen: argparse.Namespace, console: Console) -> int:
    if not set(seeds) <= set(TRAINING):
        raise Misconfigured(f"--fit: worlds {chosen.worlds} aren't all among the open ones, 0-{TRAINING[-1]}")
    model = fit(settings, seeds, seeds_of(chosen.threshold_worlds, "--threshold-worlds"), chosen.jobs)
    chosen.fit.write_text(dump_model(model), encoding="utf-8")
    console.print(f"{chosen.fit} is written; thresholds {dict(model.thresholds)}")
    return 0


def _report(settings: Settings, seeds: range, chosen: argparse.Namespace, console: Console) -> int:
    """Play the report, or what is missing of it, and write its pages: with ``--jobs 0`` of what was played so far."""
    if not chosen.seen:
        refuse_seen(roles_of(seeds, fitted_model().provenance))
    if chosen.jobs:
        play_report(settings, seeds, chosen.report, chosen.jobs, console)
    outcomes = played_so_far(settings, seeds, chosen.report)
    params = f" --params {chosen.params}" if chosen.params else ""
    command = f"scripts/evaluate --report FOLDER --worlds {chosen.worlds}{params}"
    print_targets(score(outcomes.get(GATEWAY, [])), roles_of(seeds, fitted_model().provenance), Console())
    if chosen.table is not None:
        write_between(chosen.table, section(outcomes, command))
    if chosen.appendix is not None:
        chosen.appendix.write_text(appendix(outcomes, command), encoding="utf-8")
    return 0


def _evaluate(plan: Plan, seeds: range, chosen: argparse.Namespace, console: Console) -> int:
    started, outcomes, events, judged = time.monotonic(), list[Outcome](), 0, 0.0
    done, total = 0, len(seeds) * len(plan.scenarios)
    gateway_plan = gateway_path.GatewayPlan(chosen.assess_days, not chosen.without_mandates)
    with ProcessPoolExecutor(max(1, chosen.jobs)) as pool:
        for waiting in as_completed([pool.submit(_all_of, plan, seed, chosen.path, gateway_plan) for seed in seeds]):
            for outcome, count, seconds in waiting.result():
                outcomes.append(outcome)
                events, judged, done = events + count, judged + seconds, done + 1
            console.print(f"{done}/{total} worlds, {time.monotonic() - started:.0f} s")
    outcomes.sort(key=lambda outcome: (outcome.seed, plan.scenarios.index(outcome.scenario)))
    targets, roles = score(outcomes), roles_of(seeds, fitted_model().provenance if plan.judge == "evidence" else {})
    print_targets(targets, roles, Console())
    if chosen.table is not None:
        chosen.table.write_text(markdown(targets, roles), encoding="utf-8")
    _print_baselines(outcomes, Console())
    if chosen.path == "gateway":
        _print_rules(outcomes, Console())
    if chosen.charts is not None:
        _draw(outcomes, chosen.charts)
    if chosen.json:
        clean = [outcome.values["false_alerts"] for outcome in outcomes if outcome.scenario == "S0"]
        result = {
            "targets": targets,
            "false_alerts_per_10k": round(fmean(clean), 3) if clean else None,
            "events": events,
            "seconds": round(time.monotonic() - started, 1),
            "path": chosen.path,
            "easier_than_life": gateway_path_judge.EASIER_THAN_LIFE if chosen.path == "gateway" else (),
            "rules": gateway_path.rule_costs(_means(outcomes)),
            "judge": plan.judge,
            "judge_seconds": round(judged, 1),
            "worlds": chosen.worlds,
            "roles": roles,
            "clock": "highest score ever",
            "without": sorted(plan.without),
            "limits": _limits(plan.settings, outcomes),
            "baselines": _baselines(outcomes),
            "measured": _means(outcomes),
            "parameters": asdict(plan.settings),
        }
        print(json.dumps(result, separators=(",", ":")))
    return 0


def _all_of(
    plan: Plan, seed: int, path: str, gateway_plan: gateway_path.GatewayPlan
) -> list[tuple[Outcome, int, float]]:
    """One process's work. Each world is printed when it is done, in case the rest never is."""
    done = []
    by_gateway = path == "gateway"
    played = (
        gateway_path.play_seed_by_gateway(plan.settings, plan.scenarios, gateway_plan, seed)
        if by_gateway
        else play_seed(plan, seed)
    )
    for outcome, events, seconds in played:
        done.append((outcome, events, seconds))
        wanted = {name: round(value, 3) for name, value in outcome.values.items() if name.endswith(_PROGRESS)}
        print(f"world {seed} {outcome.scenario}, {seconds:.0f} s: {json.dumps(wanted)}", file=sys.stderr, flush=True)
    return done


def _means(outcomes: Sequence[Outcome]) -> dict[str, dict[str, float]]:
    """Every measurement's mean over the worlds, by scenario."""
    by_scenario: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for outcome in outcomes:
        for name, value in outcome.values.items():
            by_scenario[outcome.scenario][name].append(value)
    return {
        scenario: {name: round(fmean(values), 4) for name, values in sorted(measured.items())}
        for scenario, measured in by_scenario.items()
    }


def _baselines(outcomes: Sequence[Outcome]) -> dict[str, dict[str, list[float]]]:
    """By scenario and baseline: false alerts per 10,000, recall, recall at 5 per 10,000."""
    by_scenario: dict[str, dict[str, list[tuple[float, ...]]]] = defaultdict(lambda: defaultdict(list))
    for outcome in outcomes:
        for name, row in outcome.baselines.items():
            by_scenario[outcome.scenario][name].append(row)
    return {
        scenario: {
            name: [round(fmean(column), 3) for column in zip(*rows, strict=True)] for name, rows in named.items()
        }
        for scenario, named in by_scenario.items()
    }


def _limits(settings: Settings, outcomes: Sequence[Outcome]) -> dict[str, object]:
    """What no judge can exceed: ceilings of recall by number of copies, and copies sold until even odds."""
    scanned = settings.consumer.scan_share
    location = settings.location
    by_line = (1 - location.gps_share) * location.wifi_share * location.known_share
    placed = (1 - location.unplaced_share) * (location.gps_share + by_line)
    copies = {name: settings.of_variant(name).clone.copies for name in {outcome.scenario for outcome in outcomes}}
    copies |= {name: settings.adaptive.copies for name in copies if name.startswith("S12")}
    return {
        "ceilings": [asdict(ceiling(number, scanned, placed)) for number in (1, 3, 5, 20, 100)],
        "copies_until_even_odds": budgets(outcomes, scanned, copies),
    }


def _print_baselines(outcomes: Sequence[Outcome], console: Console) -> None:
    for scenario, rows in _baselines(outcomes).items():
        beside = Table(f"{scenario}: baseline", "false alerts per 10,000", "recall", "recall at 5 per 10,000")
        for name, (false, recall, at_budget) in sorted(rows.items()):
            beside.add_row(name, f"{false:g}", f"{recall:g}", f"{at_budget:g}")
        console.print(beside)


def _print_rules(outcomes: Sequence[Outcome], console: Console) -> None:
    """What each rule costs in false alerts, of both families: they share one budget."""
    costs = gateway_path.rule_costs(_means(outcomes))
    scenarios = list(dict.fromkeys(outcome.scenario for outcome in outcomes))
    table = Table("rule: false alerts per 10,000", *scenarios)
    for rule, by_scenario in sorted(costs.items()):
        table.add_row(rule, *(f"{by_scenario.get(scenario, 0.0):g}" for scenario in scenarios))
    console.print(table)
    for line in gateway_path_judge.EASIER_THAN_LIFE:
        console.print(f"easier than life: {line}")


def _draw(outcomes: Sequence[Outcome], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    curves: dict[str, dict[float, list[float]]] = defaultdict(lambda: defaultdict(list))
    waits: dict[str, list[int]] = defaultdict(list)
    stated: list[tuple[float, bool]] = []
    for outcome in outcomes:
        for false, recall in outcome.curve:
            curves[outcome.scenario][false].append(recall)
        waits[outcome.scenario] += outcome.waits
        stated += outcome.stated
    recall_lines = {name: [(x, fmean(ys)) for x, ys in sorted(points.items())] for name, points in curves.items()}
    wait_lines = {
        name: [(float(phones), sum(wait <= phones for wait in counts) / len(counts)) for phones in range(1, 11)]
        for name, counts in waits.items()
        if counts
    }
    measured = [
        (fmean(p for p, _ in pairs), fmean(true for _, true in pairs)) for _, pairs in sorted(tenths(stated).items())
    ]
    charts = {
        "recall": line_chart(
            "Recall by budget",
            "false alerts per 10,000 scanned genuine items",
            "recall",
            recall_lines,
            logarithmic=True,
        ),
        "waiting": line_chart("Time to detection", "handsets of copies", "share of found codes", wait_lines),
        "calibration": line_chart(
            "Calibration", "stated probability", "came true", {"perfect": [(0, 0), (1, 1)], "measured": measured}
        ),
    }
    for name, text in charts.items():
        (folder / f"{name}.svg").write_text(text, encoding="utf-8")
