"""Token buckets: how often one sender may do one thing, counted in this process."""

import threading
from collections import OrderedDict

MAX_SENDERS = 50_000
"""Senders that are remembered; the one that was quiet longest is forgotten first, and has a full bucket again."""


class TokenBuckets:
    """A bucket a sender: it has room for ``burst`` tokens, gains ``per_s`` a second, and each request takes one.

    ``per_s`` 0 switches the limit off.
    """

    def __init__(self, per_s: float, burst: float, *, senders: int = MAX_SENDERS) -> None:
        self._per_s = per_s
        self._burst = burst
        self._max_senders = senders
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def wait_s(self, sender: str, now: float) -> float:
        """Take a token at ``now`` (seconds of any steady clock): 0, or how long until there is one."""
        if not self._per_s:
            return 0.0
        with self._lock:
            level, at = self._levels.pop(sender, (self._burst, now))
            level = min(self._burst, level + max(0.0, now - at) * self._per_s)
            admitted = level >= 1
            self._levels[sender] = (level - 1 if admitted else level, now)
            if len(self._levels) > self._max_senders:
                self._levels.popitem(last=False)
        return 0.0 if admitted else (1 - level) / self._per_s
