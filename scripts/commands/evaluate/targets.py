"""The targets T1 to T14 (docs/detection.md#targets): their measurements, bounds, and bootstrap intervals."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from scripts.commands.evaluate.outcome import Outcome

RESAMPLES = 2000


@dataclass(frozen=True, slots=True)
class Part:
    """One number of a target: a measurement in some scenarios, and the bound that it has to clear.

    A scenario ending in ``*`` stands for all that begin so; ``minimum`` tells whether the bound is one.
    """

    target: str
    name: str
    scenarios: tuple[str, ...]
    measurement: str
    bound: float
    minimum: bool = True


def _part(target: str, name: str, scenario: str, measurement: str, bound: float, *, maximum: bool = False) -> Part:
    return Part(target, name, tuple(scenario.split()), measurement, bound, minimum=not maximum)


PARTS = (
    _part("T1", "clean_alerts", "S0", "false_alerts", 2, maximum=True),
    _part("T1", "clean_watches", "S0", "false_watches", 20, maximum=True),
    _part("T1", "stress_alerts", "S0-*", "false_alerts", 5, maximum=True),
    _part("T2", "recall5", "S1", "clone.recall5", 0.85),
    _part("T2", "precision5", "S1", "clone.precision5", 0.80),
    _part("T2", "recall5_3plus", "S1", "clone.recall5_of_3plus", 0.95),
    _part("T2", "handsets", "S1", "clone.handsets_to_alert", 2, maximum=True),
    _part("T3", "f5_recall5", "S1-F5", "clone.recall5", 0.40),
    _part("T3", "f100_recall5", "S1-F100", "clone.recall5", 0.99),
    _part("T3", "f100_handsets", "S1-F100", "clone.handsets_to_alert", 3, maximum=True),
    _part("T4", "m20_recall5", "S1-M20", "clone.recall5", 0.65),
    _part("T4", "m20_precision5", "S1-M20", "clone.precision5", 0.5),
    _part("T5", "home_f20", "S3-F20", "home.recall5", 0.30),
    _part("T5", "home_f100", "S3-F100", "home.recall5", 0.98),
    _part("T5", "home_f20_pairs", "S3-F20-pairs", "home.recall5", 0.90),
    _part("T5", "home_f100_pairs", "S3-F100-pairs", "home.recall5", 0.90),
    _part("T6", "before_sale", "S2", "early.before_sale", 0.90),
    _part("T7", "lane_power", "S5", "diversion.lanes_found", 0.95),
    _part("T7", "lane_class", "S5 S1", "lane_class", 0.90),
    _part("T7", "false_lanes", "S0", "false_lanes", 1, maximum=True),
    _part("T7", "false_lanes_travel", "S0-travel_20", "false_lanes", 3, maximum=True),
    _part("T8", "top1_5_codes", "S1", "clone.leak_top1", 0.95),
    _part("T8", "top1_30_false", "S1", "clone.leak_top1_false", 0.80),
    _part("T8", "coverage", "S1", "clone.leak_covered", 0.88),
    _part("T9", "stolen_found", "S4", "theft.recall1", 0.99),
    _part("T9", "roll_after", "S4", "theft.roll_after", 3, maximum=True),
    _part("T9", "probes", "S7", "enumeration.probes", 1e6, maximum=True),
    _part("T9", "honest_blocked", "S7", "enumeration.honest_blocked", 0, maximum=True),
    _part("T10", "replays", "S6", "replay.rejected", 1.0),
    _part("T10", "clock_named", "S8", "clock.named", 0.95),
    _part("T10", "clock_leak", "S8", "clock.leaked_per_100", 1, maximum=True),
    _part("T11", "refilled", "S9", "refill.recall5", 0.60),
    _part("T11", "refilled_pairs", "S9-pairs", "refill.recall5", 0.95),
    _part("T11", "dumped_units", "S10", "dumping.units_to_find", 8, maximum=True),
    _part("T12", "duplication", "S1 S5 S4", "incidents", 1.2, maximum=True),
    _part("T12", "class", "S1 S3-F20 S4", "class", 0.90),
    _part("T12", "calibration", "S1 S3-F20 S5", "calibration_error", 0.05, maximum=True),
    _part("T13", "events_per_s", "S0", "events_per_s", 3000),
    _part("T14", "order_free", "S1", "order_free", 1.0),
)
"""All numbers of the targets that are measured here. T13's latency is measured on the gateway by scripts/bench."""


def score(outcomes: Sequence[Outcome], seed: int = 1) -> dict[str, dict[str, object]]:
    """Every target with its parts. Its value is that of its worst part; parts without a world are left out."""
    rng = np.random.default_rng(seed)
    targets: dict[str, dict[str, object]] = {}
    for part in PARTS:
        by_scenario = _values(outcomes, part)
        if not by_scenario:
            continue
        rows = [_interval(values, rng) for values in by_scenario]
        pick: Callable[..., tuple[float, float, float]] = min if part.minimum else max
        value, low, high = pick(rows, key=lambda row: row[0])
        met = low >= part.bound if part.minimum else high <= part.bound
        row = {"value": value, "low95": low, "high95": high, "target": part.bound, "met": bool(met)}
        row["worlds"] = min(len(values) for values in by_scenario)
        target = targets.setdefault(part.target, {"met": True, "parts": {}})
        parts = target["parts"]
        assert isinstance(parts, dict)  # noqa: S101 -- for the type checker: it was made one line above
        parts[part.name] = row
        slack = (value - part.bound) * (1 if part.minimum else -1) / max(abs(part.bound), 1e-9)
        if "value" not in target or slack < float(str(target["slack"])):
            target |= {key: row[key] for key in ("value", "low95", "high95", "target")} | {"slack": slack}
        target["met"] = bool(target["met"]) and met
    for target in targets.values():
        target.pop("slack", None)
    return targets


def _values(outcomes: Sequence[Outcome], part: Part) -> list[list[float]]:
    """The measurement in each world, by scenario."""
    by_scenario: dict[str, list[float]] = {}
    for outcome in outcomes:
        names = outcome.scenario.split("+")
        for pattern in part.scenarios:
            for name in (name for name in names if _matches(name, pattern)):
                value = _value(outcome, part.measurement)
                if value is not None:
                    by_scenario.setdefault(name, []).append(value)
    return list(by_scenario.values())


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
