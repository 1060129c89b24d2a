"""The harness: it plays without labels, counts rightly, and holds the floor below which detection must not fall."""

import json

import numpy as np
import pytest

from firmware_sim.population.settings import load_settings
from firmware_sim.population.world import worlds
from gateway.evidence.model import fitted_model
from scripts.commands.evaluate.charts import line_chart
from scripts.commands.evaluate.command import main
from scripts.commands.evaluate.evidence_judge import EvidenceJudge
from scripts.commands.evaluate.forest import isolation_scores
from scripts.commands.evaluate.judge_protocol import registry_of
from scripts.commands.evaluate.limits import ceiling, even_odds
from scripts.commands.evaluate.measuring import measure
from scripts.commands.evaluate.outcome import Outcome
from scripts.commands.evaluate.playing import days, play_through
from scripts.commands.evaluate.running import Plan, order_free
from scripts.commands.evaluate.score_statistics import calibration_error, pr_auc
from scripts.commands.evaluate.targets import score

SMALL = load_settings().with_values({"goods.items": 20_000, "clone.codes": 40})


def played(scenario: str, without: frozenset[str] = frozenset()):
    world = next(iter(worlds(SMALL.of_seed(2), 2, [scenario])))
    judge = EvidenceJudge(registry_of(world), fitted_model(), without)
    play_through(world, judge)
    limits = fitted_model().thresholds
    return world, judge, measure(world, judge, limits["alert"], limits["watch"]).values


@pytest.fixture(scope="module")
def copied():
    return played("S1")


def test_a_judge_is_shown_every_event_once_and_no_label(copied):
    world = copied[0]
    shown = list(days(world.events))
    assert sum(len(day) for day in shown) == len(world.events)
    assert not {"scenario", "object", "actor", "true_at"} & set(shown[0].columns)


def test_copies_abroad_are_found_and_honest_people_left_alone(copied):
    values = copied[2]
    assert values["clone.recall5"] >= 0.7
    assert values["clone.class"] >= 0.9
    assert values["false_alerts"] <= 20  # of some 3,000 items: six, among them travellers into the lane that stands out


def test_the_order_within_a_day_changes_nothing(copied):
    world, judge, _ = copied
    assert order_free(Plan(SMALL, ("S1",)), world, judge)


def test_stolen_labels_are_known_at_first_sight_and_replays_set_aside():
    _, _, values = played("S4+S6")
    assert values["theft.recall1"] == 1
    assert values["theft.roll_after"] <= 3
    assert values["replay.rejected"] == 1


def test_parts_can_be_left_out(copied):
    _, _, without = played("S1", frozenset({"pooling", "handsets", "tills", "radius", "devices"}))
    assert without["clone.recall5"] < copied[2]["clone.recall5"]


def test_average_precision_is_weighted_to_the_prevalence():
    perfect = pr_auc(np.array([5.0, 6.0]), np.array([1.0, 2.0, 3.0]), 1e-3)
    blind = pr_auc(np.array([1.0, 1.0]), np.array([1.0, 1.0]), 1e-2)
    assert perfect == pytest.approx(1)
    assert blind == pytest.approx(1e-2)


def test_calibration_compares_what_was_said_with_what_was():
    assert calibration_error([(0.9, True)] * 9 + [(0.9, False)]) == pytest.approx(0)
    assert calibration_error([(0.9, False)] * 10) == pytest.approx(0.9)
    assert calibration_error([(0.1, False)]) is None


def test_a_target_is_met_only_when_its_interval_clears_the_bound():
    def worlds_with(*recalls):
        values = ({"clone.recall5": each, "clone.precision5": 0.9} for each in recalls)
        return [Outcome(seed, "S1", each) for seed, each in enumerate(values)]

    sure = score(worlds_with(0.9, 0.91, 0.92))["T2"]["parts"]["recall5"]
    unsure = score(worlds_with(0.7, 0.95, 0.95))["T2"]["parts"]["recall5"]
    assert sure["met"]
    assert unsure["value"] > 0.85
    assert not unsure["met"]


def test_a_forest_sets_the_odd_point_apart():
    rng = np.random.default_rng(1)
    points = np.vstack([rng.normal(0, 1, (500, 3)), [[9.0, 9.0, 9.0]]])
    scores = isolation_scores(points, rng)
    assert scores.argmax() == 500


def test_limits_follow_from_scans():
    assert ceiling(1, 0.15, 0.7).seen == pytest.approx(0.15)
    assert ceiling(20, 0.15, 0.7).placed < ceiling(20, 0.15, 0.7).seen < 1
    assert even_odds([(5, 1.0), (20, 1.0)], 0.15) == pytest.approx(4.27, abs=0.1)


def test_a_chart_is_drawn_even_of_nothing():
    assert "nothing measured" in line_chart("Empty", "x", "y", {})
    chart = line_chart("A <b>", "x", "y", {"S1": [(1, 0.5), (10, 0.9)]}, logarithmic=True)
    assert "A &lt;b&gt;" in chart
    assert chart.count("<circle") == 2


def test_the_command_ends_with_json_and_draws(tmp_path, capsys):
    asked = ["--worlds", "1", "--items", "6000", "--scenario", "S4", "--json", "--charts", str(tmp_path), "--baselines"]
    assert main(asked) == 0
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert {"targets", "false_alerts_per_10k", "events", "seconds", "parameters"} <= set(result)
    assert set(result["targets"]["T9"]) >= {"value", "low95", "high95", "target", "met"}
    assert set(result["baselines"]["S4"]) == {f"B{number}" for number in range(10)}
    assert {path.name for path in tmp_path.iterdir()} == {"recall.svg", "waiting.svg", "calibration.svg"}


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        (["--worlds", "9-0"], "give the first and the last seed"),
        (["--without", "sense"], "known are"),
        (["--scenario", "S99", "--items", "1000", "--worlds", "0"], "no scenario 'S99'"),
        (["--fit", "x.json", "--worlds", "8-12"], "open ones"),
    ],
)
def test_what_can_t_be_done_is_said(asked, answer, capsys):
    assert main(asked) == 2
    assert answer in capsys.readouterr().err


def test_a_wrong_parameter_file_is_named_with_its_line(tmp_path, capsys):
    path = tmp_path / "world.toml"
    path.write_text("[consumer]\nscan_share = 15\n", encoding="utf-8")
    assert main(["--params", str(path)]) == 2
    assert f"{path}, line 2: consumer.scan_share" in capsys.readouterr().err
