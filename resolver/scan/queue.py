"""Consumers' scans on their way to the outbox: a request hands its scan over and waits for no store."""

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from resolver.watch.metrics import QueueState
from schemas.errors import Invalid, StoreUnavailable

_log = logging.getLogger(__name__)

FLUSH_S = 0.2
PORTION = 1000
"""Scans a transaction."""


class Storable(Protocol):
    """What can wait: a scan, or a count of scans."""

    def to_fields(self) -> dict[str, Any]:
        """The JSON object that the store gets."""


class ScanQueue:
    """At most ``capacity`` scans in memory, written in portions by a thread of its own.

    ``write`` puts one portion into the store. It raises StoreUnavailable when the portion is to be sent once more, and
    Invalid when a scan in it can never be stored: that one is dropped, so that it does not stop the others. Scans that
    find the queue full and those that can't be stored are counted in :attr:`lost`.
    """

    def __init__(self, write: Callable[[Sequence[dict[str, Any]]], None], *, capacity: int) -> None:
        self._write = write
        self._capacity = capacity
        self._waiting: deque[dict[str, Any]] = deque()
        self._changed = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="scans", daemon=True)
        self.lost = 0
        self.written = 0

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def state(self) -> QueueState:
        """What waits, and what became of the others."""
        return QueueState(len(self._waiting), self.written, self.lost)

    def put(self, scan: Storable) -> bool:
        """Hand a scan over; False when the queue is full."""
        with self._changed:
            if len(self._waiting) >= self._capacity or self._stopping:
                self.lost += 1
                return False
            self._waiting.append(scan.to_fields())
            if len(self._waiting) == 1:  # whoever comes later must not cut the wait for company short
                self._changed.notify()
            return True

    def start(self) -> None:
        """Begin to write in the background."""
        self._thread.start()

    def stop(self, seconds: float = 5) -> None:
        """Write what is left, for at most ``seconds``; what the store does not take is counted as lost."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join(timeout=seconds)
        if self._waiting:
            self.lost += len(self._waiting)
            _log.error("%d scans could not be written before the end", len(self._waiting))

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._waiting and not self._stopping:
                    self._changed.wait()
                if not self._waiting:
                    return
                if not self._stopping:
                    self._changed.wait(FLUSH_S / 2)  # a moment for company
                portion = [self._waiting[i] for i in range(min(PORTION, len(self._waiting)))]
            if self._written(portion):
                with self._changed:
                    for _ in portion:
                        self._waiting.popleft()
            else:
                with self._changed:
                    if self._stopping:
                        return
                    self._changed.wait(1.0)

    def _written(self, portion: Sequence[dict[str, Any]]) -> bool:
        try:
            self._write(portion)
        except StoreUnavailable as error:
            _log.warning("%d scans wait for the store: %s", len(portion), error)
            return False
        except Invalid as error:
            if len(portion) > 1:  # one by one, to find the culprit; the gateway knows a repeated scan by its id
                return all(self._written([each]) for each in portion)
            self.lost += 1
            _log.error("a scan that can't be stored: %s", error)
            return True
        except Exception:  # noqa: BLE001 -- the thread outlives any accident; /health shows what waits
            _log.exception("%d scans wait", len(portion))
            return False
        self.written += len(portion)
        return True
