"""Dead letters, once more: after a key was enrolled or a batch registered, the same bytes may now pass.

Each message goes through the same transaction as a fresh one. What was stored before counts as a duplicate; what fails
again stays where it is.
"""

from collections.abc import Callable

from gateway.ingest.inbox import Delivery
from gateway.ingest.metrics import Tally
from gateway.ingest.transaction import OUTBOX_TOPIC, take_messages
from gateway.message.decoding import CodeReader
from gateway.store.connection import Connection
from gateway.store.dead_letters import Choice, dead_messages, mark_replayed
from gateway.store.keys import load_keyring
from gateway.store.staging import prepare

_AT_ONCE = 50


def replay(connection: Connection, seal_root: bytes, choice: Choice, clock: Callable[[], int]) -> Tally:
    """Take the chosen dead messages in again; returns what came of them, in events."""
    prepare(connection)
    codes = CodeReader(load_keyring(connection, seal_root))
    total, after = Tally(), b""
    while True:
        with connection.transaction():
            dead = dead_messages(connection, choice, OUTBOX_TOPIC, after, _AT_ONCE)
            if not dead:
                return total
            deliveries = [Delivery(0, 0, topic, message) for _, topic, message in dead]
            outcome = take_messages(connection, deliveries, codes, now=clock(), rule_failed=lambda _: None, live=False)
            mark_replayed(connection, [digest for digest, _, _ in dead])
        after = dead[-1][0]
        total.add(outcome.tally)
