"""Several workers on one machine: each on a slot of its own, restarted when it ends, monitored as one.

A worker is a process: what kills one leaves the others alone. The broker keeps the unacknowledged messages of a slot's
session until a worker connects with it, so a slot must be restarted, always under its own number.
"""

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from schemas.errors import Misconfigured

NEEDS_A_PERSON = 2
"""The exit code of a worker that can't run before a person has acted (``gateway.__main__``)."""

FIRST_BACKOFF_S = 0.5
MAX_BACKOFF_S = 30.0
HEALTHY_S = 30.0
"""A worker that ran for so long is healthy: its next restart waits for the first backoff only."""

_TICK_S = 0.05
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Backoff:
    """How long to wait before the next start. Times are seconds of any monotonic clock."""

    wait: float = 0.0

    def ended(self, ran: float) -> float:
        """The wait after a worker that ran for ``ran`` seconds."""
        self.wait = FIRST_BACKOFF_S if ran >= HEALTHY_S or not self.wait else min(2 * self.wait, MAX_BACKOFF_S)
        return self.wait


@dataclass(slots=True)
class Slot:
    """One worker's slot: its number, its process, when it may start next, and how often it was restarted."""

    number: int
    environment: Mapping[str, str]
    process: "subprocess.Popen[bytes] | None" = None
    started: float = 0.0
    start_at: float = 0.0
    restarts: int = 0
    backoff: Backoff = field(default_factory=Backoff)


class Supervisor:
    """Keeps one worker running on each slot. ``environments``: the workers' environment variables, by slot."""

    def __init__(self, environments: Mapping[int, Mapping[str, str]]) -> None:
        self.slots = [Slot(number, environment) for number, environment in sorted(environments.items())]
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Let :meth:`run` terminate every worker, and return."""
        self._stopping.set()

    def run(self, patience: float = 30) -> None:
        """Start and restart workers until :meth:`stop`; then let each finish its batch, for ``patience`` seconds.

        :raises Misconfigured: a worker's first start says that a person has to act.
        """
        try:
            while not self._stopping.wait(_TICK_S):
                for slot in self.slots:
                    self._watch(slot, time.monotonic())
        finally:
            self._end(patience)

    def _watch(self, slot: Slot, now: float) -> None:
        if slot.process is None:
            if now >= slot.start_at:
                self._start(slot, now)
            return
        status = slot.process.poll()
        if status is None:
            return
        slot.process = None
        if status == NEEDS_A_PERSON and not slot.restarts and now - slot.started < HEALTHY_S:
            raise Misconfigured(f"the worker on slot {slot.number} can't start; its last words stand above")
        wait = slot.backoff.ended(now - slot.started)
        slot.start_at, slot.restarts = now + wait, slot.restarts + 1
        _log.warning("worker ended, starting it again", extra={"slot": slot.number, "status": status, "wait_s": wait})

    def _start(self, slot: Slot, now: float) -> None:
        # The pipe is never written to: a worker that reads its end knows that the supervisor is gone, however it went.
        command = [sys.executable, "-m", "gateway", "run", "--leave-with-parent"]
        slot.process = subprocess.Popen(command, stdin=subprocess.PIPE, env=dict(slot.environment))  # noqa: S603 -- ours
        slot.started = now
        _log.info("worker started", extra={"slot": slot.number, "pid": slot.process.pid})

    def _end(self, patience: float) -> None:
        running = [slot.process for slot in self.slots if slot.process is not None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + patience
        for process in running:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                _log.warning("worker does not end, killing it", extra={"pid": process.pid})
                process.kill()
                process.wait()
