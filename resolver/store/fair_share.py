"""A share of the connections for each organisation: one that asks much waits for itself."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from schemas.errors import StoreUnavailable


class FairShare:
    """Lets each key have at most ``most`` at a time; who comes later waits up to ``wait_s`` seconds for one to end."""

    def __init__(self, most: int, wait_s: float) -> None:
        self._most = most
        self._wait_s = wait_s
        self._under_way: dict[str, int] = {}
        self._changed = threading.Condition()

    @contextmanager
    def of(self, key: str) -> Iterator[None]:
        """Hold one within the block.

        :raises StoreUnavailable: none ended in time.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._under_way.get(key, 0) < self._most, self._wait_s):
                raise StoreUnavailable(f"{self._most} requests of this organisation are under way; let one end")
            self._under_way[key] = self._under_way.get(key, 0) + 1
        try:
            yield
        finally:
            with self._changed:
                self._under_way[key] -= 1
                if not self._under_way[key]:
                    del self._under_way[key]
                self._changed.notify_all()
