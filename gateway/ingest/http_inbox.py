"""Messages that came by HTTP: each waits here with whoever sent it, until its receipt is known.

Behind the same seam as a broker, so that the loop can't tell. There is nothing to acknowledge: a request without an
answer is asked again, with the same bytes.
"""

import json
import threading
from collections.abc import Callable, Iterable

from gateway.ingest.batching import Limits
from gateway.ingest.delivery_buffer import Arrivals
from gateway.ingest.inbox import Delivery
from schemas import topics
from schemas.errors import BrokerUnavailable
from schemas.event import message_digest
from schemas.topics import Address

Answer = Callable[[bytes | None], object]
"""Called once, from any thread, with the receipt; with None when the message had to give way to newer ones."""


class HttpInbox:
    """Holds at most ``most_bytes`` of messages, and ``most_each`` of one reader."""

    def __init__(self, most_bytes: int, most_each: int) -> None:
        self._arrivals = Arrivals(most_bytes, most_each)
        self._waiting: dict[tuple[Address, str], list[Answer]] = {}
        self._lock = threading.Lock()
        self._open = threading.Event()
        self._ended = False

    @property
    def connected(self) -> bool:
        """True while messages can come."""
        return self._open.is_set()

    @property
    def shed(self) -> int:
        """How many messages gave way because their reader had too many waiting."""
        return self._arrivals.shed

    def start(self) -> None:
        """From now on messages may come."""
        self._open.set()

    def stop(self, seconds: float = 5) -> None:  # noqa: ARG002 -- nothing is under way that could be waited for
        """No more messages; those that wait get no receipt, and come again."""
        self._open.clear()
        self._arrivals.clear()
        for address, digest in list(self._waiting):
            self._answer(address, digest, None)

    def end(self) -> None:
        """The server has ended: let the loop know."""
        self._ended = True
        self._open.clear()

    def offer(self, address: Address, message: bytes, answer: Answer) -> bool:
        """Queue a message; False when there is no room for it now, and ``answer`` will not be called."""
        if not self._open.is_set() or self._arrivals.full:
            return False
        topic = address.topic(topics.EVENTS)
        with self._lock:
            self._waiting.setdefault((address, message_digest(message)), []).append(answer)
        gone = self._arrivals.put(Delivery(0, 0, topic, message))
        if gone is not None:
            self._answer(address, message_digest(gone.payload), None)
        return True

    def take(self, limits: Limits, patience: float) -> list[Delivery]:
        """The next messages, readers in turn.

        :raises BrokerUnavailable: the server has ended; the process must be started anew.
        """
        taken = self._arrivals.take(limits, patience)
        if not taken and self._ended:
            raise BrokerUnavailable("the HTTP server has ended")
        return taken

    def ack(self, deliveries: Iterable[Delivery]) -> int:  # noqa: ARG002 -- of the seam
        """Nothing: the receipt is the answer."""
        return 0

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:  # noqa: ARG002 -- of the seam
        """Answer whoever waits for this receipt."""
        self._answer(topics.parse(topic, topics.RECEIPT), str(json.loads(payload)["digest"]), payload)

    def _answer(self, address: Address, digest: str, receipt: bytes | None) -> None:
        with self._lock:
            answers = self._waiting.pop((address, digest), [])
        for answer in answers:
            answer(receipt)
