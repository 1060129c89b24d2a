"""Plays the worlds of one seed through a judge and measures each: the work of one process."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from firmware_sim.population.settings import Settings
from firmware_sim.population.world import World, worlds
from firmware_sim.population.world_time import DAY_US
from gateway.evidence.model import fitted_model
from scripts.commands.evaluate.baselines import baselines
from scripts.commands.evaluate.evidence_judge import EvidenceJudge
from scripts.commands.evaluate.judge_protocol import Judge, registry_of
from scripts.commands.evaluate.localising import leak_rates
from scripts.commands.evaluate.measuring import measure
from scripts.commands.evaluate.outcome import Outcome
from scripts.commands.evaluate.playing import play_through
from scripts.commands.evaluate.rules_judge import RulesJudge

JUDGES = ("evidence", "rules")

ATTACKS = (
    "S1 S1-F5 S1-F100 S1-M20 S1-travel S2 S2-unscanned S3-F20 S3-F100 S3-F20-pairs S3-F100-pairs S4 S5 S5-10 S5-travel"
    " S6 S7 S7-spread S8 S8-late S9 S9-pairs S10 S11 S12"
).split()


@dataclass(frozen=True, slots=True)
class Plan:
    """What to play for each seed, and by which judge."""

    settings: Settings
    scenarios: tuple[str, ...]
    judge: str = "evidence"
    without: frozenset[str] = frozenset()
    baselines: bool = False
    order_check: bool = True


def scenarios_of(settings: Settings, names: Sequence[str]) -> tuple[str, ...]:
    """Whole scenario names: those given, or the clean world, its stresses and the attacks."""
    if not names:
        return ("S0", *(f"S0-{name}" for name in settings.stresses), *ATTACKS)
    stresses = tuple(f"S0-{name}" for name in settings.stresses)
    whole: list[str] = []
    for name in names:
        whole += stresses if name == "stresses" else [name]
    # Worlds with the same honest part stand together, so that it is made only once.
    return tuple(dict.fromkeys(whole))


def play_seed(plan: Plan, seed: int) -> Iterator[tuple[Outcome, int, float]]:
    """One seed's outcomes, each with its number of events and the judge's seconds."""
    checked = False
    for world in worlds(plan.settings.of_seed(seed), seed, plan.scenarios):
        judge = new_judge(plan, world)
        started = time.process_time()
        play_through(world, judge)
        seconds = time.process_time() - started
        limits = fitted_model().thresholds
        alert, watch = (limits["alert"], limits["watch"]) if plan.judge == "evidence" else (2.0, 1.0)
        outcome = measure(world, judge, alert, watch)
        more = {"events_per_s": len(world.events) / max(seconds, 1e-9)}
        if world.scenario == "S1":
            more |= leak_rates(world)
            if plan.order_check and not checked:
                more["order_free"] = float(order_free(plan, world, judge))
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


def order_free(plan: Plan, world: World, judge: Judge) -> bool:
    """Whether the same findings come of the same days when each day's events arrive in another order (T14).

    Moments of detection lie at the end of a day, and are compared too.
    """
    other = new_judge(plan, world)
    rng = np.random.default_rng(world.seed)
    day = world.events.ints("received") // DAY_US
    mixed = np.lexsort((rng.random(len(day)), day))
    shuffled = replace(world, events=world.events.take(mixed))
    play_through(shuffled, other)
    return repr(judge.findings()) == repr(other.findings())
