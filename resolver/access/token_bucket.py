"""Token buckets: how often one sender may do one thing, counted in this process."""

import hashlib
import threading
from collections import OrderedDict

MAX_SENDERS = 50_000
"""Senders that are remembered; the one that was quiet longest is forgotten first, and has a full bucket again."""
_KEY_CHARACTERS = 80


class TokenBuckets:
    """A bucket a sender: it has room for ``burst`` tokens, gains ``per_s`` a second, and each request takes some.

    ``per_s`` 0 switches the limit off.
    """

    def __init__(self, per_s: float, burst: float, *, senders: int = MAX_SENDERS) -> None:
        self._per_s = per_s
        self._burst = burst
        self._max_senders = senders
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def wait_s(self, sender: str, now: float, cost: float = 1.0) -> float:
        """Take ``cost`` tokens at ``now`` (seconds of any steady clock): 0, or how long until there is one.

        Whoever has one is let in, and owes what is missing; so a cost may be larger than the bucket.
        """
        if not self._per_s:
            return 0.0
        with self._lock:
            level = self._level(sender, now)
            admitted = level >= 1
            self._keep(sender, level - cost if admitted else level, now)
        return 0.0 if admitted else (1 - level) / self._per_s

    def charge(self, sender: str, now: float, cost: float) -> None:
        """Take ``cost`` tokens for what turned out to be dear; nobody owes more than a full bucket."""
        if self._per_s:
            with self._lock:
                self._keep(sender, self._level(sender, now) - cost, now)

    def _level(self, sender: str, now: float) -> float:
        level, at = self._levels.pop(_key(sender), (self._burst, now))
        return min(self._burst, level + max(0.0, now - at) * self._per_s)

    def _keep(self, sender: str, level: float, now: float) -> None:
        self._levels[_key(sender)] = (max(level, -self._burst), now)
        if len(self._levels) > self._max_senders:
            self._levels.popitem(last=False)


def _key(sender: str) -> str:
    """What is remembered of a sender: a code in it may have thousands of characters."""
    if len(sender) <= _KEY_CHARACTERS:
        return sender
    return hashlib.blake2b(sender.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
