"""Delegations and other identifier systems' spaces in memory: read again when they are asked for and have grown old."""

import threading
import time
from collections.abc import Callable

from resolver.federation.delegation import Delegation, Delegations, delegation
from resolver.federation.scheme import Space, Spaces, space
from resolver.link import store as link_store
from resolver.store.public_pool import PublicPool, PublicReader


class Directory:
    """The newest rules, at most ``interval_s`` old. They are few, operators' data, and nobody's secret."""

    def __init__(self, pool: PublicPool, *, interval_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._pool = pool
        self._interval_s = interval_s
        self._clock = clock
        self._read_at: float | None = None
        self._delegations = Delegations(())
        self._spaces = Spaces(())
        self._lock = threading.Lock()

    def delegation(self, canonical: str) -> Delegation | None:
        """Who else answers for a canonical path.

        :raises StoreUnavailable: the rules are old and can't be read.
        """
        self._refresh()
        return self._delegations.find(canonical)

    def spaces(self) -> Spaces:
        """The spaces of other identifier systems.

        :raises StoreUnavailable: as :meth:`delegation`.
        """
        self._refresh()
        return self._spaces

    def forget(self) -> None:
        """Read again at the next question, as after a change of one's own."""
        self._read_at = None

    def _refresh(self) -> None:
        read_at = self._read_at
        if read_at is not None and self._clock() - read_at < self._interval_s:
            return
        with self._lock:
            if self._read_at is not None and self._clock() - self._read_at < self._interval_s:
                return
            rules, spaces = self._pool.ask(_read)
            self._delegations, self._spaces = Delegations(rules), Spaces(spaces)
            self._read_at = self._clock()


def _read(reader: PublicReader) -> tuple[list[Delegation], list[Space]]:
    rules, spaces = link_store.request_delegations(reader), link_store.request_spaces(reader)
    return [delegation(row) for row in rules.fetchall()], [space(row) for row in spaces.fetchall()]
