"""The published keys of signed answers: this resolver's own, and those that signed before it."""

import time
from typing import Any

from resolver.key import answer_key_store
from resolver.store import Cursor, Scope, Store
from resolver.web.signatures import AnswerKey, PublishedKey, directory
from schemas.errors import StoreUnavailable

_FRESH_S = 30.0
"""For so long the history that was read last is published."""


class AnswerKeys:
    """The history in ``store``, in which ``own`` is recorded before long (:meth:`begin`)."""

    def __init__(self, store: Store, own: AnswerKey) -> None:
        self._store = store
        self._own = own
        self._history: list[PublishedKey] = []
        self._read_at: float | None = None

    def begin(self, cursor: Cursor) -> None:
        """Record that this resolver signs with its key."""
        answer_key_store.begin(cursor, self._own.key_id, self._own.signer.public_key.public_bytes_raw())

    def directory(self) -> dict[str, Any]:
        """The keys as a JWK set, the own one first; without the store, those that were read last."""
        if self._read_at is None or time.monotonic() - self._read_at > _FRESH_S:
            try:
                with self._store.transaction(Scope()) as cursor:
                    self._history = answer_key_store.published(cursor)
            except StoreUnavailable:
                pass
            else:
                self._read_at = time.monotonic()
        return directory(self._own, self._history)
