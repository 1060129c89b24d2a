"""Leader election: of all processes that could do a job, exactly one is active, the holder of an advisory lock.

The lock is a session-level advisory lock in PostgreSQL (PostgreSQL manual, section 13.3.5). It ends with its session:
when the leader is killed or cut off, the server releases it, and the next candidate that asks takes over. Between the
loss of the connection and the leader's next statement two may be active, so a job must be safe to repeat.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from gateway.store.connection import Connection, claim_lock, connect
from gateway.store.errors import StoreError, one_line
from schemas.errors import SuyuanError

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """What one process of all does.

    ``lock``: the number of its advisory lock. ``waiting``: what the log says of it while the store, the broker or the
    network is away. ``retry_s`` and ``standby_s``: seconds until the next attempt after a failure, and until the next
    claim when another process is the leader. ``outlives_bugs``: an unexpected exception is logged and the job
    restarted, for a thread whose end nobody would notice; otherwise the exception ends the process.
    """

    lock: int
    waiting: str
    retry_s: float
    standby_s: float
    outlives_bugs: bool = False


class Leader:
    """A candidate for a job: waits until it is the leader, then serves until it is stopped or something fails.

    ``serve`` is called with the connection that holds the lock, and returns once :attr:`stopping` is set. ``active`` is
    called with True when this process becomes the leader, with False when it no longer is; ``failed`` after a failure.
    """

    def __init__(
        self,
        job: Job,
        database_url: str,
        serve: Callable[[Connection], None],
        *,
        active: Callable[[bool], None] = lambda _: None,
        failed: Callable[[], None] = lambda: None,
    ) -> None:
        self._job, self._database_url = job, database_url
        self._serve, self._active, self._failed = serve, active, failed
        self.stopping = threading.Event()

    def stop(self) -> None:
        """Let :meth:`run` return; callable from any thread and from a signal handler."""
        self.stopping.set()

    def run(self) -> None:
        """Stand for election until :meth:`stop`; a store that is away is retried."""
        while not self.stopping.is_set():
            wait_s = self._job.standby_s
            try:
                with connect(self._database_url) as connection:
                    if claim_lock(connection, self._job.lock, 0):
                        self._lead(connection)
            except (StoreError, SuyuanError, OSError) as error:
                _log.warning("%s: %s", self._job.waiting, reason_of(error))
                wait_s = self._job.retry_s
                self._failed()
            except Exception:
                if not self._job.outlives_bugs:
                    raise
                _log.exception("%s", self._job.waiting)
                wait_s = self._job.retry_s
                self._failed()
            self.stopping.wait(wait_s)

    def _lead(self, connection: Connection) -> None:
        self._active(True)
        try:
            self._serve(connection)
        finally:
            self._active(False)


def reason_of(error: Exception) -> str:
    """One line for the log that says what failed."""
    if isinstance(error, StoreError):
        return one_line(error)
    return next(iter(str(error).splitlines()), repr(error))
