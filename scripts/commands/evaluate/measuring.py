"""Measuring what a judge found in one world against the truth (section 3.3 of the reference)."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median

import numpy as np

from firmware_sim.population.columns import Floats, Step
from firmware_sim.population.draft import Crime
from firmware_sim.population.network import DEALER
from firmware_sim.population.world import World, scanned
from firmware_sim.world.scenario import Scenario
from scripts.commands.evaluate.judge_protocol import Alert, Judge

BUDGETS = (1, 5, 20)
"""False alerts per 10,000 scanned genuine items at which recall is read off."""

RIGHT_KIND: Mapping[Scenario, frozenset[str]] = {
    Scenario.CLONE: frozenset({"copied"}),
    Scenario.HOME: frozenset({"copied"}),
    Scenario.EARLY: frozenset({"copied"}),
    Scenario.ADAPTIVE: frozenset({"copied"}),
    Scenario.THEFT: frozenset({"stolen"}),
    Scenario.DIVERSION: frozenset({"diverted"}),
    Scenario.INSIDER: frozenset({"diverted", "device"}),
    Scenario.REFILL: frozenset({"refilled", "copied"}),
    Scenario.DUMPING: frozenset({"dumping"}),
    Scenario.CLOCK: frozenset({"device"}),
}
"""Which kinds are the right answer. A refilled unit is one more object under its code: both words are true of it."""

_DAY_US = 86_400_000_000
_PLACED_M = 50_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """One world's measurements by name.

    ``curve`` is recall by false alerts per 10,000; ``stated`` holds pairs of the probability that the judge stated and
    whether it was so; ``waits`` the copies' handsets until an alert; ``baselines`` rates and recalls of other rules.
    """

    seed: int
    scenario: str
    values: Mapping[str, float]
    curve: tuple[tuple[float, float], ...] = ()
    stated: tuple[tuple[float, bool], ...] = ()
    waits: tuple[int, ...] = ()
    baselines: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)


def measure(world: World, judge: Judge, alert_at: float, watch_at: float) -> Outcome:
    """All measurements of a world that ``judge`` has been shown. Scores from ``alert_at`` on are alerts."""
    found = judge.findings()
    items = {alert.members[0]: alert for alert in found if alert.subject.startswith("item/")}
    genuine = scanned(world)
    peaks = np.array([_peak(items.get(int(item))) for item in genuine])
    finals = np.sort(np.array([_score(items.get(int(item))) for item in genuine]))[::-1]
    values: dict[str, float] = {
        "genuine": len(genuine),
        "false_alerts": 1e4 * float((peaks >= alert_at).mean()),
        "false_watches": 1e4 * float((peaks >= watch_at).mean()),
    }
    limits = {budget: _limit(finals, budget) for budget in BUDGETS}
    dealers = len(world.sites.of_kind(DEALER))
    values |= _false_lanes(world, found, dealers)
    curve: tuple[tuple[float, float], ...] = ()
    stated: list[tuple[float, bool]] = []
    waits: tuple[int, ...] = ()
    for number, crime in enumerate(world.crimes):
        name = crime.scenario.name.lower()
        hits = _touched(world, number, crime)
        if hits and crime.scenario not in (Scenario.CLOCK, Scenario.REPLAY):
            more, curve, waits = _recall(world, items, hits, limits, finals)
            values |= {f"{name}.{key}": value for key, value in more.items()}
            right = [
                items[item].kind in RIGHT_KIND[crime.scenario] for item in hits if _score(items.get(item)) > limits[5]
            ]
            if right:
                values[f"{name}.class"] = sum(right) / len(right)
            stated += [(items[i].probability or 0.0, True) for i in hits if i in items]
        values |= {f"{name}.{key}": value for key, value in _special(world, crime, found, hits, judge).items()}
        if crime.scenario is Scenario.EARLY:
            values |= {f"{name}.{key}": value for key, value in _before_sale(world, crime, items, limits[5]).items()}
    stated += [(items[int(i)].probability or 0.0, False) for i in genuine if int(i) in items]
    error = calibration_error(stated)
    if error is not None:
        values["calibration_error"] = error
    return Outcome(world.seed, world.scenario, values, curve, tuple(stated), waits)


def calibration_error(stated: list[tuple[float, bool]], least: float = 0.5) -> float | None:
    """How far stated probabilities from ``least`` on are from what came true, by tenths, weighted by their number."""
    bins: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for probability, true in stated:
        if probability >= least:
            bins[min(int(probability * 10), 9)].append((probability, true))
    total = sum(len(each) for each in bins.values())
    if not total:
        return None
    gaps = (abs(sum(p for p, _ in each) - sum(true for _, true in each)) for each in bins.values())
    return sum(gaps) / total


def _score(alert: Alert | None) -> float:
    return alert.score if alert is not None else 0.0


def _peak(alert: Alert | None) -> float:
    return max(value for _, value in alert.history) if alert is not None and alert.history else _score(alert)


def _limit(scores: Floats, budget: int) -> float:
    """The score that so many of 10,000 genuine items exceed at most."""
    return float(scores[min(int(budget * len(scores) / 1e4), len(scores) - 1)])


def _touched(world: World, number: int, crime: Crime) -> dict[int, int]:
    """Codes of a crime that consumers' phones saw in criminal hands, with the number of those handsets."""
    events = world.events
    mine = (events.ints("actor") == number) & (events.ints("step") >= Step.SCAN) & (events.ints("item") >= 0)
    pairs = {*zip(events.ints("item")[mine].tolist(), events.ints("handset")[mine].tolist(), strict=True)}
    counts: dict[int, int] = defaultdict(int)
    for item, _ in pairs:
        counts[item] += 1
    guilty = set(crime.items.tolist())
    return {item: count for item, count in sorted(counts.items()) if item in guilty}


def _recall(
    world: World, items: Mapping[int, Alert], hits: Mapping[int, int], limits: Mapping[int, float], genuine: Floats
) -> tuple[dict[str, float], tuple[tuple[float, float], ...], tuple[int, ...]]:
    scores = np.array([_score(items.get(item)) for item in hits])
    handsets = np.array(list(hits.values()))
    found = scores > limits[5]
    false = 5 * len(genuine) / 1e4
    values = {f"recall{budget}": float((scores > limit).mean()) for budget, limit in limits.items()}
    values |= {"codes": float(len(hits)), "precision5": float(found.sum() / max(found.sum() + false, 1))}
    for name, wanted in (("1", handsets == 1), ("2", handsets == 2), ("3to4", (handsets >= 3) & (handsets <= 4))):
        if wanted.any():
            values[f"recall5_of_{name}"] = float(found[wanted].mean())
    for least in (3, 5):
        if (handsets >= least).any():
            values[f"recall5_of_{least}plus"] = float(found[handsets >= least].mean())
    for prevalence in (1e-2, 1e-3, 1e-4):
        values[f"pr_auc_{prevalence:g}"] = pr_auc(scores, genuine, prevalence)
    waits, delays = _waits(world, items, hits, limits[5])
    if waits:
        values["handsets_to_alert"] = float(median(waits))
        values["days_to_alert"] = float(median(delays))
    grid = [0.5, 1, 2, 5, 10, 20, 50, 100]
    curve = tuple((each, float((scores > _limit(genuine, each)).mean())) for each in grid)  # type: ignore[arg-type]
    return values, curve, tuple(waits)


def _waits(
    world: World, items: Mapping[int, Alert], hits: Mapping[int, int], limit: float
) -> tuple[list[int], list[float]]:
    """For each code found: how many criminal handsets, and days since the first, until its score was high enough."""
    events = world.events
    mine = (events.ints("scenario") > 0) & (events.ints("handset") >= 0) & np.isin(events.ints("item"), list(hits))
    seen: dict[int, dict[int, int]] = defaultdict(dict)
    columns = (events.ints("item")[mine], events.ints("handset")[mine], events.ints("received")[mine])
    for item, handset, at in zip(*(column.tolist() for column in columns), strict=True):
        seen[item].setdefault(handset, at)
    waits, delays = [], []
    for item in hits:
        alert = items.get(item)
        if alert is None or alert.score <= limit:
            continue
        at = next(moment for moment, value in alert.history if value > limit)
        moments = sorted(seen[item].values())
        waits.append(max(1, sum(moment <= at for moment in moments)))
        delays.append(max(0.0, (at - moments[0]) / _DAY_US))
    return waits, delays


def pr_auc(guilty: Floats, genuine: Floats, prevalence: float) -> float:
    """The area under precision by recall (average precision), genuine and guilty weighted to ``prevalence``."""
    scores = np.concatenate([guilty, genuine])
    weight = np.concatenate(
        [np.full(len(guilty), prevalence / len(guilty)), np.full(len(genuine), (1 - prevalence) / len(genuine))]
    )
    truth = np.concatenate([np.ones(len(guilty)), np.zeros(len(genuine))])
    order = np.argsort(-scores, kind="stable")
    # Equal scores are one step of the curve: no order among them may help.
    edges = np.flatnonzero(np.diff(scores[order], append=-np.inf))
    hit = np.cumsum((weight * truth)[order])[edges]
    every = np.cumsum(weight[order])[edges]
    recall = hit / prevalence
    return float(np.sum(np.diff(recall, prepend=0.0) * hit / every))


def _false_lanes(world: World, found: list[Alert], dealers: int) -> dict[str, float]:
    """Lanes flagged that no crime used, per 500 lanes and month."""
    first = world.sites.first_dealer
    criminal = set()
    for crime in world.crimes:
        homes = {crime.dealer - first} if crime.dealer >= 0 else set((world.items.dealer[crime.items] - first).tolist())
        criminal |= {f"lane/{home}/{market}" for home in homes for market in crime.markets}
    wrong = sum(alert.subject.startswith("lane/") and alert.subject not in criminal for alert in found)
    months = world.settings.goods.horizon_days / 30
    return {"false_lanes": wrong / (dealers * (dealers - 1)) * 500 / months}


def _special(world: World, crime: Crime, found: list[Alert], hits: Mapping[int, int], judge: Judge) -> dict[str, float]:
    """What only one kind of crime is measured by."""
    by_subject = {alert.subject: alert for alert in found}
    values: dict[str, float] = {}
    first = world.sites.first_dealer
    if crime.dealer >= 0 and crime.scenario is not Scenario.HOME and hits:
        lanes = [by_subject.get(f"lane/{crime.dealer - first}/{market}") for market in crime.markets]
        named = [lane for lane in lanes if lane is not None]
        values["lanes_found"] = len(named) / len(lanes)
        values["scans"] = float(len(hits))
        if named:
            values["lane_class"] = sum(lane.kind in RIGHT_KIND[crime.scenario] for lane in named) / len(named)
            values["incidents"] = float(len({lane.kind for lane in named}))
    if crime.scenario is Scenario.THEFT:
        rolls = [alert for alert in found if alert.subject.startswith("roll/")]
        values["roll_after"] = min((alert.details["surfaced"] for alert in rolls), default=99.0)
        values["incidents"] = float(len(rolls))
    if crime.scenario is Scenario.ENUMERATION:
        blocked = [alert for alert in found if alert.subject.startswith("source/")]
        guilty = {f"source/{address}" for address in _addresses(world)}
        values["blocked"] = len([a for a in blocked if a.subject in guilty]) / max(len(guilty), 1)
        values["probes"] = max((a.details["probes"] for a in blocked if a.subject in guilty), default=1e9)
        values["honest_blocked"] = float(len([a for a in blocked if a.subject not in guilty]))
    if crime.scenario is Scenario.REPLAY:
        replayed = np.flatnonzero(world.events.ints("scenario") == Scenario.REPLAY)
        values["rejected"] = float(np.isin(replayed, judge.set_aside()).mean())
    if crime.scenario is Scenario.CLOCK:
        values["named"] = float(any(f"reader/{device}" in by_subject for device in crime.devices))
        accused = [a for a in found if a.level == "alert" and a.subject.startswith("item/")]
        affected = set(crime.items.tolist())
        values["leaked_per_100"] = 100 * sum(a.members[0] in affected for a in accused) / max(len(affected), 1)
    if crime.scenario is Scenario.DUMPING:
        clusters = [by_subject.get(f"dumping/{market}") for market in crime.markets]
        values["units_to_find"] = min((c.details["units"] for c in clusters if c is not None), default=99.0)
        wrong = [a for a in found if a.subject.startswith("dumping/") and a not in clusters]
        values["false_clusters"] = float(len(wrong))
    return values


def _before_sale(world: World, crime: Crime, items: Mapping[int, Alert], limit: float) -> dict[str, float]:
    """Of copies that were scanned before a till sold the genuine item: how many were known a day after the sale.

    The day counts from the arrival of the till's event: what a gateway has not heard of it can't act upon. ``placed``
    is the share of these copies that a phone looked at by then whose place was known to 50 km: hardly more can be.
    """
    events, guilty = world.events, set(crime.items.tolist())
    mine = np.isin(events.ints("item"), crime.items)
    first: dict[int, int] = {}
    sold: dict[int, int] = {}
    placed: dict[int, int] = {}
    columns = [events.ints(name)[mine].tolist() for name in ("item", "true_at", "received", "step", "scenario")]
    radii = events.floats("radius_m")[mine].tolist()
    for item, at, received, step, scenario, radius_m in zip(*columns, radii, strict=True):
        if scenario == Scenario.EARLY and step == Step.SCAN:
            first[item] = min(first.get(item, at), at)
            if radius_m <= _PLACED_M:
                placed[item] = min(placed.get(item, received), received)
        elif step == Step.SELLING:
            sold[item] = min(sold.get(item, received), received)
    due = [item for item in sorted(guilty) if item in sold and first.get(item, sold[item]) < sold[item]]
    if not due:
        return {}
    known = 0
    for item in due:
        alert = items.get(item)
        history = alert.history if alert is not None else ()
        known += any(at <= sold[item] + _DAY_US and value > limit for at, value in history)
    in_time = sum(item in placed and placed[item] <= sold[item] + _DAY_US for item in due)
    return {
        "before_sale": known / len(due),
        "before_sale_placed": in_time / len(due),
        "before_sale_codes": float(len(due)),
    }


def _addresses(world: World) -> set[int]:
    events = world.events
    return set(events.ints("address")[events.ints("scenario") == Scenario.ENUMERATION].tolist())
