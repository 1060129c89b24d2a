"""Limits that all processes share: fixed windows in a storage of the ``limits`` library, such as Redis.

A window begins with a sender's first request and admits as many as its token bucket has room for. So a sender may do in
the long run what :mod:`resolver.access.token_bucket` lets it do, and at the edge of two windows twice the burst.
"""

import hashlib
import logging
from urllib.parse import urlsplit

from limits import RateLimitItemPerSecond
from limits.errors import ConfigurationError
from limits.storage import Storage, storage_from_string
from limits.strategies import FixedWindowRateLimiter

from resolver.access.token_bucket import TokenBuckets
from schemas.errors import Misconfigured

SETTING = "SUYUAN_LIMITS_STORAGE"
REST_S = 5.0
"""For how long a storage that failed is left alone, and each process counts for itself."""

_TIMEOUTS = {"socket_timeout": 0.5, "socket_connect_timeout": 0.5}
"""Seconds that a request waits for Redis at most."""

_log = logging.getLogger(__name__)


def open_storage(address: str) -> Storage:
    """The storage at ``address``, such as ``redis://host:6379/0``; it has answered.

    :raises Misconfigured: the address names no storage, its client isn't installed, or nobody answers there.
    """
    kind = urlsplit(address).scheme
    try:
        storage = storage_from_string(address, wrap_exceptions=True, **(_TIMEOUTS if "redis" in kind else {}))
    except ConfigurationError as error:
        raise Misconfigured(
            f"{SETTING}: {error}; give memory://, or the address of a storage whose client is installed"
            " (pip install 'limits[redis]' for redis://host:6379)"
        ) from None
    except Exception as error:  # noqa: BLE001 -- each client has errors of its own for an address that it can't read
        raise Misconfigured(f"{SETTING}: {type(error).__name__} for an address of {kind}://; correct it") from None
    if not isinstance(storage, Storage) or not _answers(storage):
        raise Misconfigured(f"{SETTING}: no storage answers at its {kind}:// address; start it, or give memory://")
    return storage


def _answers(storage: Storage) -> bool:
    try:
        return storage.check()
    except Exception:  # noqa: BLE001 -- each client has errors of its own
        return False


class SharedLimit:
    """One limit in ``storage``, under ``name``, of ``burst`` requests in ``burst / per_s`` seconds a sender.

    ``key`` (at most 64 bytes count) hashes senders, so that the storage learns nobody's network or handset. While the
    storage is away, this process counts for itself: a limit deters, it must not shut people out.
    """

    def __init__(self, storage: Storage, name: str, per_s: float, burst: float, *, key: bytes) -> None:
        amount = max(1, round(burst))
        self._off = not per_s
        self._item = RateLimitItemPerSecond(amount, max(1, round(amount / per_s)) if per_s else 1, f"suyuan/{name}")
        self._windows = FixedWindowRateLimiter(storage)
        self._own = TokenBuckets(per_s, burst)
        self._key = key[: hashlib.blake2b.MAX_KEY_SIZE]
        self._not_before = 0.0

    def wait_s(self, sender: str, now: float, cost: float = 1.0) -> float:
        """Count a request at ``now`` (seconds since 1970): 0, or how long until the next window."""
        if self._off:
            return 0.0
        if now < self._not_before:
            return self._own.wait_s(sender, now, cost)
        hashed = self._hashed(sender)
        try:
            if not cost and self._windows.test(self._item, hashed):
                return 0.0
            if cost and self._windows.hit(self._item, hashed, cost=self._units(cost)):
                return 0.0
            reset_at = self._windows.get_window_stats(self._item, hashed).reset_time
        except Exception as error:  # noqa: BLE001 -- whatever the storage's client says, people are let in
            self._rest(now, error)
            return self._own.wait_s(sender, now, cost)
        return max(0.001, reset_at - now)

    def charge(self, sender: str, now: float, cost: float) -> None:
        """Count ``cost`` requests more, for one that turned out to be dear."""
        if self._off:
            return
        if now < self._not_before:
            self._own.charge(sender, now, cost)
            return
        try:
            self._windows.hit(self._item, self._hashed(sender), cost=self._units(cost))
        except Exception as error:  # noqa: BLE001 -- as above
            self._rest(now, error)
            self._own.charge(sender, now, cost)

    def _hashed(self, sender: str) -> str:
        return hashlib.blake2b(sender.encode(), digest_size=16, key=self._key).hexdigest()

    def _units(self, cost: float) -> int:
        """What is counted: a request that costs more than a window has room for uses up one window."""
        return min(max(1, round(cost)), self._item.amount)

    def _rest(self, now: float, error: Exception) -> None:
        self._not_before = now + REST_S
        _log.warning("limits are not shared for %g s: %s", REST_S, type(error).__name__)
