"""Things that hardly change, kept for a moment: names of products, makers and markets."""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Kept(Generic[Key, Value]):
    """At most ``capacity`` values, each for ``seconds``; the one that was put longest ago goes first."""

    def __init__(self, *, capacity: int, seconds: float) -> None:
        self._capacity = capacity
        self._seconds = seconds
        self._values: OrderedDict[Key, tuple[float, Value]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key, now: float) -> Value | None:
        """The value, unless it is too old at ``now`` (seconds of any steady clock)."""
        found = self._values.get(key)
        return None if found is None or now - found[0] >= self._seconds else found[1]

    def put(self, key: Key, value: Value, now: float) -> None:
        """Keep a value from ``now`` on."""
        with self._lock:
            self._values.pop(key, None)
            self._values[key] = (now, value)
            while len(self._values) > self._capacity:
                self._values.popitem(last=False)
