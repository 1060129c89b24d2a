"""Tokens that nobody has, remembered for a while, so that asking again costs the store nothing."""

import hashlib
import secrets
import threading
import time
from collections.abc import Callable

from cachetools import TTLCache

MAX_TOKENS = 10_000
REMEMBERED_S = 60.0
"""A token can't become right meanwhile: it is random, and in the store before anybody knows it."""


class WrongTokens:
    """Hashes of tokens that were asked for in vain, under a key that only this process has. ``clock``: seconds."""

    def __init__(self, *, tokens: int = MAX_TOKENS, clock: Callable[[], float] = time.monotonic) -> None:
        self._seen: TTLCache[bytes, bool] = TTLCache(tokens, REMEMBERED_S, clock)
        self._key = secrets.token_bytes(32)
        self._lock = threading.Lock()

    def __contains__(self, token: str) -> bool:
        with self._lock:
            return self._hashed(token) in self._seen

    def __len__(self) -> int:
        with self._lock:
            return len(self._seen)

    def add(self, token: str) -> None:
        """Remember a token that the store does not have."""
        with self._lock:
            self._seen[self._hashed(token)] = True

    def _hashed(self, token: str) -> bytes:
        return hashlib.blake2b(token.encode("utf-8", "surrogatepass"), digest_size=16, key=self._key).digest()
