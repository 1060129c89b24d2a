"""Cases in which a process dies."""

import os
import shutil
import signal
import time
from pathlib import Path
from random import Random

import psycopg

from firmware_sim.device.pacing import Limits
from scripts.commands.chaos.readers import ReaderGroup
from scripts.commands.chaos.result import Result, Skipped
from scripts.system.under_test import SystemUnderTest

RATE = 300.0
READERS = 4


def worker_killed_every_second(folder: Path, rng: Random, *, quick: bool) -> Result:
    """A kill -9 of a random worker of two, every second."""
    kills = 0

    def kill(system: SystemUnderTest) -> None:
        nonlocal kills
        for _ in range(3 if quick else 12):
            time.sleep(1)
            if pids := system.worker_pids():
                os.kill(rng.choice(pids), signal.SIGKILL)
                kills += 1

    with SystemUnderTest(folder, "mosquitto", workers=2) as system, _reader_group(system, folder) as group:
        group.work(RATE, lambda: kill(system))
        group.settle()
        return group.result(f"{kills} workers killed")


def mosquitto_killed(folder: Path, _rng: Random, *, quick: bool) -> Result:
    """A kill -9 of Mosquitto, which by default has written nothing."""
    times = 1 if quick else 3

    def kill(system: SystemUnderTest) -> None:
        for _ in range(times):
            time.sleep(1.5)
            system.active_broker.kill()
            time.sleep(0.5)
            system.active_broker.start()
        time.sleep(1)

    with SystemUnderTest(folder, "mosquitto", workers=2) as system, _reader_group(system, folder) as group:
        group.work(RATE, lambda: kill(system))
        group.settle()
        return group.result(f"killed {times} times")


def one_nats_node_killed(folder: Path, rng: Random, *, quick: bool) -> Result:
    """A kill -9 of one NATS node of three at a time, while readers publish through all of them."""
    with SystemUnderTest(folder, "cluster", workers=2) as system, _reader_group(system, folder) as group:
        if system.cluster is None:
            raise Skipped("no cluster")
        victims = rng.sample(system.cluster.nodes, 1 if quick else 3)

        def kill() -> None:
            system.wait_for_workers()
            for node in victims:
                time.sleep(1.5)
                node.kill()
                time.sleep(2)
                node.start()
                time.sleep(1)

        group.work(RATE, kill)
        group.settle(120)
        return group.result(f"{len(victims)} nodes, one after the other")


def all_nats_nodes_killed(folder: Path, _rng: Random, *, quick: bool) -> Result:
    """A kill -9 of all three NATS nodes, right after each other."""
    times = 1 if quick else 2
    with SystemUnderTest(folder, "cluster", workers=2) as system, _reader_group(system, folder) as group:

        def kill() -> None:
            system.wait_for_workers()
            for _ in range(times):
                time.sleep(1.5)
                system.active_broker.kill()
                time.sleep(0.5)
                system.active_broker.start()
                time.sleep(2)

        group.work(RATE, kill)
        group.settle(120)
        return group.result(f"killed {times} times")


def postgres_killed_in_mid_copy(folder: Path, _rng: Random, *, quick: bool) -> Result:
    """A kill -9 of PostgreSQL while a worker's COPY runs."""
    times = 1 if quick else 3
    with (
        SystemUnderTest(folder, "nats") as system,
        _reader_group(system, folder, Limits(200, age_s=0.1, resend_s=5)) as group,
    ):

        def kill() -> None:
            for _ in range(times):
                _wait_for_copy(system)
                system.postgres.kill()
                time.sleep(0.5)
                system.postgres.start()

        group.work(2000 if quick else 4000, kill)
        group.settle(120)
        return group.result(f"killed {times} times, each in a COPY")


def broker_and_store_restarted(folder: Path, _rng: Random, *, quick: bool) -> Result:
    """Broker and store are stopped and started in turn."""

    def restart(system: SystemUnderTest) -> None:
        for _ in range(1 if quick else 3):
            time.sleep(1)
            system.active_broker.stop()
            time.sleep(0.5)
            system.active_broker.start()
            time.sleep(1)
            system.postgres.restart()
        time.sleep(0.5)

    with SystemUnderTest(folder, "mosquitto", workers=2) as system, _reader_group(system, folder) as group:
        group.work(RATE, lambda: restart(system))
        group.settle()
        return group.result()


def _reader_group(system: SystemUnderTest, folder: Path, limits: Limits | None = None) -> ReaderGroup:
    devices = [system.enrol(f"reader-{number}") for number in range(READERS)]
    journals = folder / "journals"
    shutil.rmtree(journals, ignore_errors=True)
    return ReaderGroup(system, devices, journals) if limits is None else ReaderGroup(system, devices, journals, limits)


def _wait_for_copy(system: SystemUnderTest, seconds: float = 30) -> None:
    with psycopg.connect(system.postgres.superuser_dsn, autocommit=True) as watcher:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if watcher.execute("SELECT FROM pg_stat_progress_copy WHERE tuples_processed > 0").fetchone() is not None:
                return
    raise Skipped(f"no COPY was running within {seconds:.0f} s")
