"""Rules of products and papers on the same events, for comparison: B0 to B9 (docs/detection.md#baselines)."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from math import log

import numpy as np

from firmware_sim.population.columns import Floats, Ints, Step
from firmware_sim.population.world import World, scanned
from gateway.evidence.geometry import apart_km
from gateway.evidence.item import HOUR_US, Scan
from schemas.geodesy import least_travel_hours
from scripts.commands.evaluate.forest import isolation_scores
from scripts.commands.evaluate.judge_protocol import registry_of
from scripts.commands.evaluate.memory_store import MemoryStore

Rule = Callable[[Sequence[Scan], float], float]
"""Scores an item's scans, in order of time, and its farthest scan's km outside the territory; above 0 is an alert."""


def first_scan_wins(scans: Sequence[Scan], _: float) -> float:
    """B0: any scan after the first (首次查询)."""
    return float(len(scans) - 1)


def other_handset(scans: Sequence[Scan], _: float) -> float:
    """B1: another handset than the first."""
    return float(len({scan.handset for scan in scans}) - 1)


def more_than_three(scans: Sequence[Scan], _: float) -> float:
    """B2: more than three scans."""
    return float(len(scans) - 3)


def off_territory(_: Sequence[Scan], km: float) -> float:
    """B3: a scan more than 30 km outside the dealer's territory."""
    return km - 30


def two_places_in_an_hour(scans: Sequence[Scan], _: float) -> float:
    """B4: two different positions within an hour, whatever their error."""
    pairs = pairwise(scans)
    return float(sum(b.at - a.at < HOUR_US and apart_km(a, b) > 0.001 for a, b in pairs))


def faster_than_805(scans: Sequence[Scan], _: float) -> float:
    """B5: faster than 805 km/h between two scans, whatever their error."""
    return max((_speed(a, b) - 805 for a, b in pairwise(scans)), default=-1.0)


def fast_or_frequent(scans: Sequence[Scan], _: float) -> float:
    """B6: faster than 1000 km/h, or more than 10 scans by more than 5 handsets."""
    fast = max((_speed(a, b) for a, b in pairwise(scans)), default=0.0) - 1000
    many = min(len(scans) - 10, len({scan.handset for scan in scans}) - 5)
    return max(fast, float(many))


def impossible(scans: Sequence[Scan], _: float) -> float:
    """B7: farther apart than anything travels in the time, after allowing for the full errors of places and clocks."""
    worst = -1.0
    for a, b in pairwise(scans):
        if a.handset == b.handset or max(a.radius_km, b.radius_km) > 50:
            continue
        km = apart_km(a, b) - a.radius_km - b.radius_km
        if km > 50:
            hours = (b.at - a.at) / HOUR_US + (a.bound_s + b.bound_s) / 3600
            worst = max(worst, least_travel_hours(km) - hours)
    return worst


RULES: Mapping[str, Rule] = {
    "B0": first_scan_wins,
    "B1": other_handset,
    "B2": more_than_three,
    "B3": off_territory,
    "B4": two_places_in_an_hour,
    "B5": faster_than_805,
    "B6": fast_or_frequent,
    "B7": impossible,
}


def baselines(world: World) -> dict[str, tuple[float, float, float]]:
    """Of every baseline: false alerts per 10,000 and recall at its own limit, and recall at 5 per 10,000.

    B8 and B9 have no limit of their own: for these all three numbers are at 5 per 10,000.
    """
    sites = world.sites
    store = MemoryStore(registry_of(world).sites)
    store.take(world.events.seen())
    genuine = set(scanned(world).tolist())
    events = world.events
    criminal = events.ints("item")[(events.ints("scenario") > 0) & (events.ints("step") == Step.SCAN)]
    guilty = set(criminal.tolist()) - genuine - {-1}
    items = sorted(genuine | guilty)
    scores: dict[str, Floats] = {name: np.empty(len(items)) for name in RULES}
    features = np.zeros((len(items), 6))
    steps: list[list[str]] = []
    for row, item in enumerate(items):
        scans = sorted(store.scans(item))
        marks = sorted(store.marks(item))
        dealer = next((mark for mark in reversed(marks) if mark.kind == "dealer"), None)
        km = 0.0
        if dealer is not None and scans:
            km = max(apart_km(dealer, scan) for scan in scans) - sites.registered_km
        for name, rule in RULES.items():
            scores[name][row] = rule(scans, km)
        handsets = len({scan.handset for scan in scans})
        spread = max((apart_km(scans[0], scan) for scan in scans), default=0.0)
        span = scans[-1].at - scans[0].at if scans else 0
        rough = max((int(scan.fix) for scan in scans), default=0)
        features[row] = (len(scans), handsets, max(km, 0), spread, span / HOUR_US, rough)
        where = ["home" if km <= 30 else "away"] * bool(scans)
        steps.append([*(f"{mark.kind}/{mark.step}" for mark in marks), *where, *["again"] * (handsets - 1)])
    scores["B8"] = _path_scores(steps)
    scores["B9"] = isolation_scores(np.log1p(features), np.random.default_rng(world.seed))
    innocent = np.array([item in genuine for item in items])
    return {name: _rates(values, innocent, own=name in RULES) for name, values in scores.items()}


def _rates(scores: Floats, innocent: Ints, *, own: bool) -> tuple[float, float, float]:
    honest, guilty = np.sort(scores[innocent])[::-1], scores[~innocent]
    limit = float(honest[int(5 * len(honest) / 1e4)])
    at_budget = float((guilty > limit).mean()) if len(guilty) else 0.0
    if not own:
        return 5.0, at_budget, at_budget
    return 1e4 * float((honest > 0).mean()), float((guilty > 0).mean()) if len(guilty) else 0.0, at_budget


def _path_scores(paths: Sequence[Sequence[str]]) -> Floats:
    """B8: minus the log-likelihood of an item's path under a Markov chain fitted to all of them."""
    moves: Counter[tuple[str, str]] = Counter()
    leaves: Counter[str] = Counter()
    for path in paths:
        for here, there in zip(["", *path], [*path, "end"], strict=True):
            moves[here, there] += 1
            leaves[here] += 1
    states = len(leaves) + 1
    return np.array(
        [
            -sum(
                log((moves[here, there] + 1) / (leaves[here] + states))
                for here, there in zip(["", *path], [*path, "end"], strict=True)
            )
            for path in paths
        ]
    )


def _speed(a: Scan, b: Scan) -> float:
    hours = (b.at - a.at) / HOUR_US
    return apart_km(a, b) / hours if hours > 0 else 0.0
