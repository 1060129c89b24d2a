"""Messages that came by HTTP: each waits here, with the request that brought it, until its receipt is known.

It implements the same interface as a broker's inbox. There is nothing to acknowledge: whoever gets no answer sends the
same bytes again.
"""

import json
import threading
from collections.abc import Callable, Iterable

from gateway.ingest.batching import Limits
from gateway.ingest.delivery_buffer import DeliveryBuffer
from gateway.ingest.inbox import Delivery
from schemas import topics
from schemas.errors import BrokerUnavailable
from schemas.event import message_digest
from schemas.topics import Address

Answer = Callable[[bytes | None], object]
"""Called once, from any thread, with the receipt; with None when the message was dropped."""


class HttpInbox:
    """At most ``max_bytes`` of messages, and ``max_per_reader`` messages of one reader."""

    def __init__(self, max_bytes: int, max_per_reader: int) -> None:
        self._buffer = DeliveryBuffer(max_bytes, max_per_reader)
        self._waiting: dict[tuple[Address, str], list[Answer]] = {}
        self._lock = threading.Lock()
        self._open = threading.Event()
        self._ended = False

    @property
    def connected(self) -> bool:
        """True while messages can come."""
        return self._open.is_set()

    @property
    def dropped_unread(self) -> int:
        """How many messages were dropped because their reader exceeded its queue limit."""
        return self._buffer.dropped_unread

    def start(self) -> None:
        """Accept messages from now on."""
        self._open.set()

    def stop(self, seconds: float = 5) -> None:  # noqa: ARG002 -- nothing is under way that could be waited for
        """Accept no more messages; those that wait get no receipt, and will be resent."""
        self._open.clear()
        self._buffer.clear()
        for address, digest in list(self._waiting):
            self._answer(address, digest, None)

    def end(self) -> None:
        """Note that the HTTP server has ended: the next :meth:`take` raises."""
        self._ended = True
        self._open.clear()

    def offer(self, address: Address, message: bytes, answer: Answer) -> bool:
        """Queue a message; False when there is no room for it now, and ``answer`` will not be called."""
        if not self._open.is_set() or self._buffer.full:
            return False
        topic = address.topic(topics.EVENTS)
        with self._lock:
            self._waiting.setdefault((address, message_digest(message)), []).append(answer)
        dropped = self._buffer.put(Delivery(0, 0, topic, message))
        if dropped is not None:
            self._answer(address, message_digest(dropped.payload), None)
        return True

    def take(self, limits: Limits, patience: float) -> list[Delivery]:
        """The next messages, readers in turn.

        :raises BrokerUnavailable: the server has ended; the process must be restarted.
        """
        taken = self._buffer.take(limits, patience)
        if not taken and self._ended:
            raise BrokerUnavailable("the HTTP server has ended")
        return taken

    def ack(self, deliveries: Iterable[Delivery]) -> int:  # noqa: ARG002 -- of the interface
        """Nothing: the receipt is the answer."""
        return 0

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:  # noqa: ARG002 -- of the interface
        """Answer every request that waits for this receipt."""
        self._answer(topics.parse(topic, topics.RECEIPT), str(json.loads(payload)["digest"]), payload)

    def _answer(self, address: Address, digest: str, receipt: bytes | None) -> None:
        with self._lock:
            answers = self._waiting.pop((address, digest), [])
        for answer in answers:
            answer(receipt)
