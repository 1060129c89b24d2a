"""The worker's loop: take, store and judge in one transaction, commit, acknowledge, send receipts.

Whatever fails, a message is committed here, or it is still with the broker and in the reader's journal.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence

from gateway.ingest.batching import Limits
from gateway.ingest.inbox import Delivery, Inbox
from gateway.ingest.metrics import Metrics
from gateway.ingest.transaction import (
    TransactionResult,
    dead_letter_message,
    dead_letter_next_scan,
    take_messages,
    take_scans,
)
from gateway.message.decoding import CodeReader
from gateway.store.connection import Connection, connect, is_usable
from gateway.store.errors import Remedy, StoreError, one_line, remedy
from gateway.store.keys import key_epoch, load_keyring
from gateway.store.staging import prepare
from schemas.errors import Misconfigured, StoreUnavailable

SCAN_PAGE_SIZE = 500
"""Maximum scans of the outbox in one transaction."""

IDLE_S = 0.2
"""How long the loop waits for messages before it looks for consumers' scans."""

_MAX_BACKOFF_S = 5.0

_log = logging.getLogger(__name__)


class Worker:
    """One worker on one slot, with one connection to the store."""

    def __init__(
        self,
        inbox: Inbox,
        connection: Connection,
        *,
        database_url: str,
        seal_root: bytes,
        limits: Limits,
        metrics: Metrics,
        clock: Callable[[], int],
        claim_slot: Callable[[Connection], None],
    ) -> None:
        """``claim_slot`` claims this worker's slot on a new connection, or raises: a claim ends with its connection.

        ``clock``: microseconds, UTC.
        """
        self._inbox = inbox
        self._connection = connection
        self._database_url = database_url
        self._seal_root = seal_root
        self._limits = limits
        self._metrics = metrics
        self._clock = clock
        self._claim_slot = claim_slot
        self._batch = self._dropped = 0
        self._key_epoch = key_epoch(connection)
        self._codes = CodeReader(load_keyring(connection, seal_root))
        self._stopping = threading.Event()
        prepare(connection)
        self._store_is(up=True)

    def _store_is(self, *, up: bool) -> None:
        self.store_up = up
        self._metrics.store_up.set(up)

    def stop(self) -> None:
        """Let the loop end after the current batch."""
        self._stopping.set()

    def run(self) -> None:
        """Take messages and scans until :meth:`stop`.

        :raises BrokerUnavailable: the network thread died.
        :raises Misconfigured: broker or store refuse what only a person can change.
        """
        while not self._stopping.is_set():
            deliveries = self._inbox.take(self._limits, IDLE_S)
            self._metrics.broker_up.set(self._inbox.connected)
            dropped = self._inbox.dropped_unread
            self._metrics.dropped_unread.inc(dropped - self._dropped)
            self._dropped = dropped
            if deliveries and not self._take(deliveries):
                return
            if self._persist(self._scans) is None:
                return

    def _take(self, deliveries: Sequence[Delivery]) -> bool:
        """Commit, then acknowledge, then send receipts; False when stopped before the commit."""
        started = time.monotonic()
        self._batch += 1
        result = self._persist(lambda: self._messages(deliveries))
        if result is None:
            return False
        seconds = time.monotonic() - started
        self._metrics.commit_seconds.observe(seconds)
        stale = self._inbox.ack(deliveries)
        self._metrics.stale_acks.inc(stale)
        self._report(deliveries, result, stale, seconds)
        for topic, receipt in result.receipts:
            self._inbox.publish(topic, receipt.to_json())
        return True

    def _persist(self, attempt: Callable[[], TransactionResult]) -> TransactionResult | None:
        """Retry until it is committed; None when the worker was stopped while the store was unavailable."""
        backoff = 0.1
        while True:
            try:
                self._prepare()
                result = attempt()
            except StoreError as error:
                if remedy(error) is not Remedy.RETRY:
                    raise Misconfigured(f"the store refuses the gateway: {one_line(error)}") from error
                reason = one_line(error)
            except StoreUnavailable as error:
                reason = str(error)
            else:
                self._store_is(up=True)
                return result
            self._store_is(up=False)
            self._metrics.retries.inc()
            _log.warning("store unavailable, retrying in %.1f s: %s", backoff, reason, extra={"batch": self._batch})
            if self._stopping.wait(backoff):
                return None
            backoff = min(2 * backoff, _MAX_BACKOFF_S)

    def _messages(self, deliveries: Sequence[Delivery]) -> TransactionResult:
        """One transaction; when the store refuses its content, one for each half, until the one message is found."""
        try:
            return self._transact(
                lambda now: take_messages(
                    self._connection, deliveries, self._codes, now=now, rule_failed=self._rule_failed
                )
            )
        except StoreError as error:
            if remedy(error) is not Remedy.REJECT:
                raise
            _log.exception("the store refuses %d messages together", len(deliveries), extra={"batch": self._batch})
            if len(deliveries) == 1:
                detail = one_line(error)
                return self._transact(lambda now: dead_letter_message(self._connection, deliveries[0], detail, now=now))
        middle = len(deliveries) // 2
        first, second = self._messages(deliveries[:middle]), self._messages(deliveries[middle:])
        return TransactionResult(receipts=first.receipts + second.receipts)

    def _scans(self, page_size: int = SCAN_PAGE_SIZE) -> TransactionResult:
        """One transaction; when the store refuses its content, one for the oldest scan, dead-lettered if refused."""
        try:
            return self._transact(
                lambda now: take_scans(self._connection, page_size, self._codes, now=now, rule_failed=self._rule_failed)
            )
        except StoreError as error:
            if remedy(error) is not Remedy.REJECT:
                raise
            _log.exception("the store refuses consumers' scans")
            if page_size == 1:
                detail = one_line(error)
                return self._transact(lambda now: dead_letter_next_scan(self._connection, detail, now=now))
        return self._scans(page_size=1)

    def _transact(self, take: Callable[[int], TransactionResult]) -> TransactionResult:
        with self._connection.transaction():
            result = take(self._clock())
        if result.counters.received:
            self._metrics.committed(result.counters)
        return result

    def _prepare(self) -> None:
        """Reconnect if the connection was lost, and reload the keys if they have changed."""
        if not is_usable(self._connection):
            self._connection = connect(self._database_url)
            self._claim_slot(self._connection)
            prepare(self._connection)
        epoch = key_epoch(self._connection)
        if epoch != self._key_epoch:
            self._codes, self._key_epoch = CodeReader(load_keyring(self._connection, self._seal_root)), epoch

    def _report(self, deliveries: Sequence[Delivery], result: TransactionResult, stale: int, seconds: float) -> None:
        """Log one line about a transaction: at DEBUG, and at INFO when something was refused."""
        refused = [receipt for _, receipt in result.receipts if receipt.rejections]
        level = logging.INFO if refused or stale else logging.DEBUG
        if not _log.isEnabledFor(level):
            return
        facts: dict[str, object] = {
            "batch": self._batch,
            "messages": len(deliveries),
            "receipts": len(result.receipts),
            "stale": stale,
            "seconds": round(seconds, 4),
        }
        if refused:
            facts["refused"] = len(refused)
            facts["first_refused"] = refused[0].digest
            facts["first_reason"] = refused[0].rejections[0].reason
        _log.log(level, "committed", extra=facts)

    def _rule_failed(self, rule: str) -> None:
        self._metrics.rule_failures.labels(rule).inc()
