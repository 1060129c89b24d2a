"""A light limit on how often one sender may do one thing. In memory, per process: it deters, it does not prove."""

import threading
from collections import OrderedDict

SENDERS = 50_000
"""Senders that are remembered; the one that was quiet longest is forgotten first."""


class RateLimit:
    """At most ``times`` within any ``per_s`` seconds a sender."""

    def __init__(self, times: int, *, per_s: float) -> None:
        self._times = times
        self._per_s = per_s
        self._seen: OrderedDict[str, list[float]] = OrderedDict()
        self._lock = threading.Lock()

    def admits(self, sender: str, now: float) -> bool:
        """Count one attempt at ``now`` (seconds of any steady clock); True when it is within the limit."""
        with self._lock:
            recent = [at for at in self._seen.pop(sender, []) if now - at < self._per_s]
            admitted = len(recent) < self._times
            if admitted:
                recent.append(now)
            self._seen[sender] = recent
            if len(self._seen) > SENDERS:
                self._seen.popitem(last=False)
            return admitted
