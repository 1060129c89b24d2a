"""The keyring in memory: what checking a code needs, so that a forged one costs the store nothing."""

import logging
import threading
import time
from collections.abc import Callable

from resolver.key import revocation_store
from resolver.key import store as key_store
from resolver.store import Cursor, Scope, Store
from schemas.errors import StoreUnavailable
from schemas.keys import Keyring, RootKey, build_keyring

_REVOCATIONS_S = 60.0

_log = logging.getLogger(__name__)


class LiveKeyring:
    """The newest keyring. A thread of its own asks every ``interval_s`` seconds whether a key or prefix has changed.

    That question is one row (``key_epoch``); the keys are read, and sealers made, only when the answer has changed.
    When the store fails, the last one stays in use and its age grows (:attr:`age_s`). ``first`` is done once, in the
    transaction of the first time that succeeds.
    """

    def __init__(
        self,
        store: Store,
        root: RootKey | bytes,
        *,
        interval_s: float,
        first: Callable[[Cursor], None] = lambda _: None,
    ) -> None:
        self._store = store
        self._first = first
        self._root = root
        self._interval_s = interval_s
        self._keyring: Keyring | None = None
        self._epoch: int | None = None
        self._read_at = 0.0
        self._revoked_at: float | None = None
        self._stopping = threading.Event()
        self._tried = threading.Event()
        self._refreshing = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="keyring", daemon=True)

    @property
    def age_s(self) -> float | None:
        """Seconds since the store last confirmed the keyring; None before the first time."""
        return None if self._keyring is None else time.monotonic() - self._read_at

    def current(self) -> Keyring:
        """The keyring.

        :raises StoreUnavailable: it could not be read even once.
        """
        keyring = self._keyring
        if keyring is None:
            raise StoreUnavailable("the keyring has not been read yet")
        return keyring

    def refresh(self) -> None:
        """Read the keyring now if it has changed, as after a change of one's own.

        :raises StoreUnavailable: the store did not answer.
        """
        with self._refreshing:
            with self._store.transaction(Scope()) as cursor:
                # The epoch first: what changes between the two reads is then read once more, not missed.
                epoch = key_store.epoch(cursor)
                if self._keyring is None:
                    self._first(cursor)
                if epoch != self._epoch:
                    prefixes, seal_keys = key_store.prefixes(cursor), key_store.seal_keys(cursor)
                    self._keyring = build_keyring(self._root, prefixes, seal_keys, key_store.signing_keys(cursor))
                    self._epoch = epoch
            self._read_at = time.monotonic()

    def start(self) -> None:
        """Begin to refresh in the background."""
        self._thread.start()

    def wait(self, seconds: float) -> None:
        """Wait until the first refresh has succeeded or failed, at most ``seconds``."""
        self._tried.wait(seconds)

    def stop(self) -> None:
        """End the background refresh."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def _carry_out_revocations(self) -> None:
        """Once a minute: whichever resolver comes first does it for all."""
        if self._revoked_at is None or time.monotonic() - self._revoked_at > _REVOCATIONS_S:
            with self._store.transaction(Scope()) as cursor:
                revocation_store.carry_out_due(cursor)
            self._revoked_at = time.monotonic()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._carry_out_revocations()
                self.refresh()
            except StoreUnavailable as error:
                _log.warning("keyring not refreshed: %s", error)
            except Exception:  # noqa: BLE001 -- the thread outlives any accident; /ready shows the keyring's age
                _log.exception("keyring not refreshed")
            self._tried.set()
            self._stopping.wait(self._interval_s)
