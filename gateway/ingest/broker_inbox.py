"""What the inboxes of all brokers share: a network thread that fills a buffer, and what to say when it can't."""

import logging
import threading
from abc import ABC, abstractmethod

from gateway.ingest.batching import Limits
from gateway.ingest.delivery_buffer import DeliveryBuffer
from gateway.ingest.inbox import Delivery
from schemas.errors import BrokerUnavailable, Misconfigured

_log = logging.getLogger(__name__)


class BrokerInbox(ABC):
    """Base of inboxes that read from a broker in a thread of their own, whose name people read in ``thread_title``."""

    def __init__(self, name: str, thread_title: str, max_bytes: int, max_per_reader: int) -> None:
        self._buffer = DeliveryBuffer(max_bytes, max_per_reader)
        self._connected = threading.Event()
        self._refused: str | None = None
        """Why the broker refuses the gateway, and the fix; None while it does not."""
        self._thread_title = thread_title
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @abstractmethod
    def _receive(self) -> None:
        """Connect and fill the buffer, until stopped. Runs in the network thread."""

    @property
    def connected(self) -> bool:
        """True while the broker answers *and* the thread that reads from it lives."""
        return self._connected.is_set() and self._thread.is_alive()

    @property
    def dropped_unread(self) -> int:
        """How many messages were acknowledged unread because their reader exceeded its queue limit."""
        return self._buffer.dropped_unread

    def take(self, limits: Limits, patience: float) -> list[Delivery]:
        """The next deliveries, as :meth:`gateway.ingest.inbox.Inbox.take` promises them."""
        taken = self._buffer.take(limits, patience)
        if not taken:
            if self._refused is not None:
                raise Misconfigured(self._refused)
            if not self._thread.is_alive():
                raise BrokerUnavailable(f"{self._thread_title} has ended")
        return taken

    def _run(self) -> None:
        try:
            self._receive()
        except Exception:  # noqa: BLE001 -- the thread ends; "connected" says so, and the next take() ends the process
            _log.exception("%s failed", self._thread_title)
        finally:
            self._connected.clear()
