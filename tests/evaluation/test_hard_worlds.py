"""Floors on worlds as hard as the evaluation's own: shared networks, regular customers, scans without places.

Each number stands beside what was measured there; chance does not break a floor, a broken part does.
"""

import pytest

from firmware_sim.population.settings import load_settings
from firmware_sim.population.world import worlds
from gateway.evidence.model import fitted_model
from scripts.commands.evaluate.evidence_judge import EvidenceJudge
from scripts.commands.evaluate.judge_protocol import registry_of
from scripts.commands.evaluate.measuring import measure
from scripts.commands.evaluate.playing import play_through

HARD = load_settings().with_values({"goods.items": 20_000})
SEED = 20


@pytest.mark.parametrize(
    ("scenario", "least_found"),
    [("S1", 0.5), ("S1@no_file", 0.25)],  # 0.707 and 0.432
)
def test_copies_are_found_where_most_scans_say_little_and_hardly_anybody_is_accused_wrongly(scenario, least_found):
    world = next(iter(worlds(HARD.of_seed(SEED), SEED, [scenario])))
    judge, limits = EvidenceJudge(registry_of(world), fitted_model()), fitted_model().thresholds
    raised = play_through(world, judge)
    values = measure(world, judge, limits["alert"], limits["watch"], raised).values
    assert values["clone.recall_alert"] >= least_found
    assert values["false_raised"] <= 10  # of 3,200 items one, and none
    assert values["clone.lanes_found"] >= 0.5
