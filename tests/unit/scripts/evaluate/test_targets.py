from scripts.commands.evaluate.outcome import Outcome
from scripts.commands.evaluate.targets import score, worst_first


def worlds_with(scenario, **measured):
    counts = {len(values) for values in measured.values()}
    assert len(counts) == 1
    names = {name.replace("__", "."): values for name, values in measured.items()}
    return [
        Outcome(20 + seed, scenario, {name: values[seed] for name, values in names.items()})
        for seed in range(counts.pop())
    ]


def test_a_target_is_met_only_when_its_interval_clears_the_bound():
    sure = score(worlds_with("S1", clone__recall5=[0.9, 0.91, 0.92]))["T2"]["parts"]["recall5"]
    unsure = score(worlds_with("S1", clone__recall5=[0.7, 0.95, 0.95]))["T2"]["parts"]["recall5"]
    assert sure["met"]
    assert unsure["value"] > 0.85
    assert not unsure["met"]


def test_variants_and_stresses_are_measured_by_the_same_bound_and_asked_of_none():
    outcomes = [
        *worlds_with("S1", clone__recall5=[0.95, 0.95]),
        *worlds_with("S1-shop", clone__recall5=[0.4, 0.6]),
        *worlds_with("S1@unplaced", clone__recall5=[0.1, 0.3]),
    ]
    target = score(outcomes)["T2"]
    assert (target["met"], target["met_everywhere"], target["value"]) == (True, False, 0.95)
    scenarios = target["parts"]["recall5"]["scenarios"]
    assert {name: row["value"] for name, row in scenarios.items()} == {"S1": 0.95, "S1-shop": 0.5, "S1@unplaced": 0.2}


def test_the_worst_world_comes_first_with_its_seed():
    outcomes = [
        *worlds_with("S0", false_alerts=[1.0, 9.0]),
        *worlds_with("S1", clone__recall5=[0.8, 0.9]),
        *worlds_with("S1@unplaced", clone__recall5=[0.5, 0.1]),
    ]
    rows = [(part, scenario, row["worst_world"]) for _, part, scenario, row in worst_first(score(outcomes))]
    assert rows == [("clean_alerts", "S0", 21), ("recall5", "S1@unplaced", 21), ("recall5", "S1", 20)]


def test_a_bound_that_no_judge_can_reach_is_said_with_the_reason():
    few = {"clone__precision5": [0.4, 0.42], "clone__precision5_most": [0.45, 0.46]}
    row = score(worlds_with("S1-M20", **few))["T4"]["parts"]["m20_precision5"]
    assert row["most"] == 0.455
    assert "so few codes" in row["why"]
