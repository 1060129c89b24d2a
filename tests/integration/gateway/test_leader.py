"""Leader election on a real PostgreSQL: exactly one candidate is active, and the next takes over when it is cut off."""

import threading
import time

import pytest

from gateway.leader import Job, Leader, reason_of
from gateway.store.connection import connect
from gateway.store.errors import StoreError
from schemas.errors import StoreUnavailable
from tests.support.waiting import wait_for

JOB = Job(lock=0x7E57, waiting="the test has to wait", retry_s=0.05, standby_s=0.05)


class Candidate:
    """A process that stands for election, as a thread; ``active`` while it is the leader, with its server process."""

    def __init__(self, dsn, job=JOB, accident=None):
        self.active, self.terms, self.failures, self.pid = False, 0, 0, None
        self.accident = accident
        self.leader = Leader(job, dsn, self.serve, active=self.become, failed=self.fail)
        self.thread = threading.Thread(target=self.leader.run)

    def become(self, leading):
        self.active = leading
        self.terms += leading

    def fail(self):
        self.failures += 1

    def serve(self, connection):
        if self.accident is not None and self.failures == 0:
            raise self.accident
        self.pid = connection.info.backend_pid
        while not self.leader.stopping.wait(0.02):
            connection.execute("SELECT 1")

    def stop(self):
        self.leader.stop()
        self.thread.join(10)
        assert not self.thread.is_alive()


@pytest.fixture
def candidates(database):
    started = []

    def start(**more):
        candidate = Candidate(database.gateway_dsn, **more)
        started.append(candidate)
        candidate.thread.start()
        return candidate

    yield start
    for candidate in started:
        candidate.stop()


def test_exactly_one_of_two_is_active_and_the_second_takes_over_when_it_stops(candidates) -> None:
    first = candidates()
    wait_for(lambda: first.active)
    second = candidates()
    time.sleep(0.5)
    assert (first.active, second.active, second.terms) == (True, False, 0)
    first.stop()
    wait_for(lambda: second.active)
    assert (first.active, first.terms, second.failures) == (False, 1, 0)


def test_the_second_takes_over_when_the_connection_of_the_first_dies(candidates, database) -> None:
    first = candidates(job=Job(JOB.lock, JOB.waiting, retry_s=1.0, standby_s=0.05))
    wait_for(lambda: first.pid is not None)
    second = candidates()
    with connect(database.gateway_dsn) as connection:
        connection.execute("SELECT pg_terminate_backend(%s)", [first.pid])
    wait_for(lambda: second.active)
    wait_for(lambda: first.failures == 1)
    time.sleep(1.2)
    assert (first.active, second.active) == (False, True), "who was cut off stands by when it is back"


def test_a_failure_is_retried_and_a_bug_ends_the_process_unless_the_job_outlives_bugs(candidates, database) -> None:
    candidate = candidates(accident=OSError("the broker is away"))
    wait_for(lambda: candidate.active and candidate.pid is not None)
    assert (candidate.failures, candidate.terms) == (1, 2)
    candidate.stop()
    survivor = candidates(accident=ZeroDivisionError(), job=Job(JOB.lock, JOB.waiting, 0.05, 0.05, outlives_bugs=True))
    wait_for(lambda: survivor.pid is not None)
    survivor.stop()
    with pytest.raises(ZeroDivisionError):
        Candidate(database.gateway_dsn, accident=ZeroDivisionError()).leader.run()


def test_a_failure_without_a_message_has_a_reason_all_the_same() -> None:
    assert reason_of(StoreError()) == "connection: Error()"
    assert reason_of(OSError()) == "OSError()"
    assert reason_of(StoreUnavailable("away\nfor long")) == "away"
