"""Delivers notices to their subscribers, in order, at least once; and escalates cases past their deadline.

Exactly one notifier is active: the holder of an advisory lock (:mod:`gateway.leader`). A subscription's cursor advances
only when the receiver has acknowledged the notice, so that no crash loses one; a notice that was acknowledged but whose
cursor did not advance is delivered twice, under the same id. A subscription that fails delays no other.
"""

import logging
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from gateway.leader import Job, Leader, reason_of
from gateway.notify.channel import Channels, Undelivered, wait_after
from gateway.notify.metrics import NotifyMetrics
from gateway.notify.turn import next_turns
from gateway.store import notices
from gateway.store.connection import Connection, connect
from gateway.store.errors import StoreError
from gateway.store.notices import Subscription
from schemas.case import ESCALATION_DAYS
from schemas.errors import SuyuanError

_JOB = Job(lock=0x5355_594E, waiting="notices have to wait", retry_s=2.0, standby_s=2.0)  # "SUYN"
_SWEEP_S = 60.0
_PAGE_SIZE = 100
_TURN_S = 15.0
"""After so long a subscription lets others have its sender, and goes on in another turn."""

_log = logging.getLogger(__name__)


class Notifier:
    """``channels`` by name; ``senders``: deliveries at a time; ``turn_s``: seconds between two queries for notices."""

    def __init__(
        self, database_url: str, channels: Channels, metrics: NotifyMetrics, *, senders: int, turn_s: float
    ) -> None:
        self._connect: Callable[[], Connection] = lambda: connect(database_url)
        self._metrics = metrics
        self._channels = channels
        self._turn_s = turn_s
        self._leader = Leader(_JOB, database_url, self._serve, active=metrics.active.set)
        self._pool = ThreadPoolExecutor(senders, thread_name_prefix="deliver")
        self._senders = senders
        self._busy: list[tuple[Subscription, Future[None]]] = []

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
        """Escalate overdue cases and deliver all notices that are due; returns the number of cases escalated."""
        with self._connect() as connection:
            escalated = notices.escalate_overdue(connection, ESCALATION_DAYS)
            self._metrics.escalated.inc(escalated)
            notices.number_notices(connection)
            for subscription in notices.due_subscriptions(connection):
                self._deliver(subscription)
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
            self._busy = [(each, delivery) for each, delivery in self._busy if not delivery.done()]
            busy = [subscription for subscription, _ in self._busy]
            for subscription in next_turns(notices.due_subscriptions(connection), busy, self._senders):
                self._busy.append((subscription, self._pool.submit(self._deliver, subscription)))
            self._leader.stopping.wait(self._turn_s)

    def _deliver(self, subscription: Subscription) -> None:
        try:
            with self._connect() as connection:
                self._deliver_next(connection, subscription)
        except (StoreError, SuyuanError, OSError) as error:
            _log.warning("a subscriber has to wait: %s", reason_of(error))
        except Exception:  # noqa: BLE001 -- a bug in one delivery must not end the others
            _log.exception("a subscriber has to wait")

    def _deliver_next(self, connection: Connection, subscription: Subscription) -> None:
        last = notices.last_number(connection)
        waiting = notices.next_notices(connection, subscription, _PAGE_SIZE)
        wanted = [notice for notice in waiting if subscription.interest.covers(notice)]
        reasons = notices.explanations(connection, wanted) if wanted else {}
        end_of_turn = time.monotonic() + _TURN_S
        for notice in wanted:
            if self._leader.stopping.is_set() or time.monotonic() > end_of_turn:
                return
            channel = self._channels[subscription.channel]
            try:
                channel.send(subscription, notice, reasons[notice.subject, notice.kind])
            except Undelivered as error:
                self._metrics.undelivered.labels(subscription.channel).inc()
                wait_s = wait_after(subscription.failures + 1)
                notices.note_failure(connection, subscription.subscription_id, str(error), wait_s, final=error.final)
                _log.warning(
                    "undelivered: %s",
                    error,
                    extra={"subscription": str(subscription.subscription_id), "wait_s": wait_s},
                )
                return
            with connection.transaction():
                if subscription.overseer:
                    notices.log_access(connection, subscription, notice)
                if not notices.advance(connection, subscription, notice.number, delivered=True):
                    return
            self._metrics.delivered.labels(subscription.channel).inc()
        # Advance the cursor past the notices that were filtered out; after a full page stop at its last.
        end = waiting[-1].number if len(waiting) == _PAGE_SIZE else last
        notices.advance(connection, subscription, end, delivered=False)
