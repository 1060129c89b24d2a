"""The floor below which detection must not fall: small worlds, bounds well clear of what is measured on them.

Each number stands beside what ``scripts/evaluate --worlds 0 --items 30000`` measures. Chance does not break a floor; a
broken part does.
"""

import pytest

from firmware_sim.population.world import worlds
from gateway.evidence.model import fitted_model
from scripts.commands.evaluate.evidence_judge import EvidenceJudge
from scripts.commands.evaluate.judge_protocol import registry_of
from scripts.commands.evaluate.localising import leak_rates
from scripts.commands.evaluate.measuring import measure
from scripts.commands.evaluate.playing import days
from tests.support.mild_worlds import mild_settings

SMALL = mild_settings(goods__items=30_000)

AT_LEAST = {
    ("S1", "clone.recall5"): (0.75, 0.896),
    ("S1", "clone.class"): (0.9, 1.0),
    ("S1", "clone.lanes_found"): (1.0, 1.0),
    ("S1", "clone.leak_top1"): (0.8, 1.0),
    ("S1", "clone.leak_covered"): (0.85, 1.0),
    ("S1-F100", "clone.recall5"): (0.95, 1.0),
    ("S2", "early.before_sale"): (0.55, 0.672),
    ("S2", "early.recall5"): (0.5, 0.596),
    ("S3-F100", "home.recall5"): (0.9, 1.0),
    ("S4", "theft.recall5"): (0.95, 1.0),
    ("S4", "theft.precision5"): (0.85, 0.978),
    ("S7", "enumeration.blocked"): (1.0, 1.0),
}
AT_MOST = {
    ("S0", "false_alerts"): (25.0, 11.5),
    ("S0", "false_watches"): (90.0, 45.9),
    ("S0", "false_lanes"): (0.5, 0.0),
    ("S1", "calibration_error"): (0.1, 0.028),
    ("S1", "clone.handsets_to_alert"): (3.0, 2.0),
    ("S4", "theft.roll_after"): (10.0, 5.0),
    ("S7", "enumeration.honest_blocked"): (5.0, 3.0),  # shops whose scanner garbles all that it reads
    ("S10", "dumping.false_clusters"): (0.0, 0.0),
    ("S10", "dumping.units_to_find"): (12.0, 6.0),
}
"""By scenario and measurement: the bound, and what is measured."""


@pytest.fixture(scope="module")
def measured():
    """Measurements by scenario. Worlds with the same honest part stand together, so that it is made only once."""
    limits = fitted_model().thresholds
    names = list(dict.fromkeys(scenario for scenario, _ in [*AT_MOST, *AT_LEAST]))
    measurements = {}
    for world in worlds(SMALL.of_seed(0), 0, names):
        judge = EvidenceJudge(registry_of(world), fitted_model())
        for events in days(world.events):
            judge.observe(events)
        values = measure(world, judge, limits["alert"], limits["watch"]).values
        measurements[world.scenario] = values | (leak_rates(world) if world.scenario == "S1" else {})
    return measurements


def test_a_dealer_who_diverts_whole_cases_stands_out():
    world = next(iter(worlds(SMALL.of_seed(2), 2, ["S5-10"])))
    judge = EvidenceJudge(registry_of(world), fitted_model())
    for events in days(world.events):
        judge.observe(events)
    limits = fitted_model().thresholds
    values = measure(world, judge, limits["alert"], limits["watch"]).values
    assert (values["diversion.lanes_found"], values["false_lanes"]) == (1, 0)


@pytest.mark.parametrize(("scenario", "name"), AT_LEAST)
def test_what_is_found_does_not_fall_below_its_floor(measured, scenario, name):
    assert measured[scenario][name] >= AT_LEAST[scenario, name][0]


@pytest.mark.parametrize(("scenario", "name"), AT_MOST)
def test_what_is_wrongly_accused_does_not_rise_above_its_ceiling(measured, scenario, name):
    assert measured[scenario][name] <= AT_MOST[scenario, name][0]
