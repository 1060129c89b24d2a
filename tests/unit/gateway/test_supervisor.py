"""When a worker is started anew, and when that would make no sense."""

import subprocess
import sys

import pytest

from gateway.supervise import supervisor
from gateway.supervise.supervisor import FIRST_BACKOFF_S, HEALTHY_S, MAX_BACKOFF_S, Backoff, Supervisor
from schemas.errors import Misconfigured


def test_the_wait_doubles_up_to_a_bound_and_begins_anew_after_a_healthy_life() -> None:
    backoff = Backoff()
    waits = [backoff.ended(ran=0.1) for _ in range(12)]
    assert waits[:3] == [FIRST_BACKOFF_S, 2 * FIRST_BACKOFF_S, 4 * FIRST_BACKOFF_S]
    assert waits[-1] == MAX_BACKOFF_S
    assert backoff.ended(ran=HEALTHY_S) == FIRST_BACKOFF_S


class Child:
    """A process that lives for some ticks and then ends with a status."""

    def __init__(self, status: int | None) -> None:
        self.status, self.pid, self.ended = status, 1, []

    def poll(self) -> int | None:
        return self.status

    def terminate(self) -> None:
        self.ended.append("terminate")

    def kill(self) -> None:
        self.ended.append("kill")

    def wait(self, timeout: float | None = None) -> int:
        if timeout is not None and "kill" not in self.ended and self.status is None:
            raise subprocess.TimeoutExpired("worker", timeout)
        return 0


@pytest.fixture
def children(monkeypatch):
    def start(command: list[str], *, stdin: int, env: dict[str, str]) -> Child:
        assert command[:3] == [sys.executable, "-m", "gateway"]
        child = Child(made.statuses.pop(0) if made.statuses else None)
        made.append((env, child))
        return child

    class Made(list):
        def __init__(self) -> None:
            super().__init__()
            self.statuses: list[int | None] = []

    made = Made()
    monkeypatch.setattr(supervisor.subprocess, "Popen", start)
    return made


def test_a_worker_comes_back_on_its_own_slot_and_not_before_its_wait_is_over(children) -> None:
    children.statuses = [-9, None]
    both = Supervisor({0: {"slot": "0"}})
    (slot,) = both.slots
    both._watch(slot, 0.0)
    both._watch(slot, 1.0)
    both._watch(slot, 1.0 + FIRST_BACKOFF_S / 2)
    assert (len(children), slot.restarts) == (1, 1)
    both._watch(slot, 1.0 + FIRST_BACKOFF_S)
    assert [env for env, _ in children] == [{"slot": "0"}] * 2


def test_a_first_start_that_needs_a_person_is_not_tried_for_ever(children) -> None:
    children.statuses = [supervisor.NEEDS_A_PERSON]
    with pytest.raises(Misconfigured, match="slot 3"):
        Supervisor({3: {}}).run()


def test_a_worker_that_does_not_end_is_killed_in_the_end(children) -> None:
    one = Supervisor({0: {}})
    one._watch(one.slots[0], 0.0)
    one.stop()
    one.run(patience=0)
    assert children[0][1].ended == ["terminate", "kill"]
