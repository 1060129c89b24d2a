"""A bounded cache whose entries expire, for threads: ``cachetools.TTLCache`` behind a lock."""

import threading
import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from cachetools import TTLCache

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class TtlCache(Generic[Key, Value]):
    """At most ``capacity`` values, each for ``seconds`` of ``clock``; the least recently used one is evicted first."""

    def __init__(self, *, capacity: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._values: TTLCache[Key, Value] = TTLCache(capacity, seconds, clock)
        self._lock = threading.Lock()

    def get(self, key: Key) -> Value | None:
        """The value, unless there is none or it has expired."""
        with self._lock:
            try:
                return self._values[key]
            except KeyError:
                return None

    def put(self, key: Key, value: Value) -> None:
        """Store a value, which expires ``seconds`` from now."""
        with self._lock:
            self._values[key] = value
