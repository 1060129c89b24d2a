"""The faults of `scripts/chaos` that are over in seconds, run as a person runs them."""

import json
import subprocess
import sys

import pytest

from scripts.environment import ROOT
from scripts.system.embedded import mosquitto


@pytest.mark.mosquitto
@pytest.mark.skipif(not mosquitto.available(), reason="Mosquitto is not installed (Debian's package mosquitto)")
def test_quick_cases_lose_double_and_skip_nothing_and_say_so_in_the_last_line() -> None:
    command = [sys.executable, ROOT / "scripts" / "chaos", "--quick"]
    for case in ("stale-ack", "poison", "power-cut"):
        command += ["--only", case]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=200)
    assert done.returncode == 0, done.stdout + done.stderr
    summary = json.loads(done.stdout.splitlines()[-1])
    assert {name: summary[name] for name in ("cases", "lost", "doubled", "wrong", "skipped")} == {
        "cases": 3,
        "lost": 0,
        "doubled": 0,
        "wrong": 0,
        "skipped": 0,
    }


def test_the_ingest_bench_measures_against_a_floor_of_the_same_run() -> None:
    command = [sys.executable, ROOT / "scripts" / "bench", "ingest", "--events", "3000", "--flat", "3000"]
    command += ["--seconds", "1", "--one-worker", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=200)
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["ratio"] == pytest.approx(found["events_s_200"] / found["copy_rows_s"], abs=0.001)
    assert found["p50_ms"] <= found["p99_ms"]
    assert {"events_s_1", "events_s_20", "rss_early_mb", "rss_late_mb", "cores"} <= set(found)
