"""Takes persons out of what is older than the retention, once a day.

Exactly one process is active (:mod:`gateway.leader`). It goes on where it was interrupted: a row that names nobody is
not found again.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from gateway.leader import Job, Leader
from gateway.retention.metrics import RetentionMetrics
from gateway.store import retention as store
from gateway.store.connection import Connection, connect
from schemas.event_reader import EARLIEST, FUTURE_TOLERANCE_S
from schemas.moment import to_datetime

_JOB = Job(
    lock=0x5355_5952, waiting="retention has to wait", retry_s=60.0, standby_s=60.0, outlives_bugs=True
)  # "SUYR"
_EVERY_S = 86_400.0
_SPAN = timedelta(days=30)
"""Event time that one statement looks at: a columnstore reads all of it."""
MOST = 500
"""Rows of a kind in one transaction, so that its locks last milliseconds."""

_log = logging.getLogger(__name__)


class RetentionWorker:
    """``retention``: how old persons may get in the store; None for any age. ``clock``: aware, in UTC."""

    def __init__(
        self,
        database_url: str,
        retention: timedelta | None,
        metrics: RetentionMetrics,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database_url, self._retention, self._metrics, self._clock = database_url, retention, metrics, clock
        self._leader = Leader(_JOB, database_url, self._serve)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Run in a thread while the context is open; not at all when everything is kept for ever."""
        if self._retention is None:
            yield
            return
        thread = threading.Thread(target=self._leader.run, name="retention", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._leader.stop()
            thread.join(timeout=5)

    def run_once(self) -> int:
        """Take persons out of all that is too old now; returns from how many rows."""
        with connect(self._database_url) as connection:
            return self._expire(connection)

    def _serve(self, connection: Connection) -> None:
        while not self._leader.stopping.is_set():
            self._expire(connection)
            self._leader.stopping.wait(_EVERY_S)

    def _expire(self, connection: Connection) -> int:
        if self._retention is None:
            return 0
        older_than = self._clock() - self._retention
        expired = self._in_steps(lambda: store.expire_reports(connection, older_than, MOST))
        # An event may be of a clock that is ahead, as far as such events are taken.
        latest = older_than + timedelta(seconds=FUTURE_TOLERANCE_S)
        since = to_datetime(EARLIEST)
        while since <= latest and not self._leader.stopping.is_set():
            expired += self._in_steps(
                lambda since=since: store.expire_events(connection, older_than, since, since + _SPAN, MOST)  # type: ignore[misc]
            )
            since += _SPAN
        if not self._leader.stopping.is_set():
            self._metrics.done(self._clock().timestamp())
        if expired:
            _log.info("persons were taken out of what is too old", extra={"rows": expired})
        return expired

    def _in_steps(self, step: Callable[[], int]) -> int:
        """Repeat a step until it finds nothing, and rest between two for as long as one takes."""
        total = 0
        while not self._leader.stopping.is_set():
            started = time.monotonic()
            expired = step()
            if not expired:
                break
            total += expired
            self._metrics.rows.inc(expired)
            self._leader.stopping.wait(time.monotonic() - started)
        return total
