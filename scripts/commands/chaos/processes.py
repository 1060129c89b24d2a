"""Cases in which a process dies."""

import os
import shutil
import signal
import time
from pathlib import Path
from random import Random

import psycopg

from firmware_sim.device.pacing import Limits
from scripts.commands.chaos.readers import Crew
from scripts.commands.chaos.result import Result, Skipped
from scripts.commands.chaos.system import Site

RATE = 300.0
READERS = 4


def worker_killed_every_second(folder: Path, rng: Random, *, quick: bool) -> Result:
    """A kill -9 of a random worker of two, every second."""
    kills = 0

    def kill(site: Site) -> None:
        nonlocal kills
        for _ in range(3 if quick else 12):
            time.sleep(1)
            if pids := site.worker_pids():
                os.kill(rng.choice(pids), signal.SIGKILL)
                kills += 1

    with Site(folder, "mosquitto", workers=2) as site, _crew(site, folder) as crew:
        crew.work(RATE, lambda: kill(site))
        crew.settle()
        return crew.result(f"{kills} workers killed")


def mosquitto_killed(folder: Path, _rng: Random, *, quick: bool) -> Result:
    """A kill -9 of Mosquitto, which by default has written nothing."""
    times = 1 if quick else 3

    def kill(site: Site) -> None:
        for _ in range(times):
            time.sleep(1.5)
            site.the_broker.kill()
            time.sleep(0.5)
            site.the_broker.start()
        time.sleep(1)

    with Site(folder, "mosquitto", workers=2) as site, _crew(site, folder) as crew:
        crew.work(RATE, lambda: kill(site))
        crew.settle()
        return crew.result(f"killed {times} times")


def one_nats_node_killed(folder: Path, rng: Random, *, quick: bool) -> Result:
    """A kill -9 of one NATS node of three at a time, while readers publish through all of them."""
    with Site(folder, "cluster", workers=2) as site, _crew(site, folder) as crew:
        if site.cluster is None:
            raise Skipped("no cluster")
        victims = rng.sample(site.cluster.nodes, 1 if quick else 3)

        def kill() -> None:
            site.wait_for_workers()
            for node in victims:
                time.sleep(1.5)
                node.kill()
                time.sleep(2)
                node.start()
                time.sleep(1)

        crew.work(RATE, kill)
        crew.settle(120)
        return crew.result(f"{len(victims)} nodes, one after the other")


def all_nats_nodes_killed(folder: Path, _rng: Random, *, quick: bool) -> Result:
    """A kill -9 of all three NATS nodes at once."""
    times = 1 if quick else 2
    with Site(folder, "cluster", workers=2) as site, _crew(site, folder) as crew:

        def kill() -> None:
            site.wait_for_workers()
            for _ in range(times):
                time.sleep(1.5)
                site.the_broker.kill()
                time.sleep(0.5)
                site.the_broker.start()
                time.sleep(2)

        crew.work(RATE, kill)
        crew.settle(120)
        return crew.result(f"killed {times} times")


def postgres_killed_in_mid_copy(folder: Path, _rng: Random, *, quick: bool) -> Result:
    """A kill -9 of PostgreSQL while a worker's COPY runs."""
    times = 1 if quick else 3
    with Site(folder, "nats") as site, _crew(site, folder, Limits(200, age_s=0.1, resend_s=5)) as crew:

        def kill() -> None:
            for _ in range(times):
                _wait_for_copy(site)
                site.postgres.kill()
                time.sleep(0.5)
                site.postgres.start()

        crew.work(2000 if quick else 4000, kill)
        crew.settle(120)
        return crew.result(f"killed {times} times, each in a COPY")


def broker_and_store_restarted(folder: Path, _rng: Random, *, quick: bool) -> Result:
    """Broker and store are restarted in turn, in order and without."""

    def restart(site: Site) -> None:
        for _ in range(1 if quick else 3):
            time.sleep(1)
            site.the_broker.stop()
            time.sleep(0.5)
            site.the_broker.start()
            time.sleep(1)
            site.postgres.restart()
        time.sleep(0.5)

    with Site(folder, "mosquitto", workers=2) as site, _crew(site, folder) as crew:
        crew.work(RATE, lambda: restart(site))
        crew.settle()
        return crew.result()


def _crew(site: Site, folder: Path, limits: Limits | None = None) -> Crew:
    devices = [site.enrol(f"reader-{number}") for number in range(READERS)]
    journals = folder / "journals"
    shutil.rmtree(journals, ignore_errors=True)
    return Crew(site, devices, journals) if limits is None else Crew(site, devices, journals, limits)


def _wait_for_copy(site: Site, seconds: float = 30) -> None:
    with psycopg.connect(site.postgres.superuser_dsn, autocommit=True) as watcher:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if watcher.execute("SELECT FROM pg_stat_progress_copy WHERE tuples_processed > 0").fetchone() is not None:
                return
    raise Skipped(f"no COPY was met within {seconds:.0f} s")
