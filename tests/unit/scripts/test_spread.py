"""Over how many processes scripts/test spreads the suite."""

import pytest

from scripts.commands.test import spread


def test_the_whole_suite_is_spread_over_the_cores_by_whole_files() -> None:
    assert spread([], cores=2) == ["--numprocesses=2", "--dist=loadfile"]
    assert spread(["-x", "--durations=9"], cores=64) == ["--numprocesses=4", "--dist=loadfile"]


@pytest.mark.parametrize(
    "arguments",
    [["tests/unit"], ["tests/unit/scripts/test_spread.py::test_x", "-x"], ["-n", "0"], ["-s"], ["--collect-only"]],
)
def test_a_part_of_it_and_whoever_says_how_run_in_one_process(arguments: list[str]) -> None:
    assert spread(arguments, cores=2) == []


def test_one_core_is_not_shared() -> None:
    assert spread([], cores=1) == []
