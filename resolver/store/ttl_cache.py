"""A bounded cache whose entries expire, for threads: ``cachetools.TTLCache`` behind a lock."""

import threading
import time
from collections.abc import Callable, Hashable
from contextlib import suppress
from typing import Generic, TypeVar

from cachetools import TTLCache

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class TtlCache(Generic[Key, Value]):
    """At most ``capacity`` values, each for ``seconds`` of ``clock``; the least recently used one is evicted first.

    ``size_of`` a value: ``capacity`` is then of all sizes together, and a value that exceeds it is not stored.
    """

    def __init__(
        self,
        *,
        capacity: int,
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
        size_of: Callable[[Value], float] | None = None,
    ) -> None:
        self._values: TTLCache[Key, Value] = TTLCache(capacity, seconds, clock, size_of)
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
        with self._lock, suppress(ValueError):  # larger than the whole cache
            self._values[key] = value
