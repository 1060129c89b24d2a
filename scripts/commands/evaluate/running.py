"""Plays the worlds of one seed through a judge and measures each: the work of one process."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

from firmware_sim.population.settings import Settings
from firmware_sim.population.world import World, worlds
from gateway.evidence.model import fitted_model
from scripts.commands.evaluate.baselines import baselines
from scripts.commands.evaluate.evidence_judge import EvidenceJudge
from scripts.commands.evaluate.judge_protocol import Judge, registry_of
from scripts.commands.evaluate.localising import leak_rates
from scripts.commands.evaluate.measuring import measure
from scripts.commands.evaluate.order import order_free, same_alerts
from scripts.commands.evaluate.outcome import Outcome
from scripts.commands.evaluate.playing import play_through
from scripts.commands.evaluate.rules_judge import RulesJudge

JUDGES = ("evidence", "rules")


@dataclass(frozen=True, slots=True)
class Plan:
    """What to play for each seed, and by which judge."""

    settings: Settings
    scenarios: tuple[str, ...]
    judge: str = "evidence"
    without: frozenset[str] = frozenset()
    baselines: bool = False
    order_check: bool = True


def play_seed(plan: Plan, seed: int) -> Iterator[tuple[Outcome, int, float]]:
    """One seed's outcomes, each with its number of events and the judge's seconds."""
    checked = False
    for world in worlds(plan.settings.of_seed(seed), seed, plan.scenarios):
        judge = new_judge(plan, world)
        started = time.process_time()
        raised = play_through(world, judge)
        seconds = time.process_time() - started
        limits = fitted_model().thresholds
        alert, watch = (limits["alert"], limits["watch"]) if plan.judge == "evidence" else (2.0, 1.0)
        outcome = measure(world, judge, alert, watch, raised)
        more = {"events_per_s": len(world.events) / max(seconds, 1e-9)}
        if world.scenario == "S1":
            more |= leak_rates(world)
            if plan.order_check and not checked:
                more["order_free"] = float(order_free(world, judge, new_judge(plan, world)))
                more |= same_alerts(world, judge, new_judge(plan, world))
                checked = True
        beside = baselines(world) if plan.baselines and world.crimes else {}
        yield (
            replace(outcome, values=dict(outcome.values) | more, baselines=beside),
            len(world.events),
            seconds,
        )


def new_judge(plan: Plan, world: World) -> Judge:
    """The judge under test, which knows what is registered, as a gateway does."""
    if plan.judge == "rules":
        return RulesJudge(registry_of(world))
    return EvidenceJudge(registry_of(world), fitted_model(), plan.without)
