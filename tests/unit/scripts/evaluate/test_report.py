"""The report: what it plays in which order, that it goes on where it was interrupted, and what its tables say."""

import pytest
from rich.console import Console

from firmware_sim.population.settings import load_settings
from schemas.errors import Misconfigured
from scripts.commands.evaluate.outcome import Outcome
from scripts.commands.evaluate.report import play_report, played_so_far
from scripts.commands.evaluate.report_pages import CLOSING, OPENING, section, write_between
from scripts.commands.evaluate.report_plan import GATEWAY, HARNESS, STAGES, Stage, units_of
from scripts.commands.evaluate.report_tables import (
    every_scenario,
    places_table,
    price_table,
    scored,
    spread_table,
    targets_table,
)
from scripts.commands.evaluate.scenarios import GROUPS, scenarios_of

SMALL = (Stage(HARNESS, 1_000, ("S0", "S4")),)
QUIET = Console(quiet=True)


def test_both_paths_play_every_scenario_once_a_seed():
    settings = load_settings()
    everything = scenarios_of(settings, ("S0", *GROUPS))
    played = [(unit.path, unit.seed, name) for unit in units_of(settings, (20, 21)) for name in unit.scenarios]
    assert len(played) == len(set(played))
    assert set(played) == {
        (path, seed, name) for path in (GATEWAY, HARNESS) for seed in (20, 21) for name in everything
    }


def test_all_seeds_of_what_matters_most_come_first():
    units = list(units_of(load_settings(), (20, 21), STAGES))
    assert [(unit.path, unit.seed) for unit in units[:2]] == [(GATEWAY, 20), (GATEWAY, 21)]
    assert units[0].scenarios == units[1].scenarios


def test_a_report_goes_on_where_it_was_interrupted(tmp_path):
    settings = load_settings()
    play_report(settings, (20,), tmp_path, 1, QUIET, SMALL)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    play_report(settings, (20, 21), tmp_path, 1, QUIET, SMALL)
    assert before == {path: path.stat().st_mtime_ns for path in before}
    outcomes = played_so_far(settings, (20, 21), tmp_path, SMALL)[HARNESS]
    assert [(each.seed, each.scenario) for each in outcomes] == [(20, "S0"), (20, "S4"), (21, "S0"), (21, "S4")]


def test_worlds_of_other_parameters_are_not_mixed(tmp_path):
    play_report(load_settings(), (), tmp_path, 1, QUIET, SMALL)
    with pytest.raises(Misconfigured, match="other parameters"):
        play_report(load_settings().with_values({"travel.share": 0.5}), (), tmp_path, 1, QUIET, SMALL)


def worlds_of(scenario, recall):
    return [Outcome(20 + number, scenario, {"clone.recall5": value}) for number, value in enumerate(recall)]


def test_a_target_that_one_path_misses_is_not_met():
    table = targets_table(scored({GATEWAY: worlds_of("S1", [0.9, 0.9]), HARNESS: worlds_of("S1", [0.9, 0.6])}))
    assert "| T2 | recall5 | 0.85 | 0.9 (0.9 to 0.9) | 0.9 (20) | 0.75 (0.6 to 0.9) | 0.6 (21) |  | no |" in table


def test_places_and_ends_stand_beside_each_other_and_the_worst_world_first():
    played = (("S1", 0.9), ("S1@unplaced", 0.2), ("S1@vpn_low", 0.8), ("S1@vpn_high", 0.7), ("S1@cities_low", 0.1))
    targets = scored({HARNESS: [each for name, recall in played for each in worlds_of(name, [recall])]})
    assert "| T2 recall5 | S1 | harness | 0.9 |  |  | 0.2 | 0.85 |" in places_table(targets)
    ends = [line for line in spread_table(targets).splitlines() if "T2 recall5 " in line]
    assert ends == [
        "| T2 recall5 | S1@cities | harness | 0.1 (20) | 0.1 |  | 0.85 |",
        "| T2 recall5 | S1@vpn | harness | 0.7 (20) | 0.8 | 0.7 | 0.85 |",
    ]
    assert every_scenario(targets).splitlines()[2].startswith("| T2 | recall5 | S1@cities_low | harness | 0.1 (20) |")


def test_what_the_bound_on_strangers_costs_stands_beside_the_recall():
    values = {"clone.recall5": 0.8, "clone.recall_alert": 0.2, "clone.sufficient_alone": 0.3}
    played = {GATEWAY: [Outcome(20, "S1@unplaced", values), Outcome(20, "S5", {"diversion.recall5": 0.1})]}
    assert price_table(played).splitlines()[2:] == ["| S1@unplaced | gateway | 0.8 | 0.2 | 0.3 | 1 |"]


def test_a_page_keeps_what_stands_around_the_marks(tmp_path):
    page = tmp_path / "detection.md"
    page.write_text(f"Before.\n{OPENING}\nold\n{CLOSING}\nAfter.\n", encoding="utf-8")
    write_between(page, section({HARNESS: [Outcome(20, "S0", {"genuine": 500, "false_alerts": 0.0})]}, "command"))
    written = page.read_text(encoding="utf-8")
    assert written.startswith(f"Before.\n{OPENING}\n\n    command\n")
    assert "one false alert is 20.0 in 10,000" in written
    assert written.endswith(f"{CLOSING}\nAfter.\n")
    assert "old" not in written
