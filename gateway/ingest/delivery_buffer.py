"""Messages between the network thread and the worker: bounded in bytes, taken in batches, readers in turn.

While the buffer is full, the network thread waits in :meth:`DeliveryBuffer.put` and reads nothing from its socket, so
that the rest stays with the broker. That bounds memory also where a broker has no Receive Maximum (MQTT 3.1.1).
"""

import threading
import time

from gateway.ingest.batching import Fill, Limits
from gateway.ingest.fair_queue import FairQueue
from gateway.ingest.inbox import Delivery


class DeliveryBuffer:
    """Deliveries by topic: at most ``max_bytes`` of payload and one message more, and ``max_per_topic`` messages."""

    def __init__(self, max_bytes: int, max_per_topic: int) -> None:
        self._queue: FairQueue[Delivery] = FairQueue(max_per_topic)
        self._max_bytes = max_bytes
        self._bytes = 0
        self._changed = threading.Condition()
        self._closed = False
        self.dropped_unread = 0

    @property
    def full(self) -> bool:
        """True while :meth:`put` would wait."""
        return self._bytes >= self._max_bytes and not self._closed

    def put(self, delivery: Delivery) -> Delivery | None:
        """Queue a delivery once there is room; returns one of the same topic that was dropped for it, or None."""
        with self._changed:
            self._changed.wait_for(lambda: not self.full)
            self._bytes += len(delivery.payload)
            dropped = self._queue.add(delivery.topic, delivery)
            if dropped is not None:
                self.dropped_unread += 1
                self._bytes -= len(dropped.payload)
            self._changed.notify_all()
            return dropped

    def take(self, limits: Limits, patience: float) -> list[Delivery]:
        """The next batch, topics in turn; empty when nothing arrived within ``patience`` seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._queue), patience):
                return []
            taken: list[Delivery] = []
            fill = Fill(limits, started=time.monotonic())
            while not fill.full:
                delivery = self._queue.take()
                if delivery is not None:
                    taken.append(delivery)
                    fill.add(len(delivery.payload))
                    self._bytes -= len(delivery.payload)
                elif remaining := fill.patience(time.monotonic()):
                    self._changed.wait(remaining)
                else:
                    break
            self._changed.notify_all()
            return taken

    def clear(self) -> list[Delivery]:
        """Forget what nobody has taken yet: the broker delivers it again on its new connection."""
        with self._changed:
            untaken = self._queue.clear()
            self._bytes = 0
            self._changed.notify_all()
            return untaken

    def close(self) -> None:
        """Let a waiting network thread go on; from now on nothing waits."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
