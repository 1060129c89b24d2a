"""The command line of scripts/evaluate."""

import json

import pytest

from scripts.commands.evaluate.command import main


def test_the_command_ends_with_json_and_draws(tmp_path, capsys):
    table, charts = tmp_path / "table.md", tmp_path / "charts"
    played = ["--worlds", "21", "--items", "6000", "--scenario", "S4", "--baselines"]
    assert main([*played, "--json", "--charts", str(charts), "--table", str(table)]) == 0
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert {"targets", "false_alerts_per_10k", "events", "seconds", "parameters"} <= set(result)
    assert set(result["targets"]["T9"]) >= {"value", "low95", "high95", "target", "met", "met_everywhere"}
    assert result["roles"] == {"21": "unseen"}
    assert set(result["baselines"]["S4"]) == {f"B{number}" for number in range(10)}
    assert {path.name for path in charts.iterdir()} == {"recall.svg", "waiting.svg", "calibration.svg"}
    assert table.read_text().startswith("Worlds: 21 (unseen).\n\n| target | number |")


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        (["--worlds", "9-0"], "give the first and the last seed"),
        (["--without", "sense"], "known are"),
        (["--scenario", "S99", "--items", "1000", "--worlds", "20"], "no scenario 'S99'"),
        (["--fit", "x.json", "--worlds", "8-12"], "open ones"),
        (["--worlds", "8-21"], "worlds 8, 9"),
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
