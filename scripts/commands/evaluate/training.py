"""Fits the model of gateway.evidence: tables counted on unlabelled worlds, then thresholds for budgets of alerts."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial

import numpy as np

from firmware_sim.population.columns import Step
from firmware_sim.population.settings import Settings
from firmware_sim.population.world import worlds
from gateway.evidence.model import Model
from gateway.evidence.scorer import ALERTS_PER_10K
from gateway.evidence.suspicion import SuspectedItem
from scripts.commands.evaluate.evidence_judge import EvidenceJudge
from scripts.commands.evaluate.fact_counts import Counts, count
from scripts.commands.evaluate.fitting import model_of
from scripts.commands.evaluate.judge_protocol import registry_of
from scripts.commands.evaluate.playing import play_through

WATCHES_PER_10K = 13.0
"""Of 10,000 honest items so many exceed the watch threshold; as gateway.evidence.scorer.ALERTS_PER_10K for alerts."""
LEAST_ALERT = 4.0
"""The alert threshold is no lower: weaker evidence accuses nobody, however few honest items have it."""
TAIL = (0.25, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 400)
"""Of 10,000 honest items so many exceed each score of the model's ``tail``."""


def fit(settings: Settings, seeds: Sequence[int], threshold_seeds: Sequence[int], jobs: int) -> Model:
    """The model fitted to the clean worlds of these seeds, its thresholds chosen on those of others."""
    with ProcessPoolExecutor(jobs) as pool:
        total = Counts()
        for counts in pool.map(partial(_counts, settings), seeds):
            total.add(counts)
        provenance = {
            "worlds": f"{min(seeds)}-{max(seeds)}",
            "threshold_worlds": f"{min(threshold_seeds)}-{max(threshold_seeds)}",
            "scenario": "S0, labels not read",
            "items_a_world": settings.goods.items,
            "items_looked_at": total.honest.households.total(),
            "fitted_by": "scripts/evaluate --fit",
        }
        model = model_of(total, {"alert": LEAST_ALERT, "watch": LEAST_ALERT, "kept": 1.0}, provenance)
        half = (len(threshold_seeds) + 1) // 2
        # What strangers alone can't raise above the least threshold they can't raise above any higher one.
        first = list(pool.map(partial(_scores, settings, model), threshold_seeds[:half]))
        alert = max(LEAST_ALERT, round(_exceeded(first, ALERTS_PER_10K), 2))
        model = replace(model, thresholds={**model.thresholds, "alert": alert})
        judged = list(pool.map(partial(_scores, settings, model), threshold_seeds[half:] or threshold_seeds))
    watch = min(round(_exceeded(judged, WATCHES_PER_10K), 2), alert)
    tail = tuple((number, _exceeded(judged, number)) for number in TAIL)
    return replace(model, thresholds={**model.thresholds, "watch": watch}, tail=tail)


def _exceeded(judged: Sequence[tuple[int, list[float]]], per_10k: float) -> float:
    """The score that so many of 10,000 items exceed; the least that is kept where fewer have any."""
    scores = sorted((score for _, of_world in judged for score in of_world), reverse=True)
    rank = int(sum(looked_at for looked_at, _ in judged) * per_10k / 1e4)
    return scores[rank] if rank < len(scores) else 1.0


def _counts(settings: Settings, seed: int) -> Counts:
    world = next(iter(worlds(settings.of_seed(seed), seed, ["S0"])))
    return count(world, seed)


def _scores(settings: Settings, model: Model, seed: int) -> tuple[int, list[float]]:
    """How many items of a clean world phones have scanned, and the scores of those that have any."""
    world = next(iter(worlds(settings.of_seed(seed), seed, ["S0"])))
    judge = EvidenceJudge(registry_of(world), model)
    play_through(world, judge)
    events = world.events
    scanned = np.unique(events.ints("item")[(events.ints("step") >= Step.SCAN) & (events.ints("item") >= 0)])
    # The highest score that each item ever had: an alert that is taken back later has been raised all the same.
    return len(scanned), [
        max(value for _, value in alert.history)
        for alert in judge.findings()
        if isinstance(alert.subject, SuspectedItem)
    ]
