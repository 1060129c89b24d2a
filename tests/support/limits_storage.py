"""A stand-in for Redis: a storage of the limits library that every user of this Python process shares."""

import time
from collections import Counter
from typing import ClassVar

from limits.storage import Storage


class SharedCounts(Storage):
    """A storage that is there for all who open its address, until it is switched off."""

    STORAGE_SCHEME = ["shared-counts"]  # noqa: RUF012 -- limits' own declaration
    counts: ClassVar[Counter[str]] = Counter()
    expiries: ClassVar[dict[str, float]] = {}
    away = False

    @property
    def base_exceptions(self):
        return OSError

    def incr(self, key, expiry, amount=1):
        if SharedCounts.away:
            raise OSError("away")
        if self.get_expiry(key) <= time.time():
            self.counts[key], self.expiries[key] = 0, time.time() + expiry
        self.counts[key] += amount
        return self.counts[key]

    def get(self, key):
        return self.counts[key]

    def get_expiry(self, key):
        return self.expiries.get(key, 0)

    def check(self):
        return not SharedCounts.away

    def reset(self):
        self.counts.clear()
        self.expiries.clear()
        SharedCounts.away = False

    def clear(self, key):
        del self.counts[key]
