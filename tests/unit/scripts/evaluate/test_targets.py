from scripts.commands.evaluate.outcome import Outcome
from scripts.commands.evaluate.targets import score


def test_a_target_is_met_only_when_its_interval_clears_the_bound():
    def worlds_with(*recalls):
        values = ({"clone.recall5": recall, "clone.precision5": 0.9} for recall in recalls)
        return [Outcome(seed, "S1", measured) for seed, measured in enumerate(values)]

    sure = score(worlds_with(0.9, 0.91, 0.92))["T2"]["parts"]["recall5"]
    unsure = score(worlds_with(0.7, 0.95, 0.95))["T2"]["parts"]["recall5"]
    assert sure["met"]
    assert unsure["value"] > 0.85
    assert not unsure["met"]
