"""Plays worlds through the gateway itself, and measures what both families of alerts cost and find."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from firmware_sim.population.columns import Step
from firmware_sim.population.settings import Settings
from firmware_sim.population.world import World, scanned, worlds
from gateway.evidence.suspicion import SuspectedItem
from scripts.commands.evaluate.gateway_path_judge import ALERT, WATCH, GatewayJudge, is_assessed
from scripts.commands.evaluate.gateway_path_store import PlayedStores, played_stores
from scripts.commands.evaluate.measuring import measure
from scripts.commands.evaluate.outcome import Outcome
from scripts.commands.evaluate.playing import play_through

ITEMS = 10_000
"""Items a world, unless told otherwise: each event goes through PostgreSQL, which takes some 0.3 ms."""

RULE = "false_alerts.rule."
"""Measurements that begin so count the false alerts of one rule."""
ACCUSED = "accused."
"""Measurements that begin so count what a rule raised an alert about: lanes, readers, products, not items."""


@dataclass(frozen=True, slots=True)
class GatewayPlan:
    """How worlds go through the gateway: assessed every so many days, with or without mandates for dealers."""

    assess_days: int = 1
    mandates: bool = True


def play_seed_by_gateway(
    settings: Settings, scenarios: tuple[str, ...], plan: GatewayPlan, seed: int
) -> Iterator[tuple[Outcome, int, float]]:
    """One seed's outcomes, each with its number of events and the gateway's seconds."""
    with played_stores() as stores:
        for world in worlds(settings.of_seed(seed), seed, scenarios):
            yield play_world(world, stores, plan)


def play_world(world: World, stores: PlayedStores, plan: GatewayPlan) -> tuple[Outcome, int, float]:
    """One world's outcome, with its number of events and the gateway's seconds, assessing included."""
    with (
        stores.fresh() as store,
        GatewayJudge(world, store, plan.assess_days, mandates=plan.mandates) as judge,
    ):
        started = time.monotonic()
        play_through(world, judge)
        judge.findings()
        seconds = time.monotonic() - started
        outcome = measure(world, judge, ALERT, WATCH)
        values = dict(outcome.values) | false_alerts(world, judge) | recall_at_alert(world, judge)
        values |= {f"{ACCUSED}{rule}": float(number) for rule, number in judge.accused.items()}
        values |= {"opened_incidents": float(judge.incidents()), "claims_share": judge.claims_share()}
        values |= {"path_events_per_s": len(world.events) / max(seconds, 1e-9)}
        return replace(outcome, values=values), len(world.events), seconds


def false_alerts(world: World, judge: GatewayJudge) -> dict[str, float]:
    """Genuine scanned items that ever had an alert, per 10,000: of either family, of each, and of each rule."""
    genuine = set(scanned(world).tolist())
    by_rule: Counter[str] = Counter()
    families = {"evidence": set[int](), "rules": set[int]()}
    for subject, rules in judge.rules.items():
        if isinstance(subject, SuspectedItem) and subject.item in genuine:
            by_rule.update(rules)
            for rule in rules:
                families["evidence" if is_assessed(rule) else "rules"].add(subject.item)
    per_10k = 1e4 / max(len(genuine), 1)
    values = {f"false_alerts.{family}": len(items) * per_10k for family, items in families.items()}
    values["false_alerts"] = len(set().union(*families.values())) * per_10k
    return values | {RULE + rule: number * per_10k for rule, number in sorted(by_rule.items())}


def recall_at_alert(world: World, judge: GatewayJudge) -> dict[str, float]:
    """By crime: of its items that a phone scanned in criminal hands, the share that ever had an alert of a family."""
    events = world.events
    scanned_item = (events.ints("step") >= Step.SCAN) & (events.ints("item") >= 0)
    values: dict[str, float] = {}
    for number, crime in enumerate(world.crimes):
        mine = scanned_item & (events.ints("actor") == number) & np.isin(events.ints("item"), crime.items)
        items = set(events.ints("item")[mine].tolist())
        raised = [judge.rules.get(SuspectedItem(item), set()) for item in items]
        if items:
            label = crime.scenario.label
            values[f"{label}.recall_alert"] = sum(map(bool, raised)) / len(items)
            values[f"{label}.recall_alert.evidence"] = sum(any(map(is_assessed, own)) for own in raised) / len(items)
            values[f"{label}.recall_alert.rules"] = sum(any(map(_is_ruled, own)) for own in raised) / len(items)
    return values


def _is_ruled(rule: str) -> bool:
    return not is_assessed(rule)


def rule_costs(means: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float]]:
    """By rule the mean false alerts per 10,000, by scenario."""
    costs: dict[str, dict[str, float]] = {}
    for scenario, values in means.items():
        for name, value in values.items():
            if name.startswith(RULE):
                costs.setdefault(name.removeprefix(RULE), {})[scenario] = value
    return costs
