"""The rules as a judge of worlds: lanes are counted, and a scan without a place proves nothing."""

from firmware_sim.population.world import worlds
from scripts.commands.evaluate.judge_protocol import registry_of
from scripts.commands.evaluate.measuring import measure
from scripts.commands.evaluate.playing import play_through
from scripts.commands.evaluate.rules_judge import RulesJudge
from tests.support.mild_worlds import mild_settings

SMALL = mild_settings(goods__items=6_000, diversion__share=0.5).of_seed(4).with_values({"network.dealers": 6})


def judged(scenario):
    world = next(iter(worlds(SMALL, 4, [scenario])))
    judge = RulesJudge(registry_of(world))
    raised = play_through(world, judge)
    return measure(world, judge, 2.0, 1.0, raised).values


def test_a_lane_of_diverted_goods_stands_out_by_the_rule_on_lanes():
    values = judged("S5")
    assert values["diversion.lanes_found"] == 1
    assert values["false_lanes"] == 0


def test_goods_that_are_scanned_without_a_place_are_in_no_lane():
    assert judged("S5@unplaced")["diversion.lanes_found"] == 0
