"""How many of one thing somebody may have under way in this process: uploads, loads, streams. More are refused."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from resolver.web.problems import Problem, Refused


class Concurrency:
    """At most ``most`` of ``what`` (a plural) at a time for each key, and ``in_all`` for all keys together."""

    def __init__(self, what: str, most: int, in_all: int) -> None:
        self._what = what
        self._most = most
        self._in_all = in_all
        self._under_way: Counter[str] = Counter()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        with self._lock:
            return self._under_way.total()

    @contextmanager
    def one(self, key: str) -> Iterator[None]:
        """One more of ``key`` is under way within the block.

        :raises Refused: 429, the key has as many as it may; 503, all together have.
        """
        self.begin(key)
        try:
            yield
        finally:
            self.end(key)

    def begin(self, key: str) -> None:
        """As :meth:`one`, until :meth:`end`.

        :raises Refused: as :meth:`one`.
        """
        with self._lock:
            if self._under_way[key] >= self._most:
                raise Refused(self._problem(429, f"{self._most} {self._what} of yours are under way."))
            if self._under_way.total() >= self._in_all:
                raise Refused(self._problem(503, f"{self._in_all} {self._what} of all are under way."))
            self._under_way[key] += 1

    def end(self, key: str) -> None:
        """One of ``key`` is over."""
        with self._lock:
            self._under_way[key] -= 1
            if not self._under_way[key]:
                del self._under_way[key]

    def _problem(self, status: int, detail: str) -> Problem:
        return Problem(status, "too_many_at_once", detail, "Let one end, then try again.", headers={"Retry-After": "2"})
