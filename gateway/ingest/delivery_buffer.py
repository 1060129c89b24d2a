"""Between the network thread and the loop: messages that have arrived, bounded in bytes, taken fairly.

The network thread waits in :meth:`Arrivals.put` while too much is held; it then reads nothing from its socket, and the
broker keeps the rest. That bounds memory also where a broker knows no Receive Maximum (MQTT 3.1.1).
"""

import threading
import time

from gateway.ingest.batching import Fill, Limits
from gateway.ingest.fair_queue import Rota
from gateway.ingest.inbox import Delivery


class Arrivals:
    """Deliveries by topic. ``most_bytes`` is held at most, and one message more; ``most_each`` of one topic."""

    def __init__(self, most_bytes: int, most_each: int) -> None:
        self._rota: Rota[Delivery] = Rota(most_each)
        self._most_bytes = most_bytes
        self._bytes = 0
        self._changed = threading.Condition()
        self._closed = False
        self.shed = 0

    @property
    def full(self) -> bool:
        """True while :meth:`put` would wait."""
        return self._bytes >= self._most_bytes and not self._closed

    def put(self, delivery: Delivery) -> Delivery | None:
        """Queue a delivery once there is room; returns one of the same topic that had to give way, or None."""
        with self._changed:
            self._changed.wait_for(lambda: not self.full)
            self._bytes += len(delivery.payload)
            gone = self._rota.add(delivery.topic, delivery)
            if gone is not None:
                self.shed += 1
                self._bytes -= len(gone.payload)
            self._changed.notify_all()
            return gone

    def take(self, limits: Limits, patience: float) -> list[Delivery]:
        """The next batch, topics in turn; empty when nothing arrived within ``patience`` seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._rota), patience):
                return []
            taken: list[Delivery] = []
            fill = Fill(limits, started=time.monotonic())
            while not fill.laden:
                delivery = self._rota.take()
                if delivery is not None:
                    taken.append(delivery)
                    fill.add(len(delivery.payload))
                    self._bytes -= len(delivery.payload)
                elif left := fill.patience(time.monotonic()):
                    self._changed.wait(left)
                else:
                    break
            self._changed.notify_all()
            return taken

    def clear(self) -> list[Delivery]:
        """Forget what nobody has taken yet: the broker delivers it again on its new connection."""
        with self._changed:
            left = self._rota.clear()
            self._bytes = 0
            self._changed.notify_all()
            return left

    def close(self) -> None:
        """Let a waiting network thread go; from now on nothing waits."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
