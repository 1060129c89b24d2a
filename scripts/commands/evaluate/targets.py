"""Which targets are met: their measurements by scenario with bootstrap intervals over worlds, and the worst world."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from scripts.commands.evaluate.outcome import Outcome
from scripts.commands.evaluate.target_parts import PARTS, Part

RESAMPLES = 2000

Row = dict[str, Any]
"""A measurement's mean over worlds ``value``, ``low95`` and ``high95``, the bound ``target``, whether it is ``met``.

Also the number of ``worlds``, and ``worst`` and ``worst_world``: the least good one and its seed.
"""


def score(outcomes: Sequence[Outcome], seed: int = 1) -> dict[str, Row]:
    """Every target with its parts. Its value is that of its worst part; parts without a world are left out.

    A part's ``scenarios`` are those that its bound is asked of, other forms of these, and all under a stress. ``met``
    counts the first only, ``met_everywhere`` all. Where even the best judge may not reach a bound, ``most`` says what
    it could, and ``why``.
    """
    rng = np.random.default_rng(seed)
    targets: dict[str, Row] = {}
    for part in PARTS:
        row = _of_part(outcomes, part, rng)
        if row is None:
            continue
        target = targets.setdefault(part.target, {"met": True, "met_everywhere": True, "parts": {}})
        target["parts"][part.name] = row
        least = slack(part, row["value"])
        if row["demanded"] and least < target.get("slack", float("inf")):
            target |= {key: row[key] for key in ("value", "low95", "high95", "target")} | {"slack": least}
        target["met"] = target["met"] and row["met"]
        target["met_everywhere"] = target["met_everywhere"] and row["met_everywhere"]
    for target in targets.values():
        target.pop("slack", None)
    return targets


def worst_first(targets: dict[str, Row]) -> list[tuple[str, str, str, Row]]:
    """All scenarios of all parts as (target, part, scenario, row), the one with the worst world first."""
    parts = {(part.target, part.name): part for part in PARTS}
    rows = [
        (name, part_name, scenario, row)
        for name, target in targets.items()
        for part_name, part in target["parts"].items()
        for scenario, row in part["scenarios"].items()
    ]
    return sorted(rows, key=lambda entry: (slack(parts[entry[0], entry[1]], entry[3]["worst"]), entry[:3]))


def _of_part(outcomes: Sequence[Outcome], part: Part, rng: np.random.Generator) -> Row | None:
    by_scenario = _values(outcomes, part)
    if not by_scenario:
        return None
    rows = {scenario: _row(part, values, rng) for scenario, values in by_scenario.items()}
    demanded = {scenario: row for scenario, row in rows.items() if _demanded(scenario, part)}
    pick: Callable[..., Row] = min if part.minimum else max
    chosen = dict(pick((demanded or rows).values(), key=lambda row: row["value"]))
    chosen["demanded"] = bool(demanded)
    chosen["met"] = all(row["met"] for row in demanded.values())
    chosen["met_everywhere"] = all(row["met"] for row in rows.values())
    chosen["scenarios"] = rows
    best = [
        outcome.values[part.most]
        for outcome in outcomes
        if outcome.scenario in demanded and part.most in outcome.values
    ]
    if best:
        chosen["most"] = round(float(np.mean(best)), 4)
        if slack(part, chosen["most"]) < 0:
            chosen["why"] = part.why
    return chosen


def _row(part: Part, values: Sequence[tuple[int, float]], rng: np.random.Generator) -> Row:
    value, low, high = _interval([value for _, value in values], rng)
    met = low >= part.bound if part.minimum else high <= part.bound
    worst = min(values, key=lambda pair: (slack(part, pair[1]), pair[0]))
    return {
        "value": value,
        "low95": low,
        "high95": high,
        "target": part.bound,
        "met": bool(met),
        "worlds": len(values),
        "worst": round(worst[1], 4),
        "worst_world": worst[0],
    }


def slack(part: Part, value: float) -> float:
    """How far a value is beyond the bound, as a share of it; negative where it falls short."""
    return (value - part.bound) * (1 if part.minimum else -1) / max(abs(part.bound), 1e-9)


def _values(outcomes: Sequence[Outcome], part: Part) -> dict[str, list[tuple[int, float]]]:
    """By scenario the measurement in each world, with the world's seed."""
    by_scenario: dict[str, list[tuple[int, float]]] = {}
    for outcome in outcomes:
        for name in outcome.scenario.split("+"):
            crime = name.partition("@")[0]
            if any(_matches(crime, pattern) for pattern in (*part.scenarios, *part.also)):
                value = _value(outcome, part.measurement)
                if value is not None:
                    by_scenario.setdefault(name, []).append((outcome.seed, value))
    return by_scenario


def _demanded(scenario: str, part: Part) -> bool:
    return any(_matches(scenario, pattern) for pattern in part.scenarios)


def _matches(name: str, pattern: str) -> bool:
    return name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern


def _value(outcome: Outcome, measurement: str) -> float | None:
    """A measurement by its whole name, or of whichever crime of the world has it."""
    if measurement in outcome.values:
        return outcome.values[measurement]
    if "." in measurement:
        return None
    return next((value for key, value in outcome.values.items() if key.endswith("." + measurement)), None)


def _interval(values: Sequence[float], rng: np.random.Generator) -> tuple[float, float, float]:
    """The mean over worlds, and its 95 % bootstrap interval (percentile method; of one world it is a point)."""
    array = np.asarray(values, dtype=float)
    draws = array[rng.integers(0, len(array), (RESAMPLES, len(array)))].mean(axis=1)
    low, high = np.quantile(draws, [0.025, 0.975])
    return round(float(array.mean()), 4), round(float(low), 4), round(float(high), 4)
