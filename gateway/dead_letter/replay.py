"""Replay of dead letters: after a key was enrolled or a batch registered, the same bytes may be valid.

Each message goes through the same transaction as a fresh one. Events that were stored before count as duplicates; what
is rejected again stays a dead letter.
"""

from collections.abc import Callable

from gateway.ingest.inbox import Delivery
from gateway.ingest.metrics import IngestCounters
from gateway.ingest.transaction import OUTBOX_TOPIC, take_messages
from gateway.message.decoding import CodeReader
from gateway.store.connection import Connection
from gateway.store.dead_letters import Choice, dead_messages, mark_replayed
from gateway.store.keys import load_keyring
from gateway.store.staging import prepare

_PAGE_SIZE = 50


def replay(connection: Connection, seal_root: bytes, choice: Choice, clock: Callable[[], int]) -> IngestCounters:
    """Take the chosen dead messages in again, a page in each transaction; returns what came of them, in events."""
    prepare(connection)
    codes = CodeReader(load_keyring(connection, seal_root))
    total, after = IngestCounters(), b""
    while True:
        with connection.transaction():
            page = dead_messages(connection, choice, OUTBOX_TOPIC, after, _PAGE_SIZE)
            if not page:
                return total
            deliveries = [Delivery(0, 0, dead.topic, dead.message) for dead in page]
            result = take_messages(connection, deliveries, codes, now=clock(), rule_failed=lambda _: None, live=False)
            mark_replayed(connection, [dead.digest for dead in page])
        after = page[-1].digest
        total.add(result.counters)
