"""What the demo finds in its folder: nothing, its own, somebody else's, or half of a start."""

import stat
from dataclasses import replace

import pytest

from schemas.errors import Misconfigured
from scripts.commands.up import state
from scripts.commands.up.state import State

PORTS = State(http_port=8001, mqtt_port=8002, postgres_port=8003)


def test_what_was_saved_is_resumed_and_is_nobody_elses_to_read(tmp_path) -> None:
    done = replace(PORTS, stage="complete", samples={"genuine": "HTTP://X/01/1"}, tokens={"maker": "secret"})
    state.save(tmp_path / "demo", done)
    assert state.load(tmp_path / "demo") == done
    assert [stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "demo").iterdir()] == [0o600]


def test_a_start_that_registered_nothing_yet_is_as_good_as_none(tmp_path) -> None:
    assert state.load(tmp_path / "none") is None
    state.save(tmp_path, PORTS)
    assert state.load(tmp_path) is None


def test_a_start_that_was_cut_off_half_way_says_how_to_go_on(tmp_path) -> None:
    state.save(tmp_path, replace(PORTS, stage="playing"))
    with pytest.raises(Misconfigured, match="--fresh"):
        state.load(tmp_path)
    state.clear(tmp_path)
    assert state.load(tmp_path) is None


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"http_port": 1, "surprise": 2}'])
def test_a_broken_mark_is_told_in_one_line(tmp_path, text: str) -> None:
    state.save(tmp_path, PORTS)
    next(tmp_path.iterdir()).write_text(text)
    with pytest.raises(Misconfigured, match="--fresh"):
        state.load(tmp_path)


def test_a_folder_of_others_is_neither_used_nor_deleted(tmp_path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    for what in (state.load, state.clear):
        with pytest.raises(Misconfigured, match="another --state folder"):
            what(tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "mine"
