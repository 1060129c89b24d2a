"""The keyring in memory: what checking a code needs, so that a forged one costs the store nothing."""

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Iterable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from resolver.store import Row, Scope, Store
from resolver.store import key as key_store
from schemas.errors import StoreUnavailable
from schemas.keys import Issuer, Keyring, SigningKey, seal_key
from schemas.serial import Sealer

_log = logging.getLogger(__name__)


def build_keyring(
    root: bytes, prefixes: Iterable[Row], seal_keys: Iterable[Row], signing_keys: Iterable[Row]
) -> Keyring:
    """The keyring that rows of :mod:`resolver.store.key` describe. Sealing keys are derived from ``root``."""
    sealers: dict[str, list[Sealer]] = defaultdict(list)
    revoked: dict[str, set[int]] = defaultdict(set)
    for row in seal_keys:
        org_id, number = row["org_id"], row["key_number"]
        sealers[org_id].append(Sealer(seal_key(root, org_id, number), number))
        if row["revoked_at"] is not None:
            revoked[org_id].add(number)
    issuers = {org_id: Issuer(org_id, tuple(each), frozenset(revoked[org_id])) for org_id, each in sealers.items()}
    return Keyring(
        prefixes={row["prefix"]: issuers[row["org_id"]] for row in prefixes if row["org_id"] in issuers},
        signing={
            row["kid"]: SigningKey(
                kid=row["kid"],
                org_id=row["org_id"],
                public_key=Ed25519PublicKey.from_public_bytes(bytes(row["public_key"])),
                not_before=row["not_before"],
                not_after=row["not_after"],
                revoked_at=row["revoked_at"],
            )
            for row in signing_keys
        },
    )


class LiveKeyring:
    """The newest keyring, read again every ``interval_s`` seconds by a thread of its own.

    When the store fails, the last one stays in use and its age grows (:attr:`age_s`).
    """

    def __init__(self, store: Store, root: bytes, *, interval_s: float) -> None:
        self._store = store
        self._root = root
        self._interval_s = interval_s
        self._keyring: Keyring | None = None
        self._rows: object = None
        self._read_at = 0.0
        self._stopping = threading.Event()
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
        """Read the keyring now, as after a change of one's own.

        :raises StoreUnavailable: the store did not answer.
        """
        with self._refreshing:
            with self._store.transaction(Scope()) as cursor:
                rows = (key_store.prefixes(cursor), key_store.seal_keys(cursor), key_store.signing_keys(cursor))
            if rows != self._rows:
                self._keyring, self._rows = build_keyring(self._root, *rows), rows
            self._read_at = time.monotonic()

    def start(self) -> None:
        """Begin to refresh in the background."""
        self._thread.start()

    def stop(self) -> None:
        """End the background refresh."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self.refresh()
            except StoreUnavailable as error:
                _log.warning("keyring not refreshed: %s", error)
            except Exception:  # noqa: BLE001 -- the thread outlives any accident; /ready shows the keyring's age
                _log.exception("keyring not refreshed")
            self._stopping.wait(self._interval_s)
