"""SUYUAN_TEST_REQUIRE=all, tried on a few tests in a pytest of its own."""

import os
import re
import subprocess
import sys

import pytest

from scripts.environment import ROOT

TESTS = """
import pytest

@pytest.fixture
def absent():
    pytest.skip("a fixture's reason")

@pytest.mark.skipif(True, reason="a mark's reason")
def test_mark(): ...

def test_fixture(absent): ...

def test_body():
    pytest.importorskip("a_module_that_is_not_there")

@pytest.mark.xfail(reason="it is expected to fail")
def test_expected():
    assert False

def test_good(): ...
"""
MODULE = "import pytest\npytest.skip('a module\\'s reason', allow_module_level=True)\n"


def outcome(folder, text, required):
    (folder / "test_sample.py").write_text(text)
    (folder / "pytest.ini").write_text("[pytest]\n")
    environment = {name: value for name, value in os.environ.items() if name != "SUYUAN_TEST_REQUIRE"}
    environment |= {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"} | (
        {"SUYUAN_TEST_REQUIRE": required} if required else {}
    )
    command = [sys.executable, "-m", "pytest", "-p", "tests.support.no_skips", "-p", "no:cacheprovider", "-ra"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    counts = {name.rstrip("s"): int(count) for count, name in re.findall(r"(\d+) (\w+)", done.stdout.splitlines()[-1])}
    return done.returncode, counts, done.stdout


@pytest.mark.parametrize("required", ["", "some"])
def test_a_skip_is_no_failure_unless_everything_is_required(tmp_path, required):
    code, counts, _ = outcome(tmp_path, TESTS, required)
    assert code == 0
    assert (counts["skipped"], counts["xfailed"], counts["passed"]) == (3, 1, 1)


def test_every_skip_of_a_test_is_a_failure_with_its_reason(tmp_path):
    code, counts, output = outcome(tmp_path, TESTS, "all")
    assert code == 1
    assert "skipped" not in counts
    assert (counts["error"], counts["failed"], counts["xfailed"], counts["passed"]) == (2, 1, 1, 1)
    for reason in ("a mark's reason", "a fixture's reason", "a_module_that_is_not_there"):
        assert reason in output
    assert output.count("SUYUAN_TEST_REQUIRE=all, but this was skipped: Skipped: ") >= 3


def test_a_module_that_is_skipped_while_it_is_collected_is_a_failure(tmp_path):
    assert outcome(tmp_path, MODULE, "")[0] == 5, "pytest's code for: no tests were collected"
    code, counts, output = outcome(tmp_path, MODULE, "all")
    assert code == 2, "pytest's code for: interrupted by an error of collection"
    assert counts["error"] == 1
    assert "a module's reason" in output
