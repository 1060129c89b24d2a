"""Takes notices to their subscribers, in order, at least once; and escalates what nobody has closed in time.

One notifier of all works at a time, the one that holds a lock in the store. A subscriber's cursor moves only when the
other side has taken the notice, so that whatever is killed, nothing is lost; what was taken and not noted comes again
under the same id. A subscriber that fails waits alone.
"""

import logging
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from uuid import UUID

from gateway.leader import Job, Leader, reason_of
from gateway.notify.channel import Channels, Undelivered, wait_after
from gateway.notify.metrics import NotifyMetrics
from gateway.store import notices
from gateway.store.connection import Connection, connect
from gateway.store.errors import StoreError
from gateway.store.notices import Subscription
from schemas.case import ESCALATION_DAYS
from schemas.errors import SuyuanError

_JOB = Job(lock=0x5355_594E, waiting="notices have to wait", retry_s=2.0, standby_s=2.0)  # "SUYN"
_SWEEP_S = 60.0
_AT_ONCE = 100

_log = logging.getLogger(__name__)


class Notifier:
    """``connect_store`` opens a connection as the gateway; ``turn_s``: how often it looks for notices."""

    def __init__(
        self, database_url: str, channels: Channels, metrics: NotifyMetrics, *, senders: int, turn_s: float
    ) -> None:
        self._connect: Callable[[], Connection] = lambda: connect(database_url)
        self._metrics = metrics
        self._channels = channels
        self._turn_s = turn_s
        self._leader = Leader(_JOB, database_url, self._serve, active=metrics.active.set)
        self._pool = ThreadPoolExecutor(senders, thread_name_prefix="tell")
        self._busy: dict[UUID, Future[None]] = {}

    def stop(self) -> None:
        """Let :meth:`run` return."""
        self._leader.stop()

    def run(self) -> None:
        """Deliver whenever this process is the leader, until :meth:`stop`; a store that is away is retried."""
        try:
            self._leader.run()
        finally:
            self._pool.shutdown(cancel_futures=True)

    def run_once(self) -> int:
        """Escalate what is overdue and tell every subscriber what is there now; how many cases were escalated."""
        with self._connect() as connection:
            escalated = notices.escalate_overdue(connection, ESCALATION_DAYS)
            self._metrics.escalated.inc(escalated)
            notices.number_notices(connection)
            for each in notices.due(connection):
                self._tell(each)
        self._pool.shutdown()
        return escalated

    def _serve(self, connection: Connection) -> None:
        swept: float | None = None
        while not self._leader.stopping.is_set():
            if swept is None or time.monotonic() - swept >= _SWEEP_S:
                escalated = notices.escalate_overdue(connection, ESCALATION_DAYS)
                self._metrics.escalated.inc(escalated)
                if escalated:
                    _log.info("cases escalated", extra={"cases": escalated})
                swept = time.monotonic()
            notices.number_notices(connection)
            self._busy = {name: future for name, future in self._busy.items() if not future.done()}
            for each in notices.due(connection):
                if each.subscription_id not in self._busy:
                    self._busy[each.subscription_id] = self._pool.submit(self._tell, each)
            self._leader.stopping.wait(self._turn_s)

    def _tell(self, subscription: Subscription) -> None:
        try:
            with self._connect() as connection:
                self._tell_next(connection, subscription)
        except (StoreError, SuyuanError, OSError) as error:
            _log.warning("a subscriber has to wait: %s", reason_of(error))
        except Exception:  # noqa: BLE001 -- one subscriber's accident is not the others'
            _log.exception("a subscriber has to wait")

    def _tell_next(self, connection: Connection, subscription: Subscription) -> None:
        last = notices.last_number(connection)
        waiting = notices.following(connection, subscription, _AT_ONCE)
        wanted = [notice for notice in waiting if subscription.interest.covers(notice)]
        reasons = notices.explanations(connection, wanted) if wanted else {}
        for notice in wanted:
            if self._leader.stopping.is_set():
                return
            channel = self._channels[subscription.channel]
            try:
                channel.send(subscription, notice, reasons[notice.subject, notice.kind])
            except Undelivered as error:
                self._metrics.undelivered.labels(subscription.channel).inc()
                wait_s = wait_after(subscription.failures + 1)
                notices.failed(connection, subscription.subscription_id, str(error), wait_s, final=error.final)
                _log.warning(
                    "undelivered: %s",
                    error,
                    extra={"subscription": str(subscription.subscription_id), "wait_s": wait_s},
                )
                return
            with connection.transaction():
                if subscription.overseer:
                    notices.log_look(connection, subscription, notice)
                if not notices.taken(connection, subscription, notice.number, told=True):
                    return
            self._metrics.told.labels(subscription.channel).inc()
        # What was of no interest is behind as well; beyond a full page more may follow.
        notices.taken(connection, subscription, waiting[-1].number if len(waiting) == _AT_ONCE else last, told=False)
