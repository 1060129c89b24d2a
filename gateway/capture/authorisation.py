"""Who may hand a batch in by HTTP: readers whose signature holds. Asked before anything is queued or stored.

A broker asks for a password before it takes a message; HTTP has none here, so that the signature is asked at the door
already. What is refused stays in the reader's journal, and nobody else can fill the dead letters.
"""

import threading

from gateway.message.decoding import authenticate
from gateway.store.connection import Connection, connect, is_usable
from gateway.store.errors import Remedy, StoreError, remedy
from gateway.store.keys import reader_keys
from gateway.store.readers import redeem
from schemas.errors import StoreUnavailable
from schemas.topics import Address


class Door:
    """Knows readers' keys by asking the store each time: a revocation holds at once. For any thread."""

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url
        self._lock = threading.Lock()
        self._connection: Connection | None = None

    def admit(self, address: Address, message: bytes) -> None:
        """Return when the reader at ``address`` signed the message.

        :raises InvalidMessage: it did not, or is not enrolled, or has been revoked.
        :raises StoreUnavailable: its keys can't be read now.
        """
        with self._lock:
            try:
                keys = reader_keys(self._connected(), [address])
            except StoreError as error:
                raise _unavailable(error) from error
        authenticate(address, message, keys)

    def redeem(self, token_hash: bytes, kid: bytes, public_key: bytes) -> tuple[str, str, str, str]:
        """Redeem an enrolment token: outcome, organisation, reader, site (:func:`gateway.store.readers.redeem`).

        :raises StoreUnavailable: it can't be done now.
        """
        with self._lock:
            try:
                return redeem(self._connected(), token_hash, kid, public_key)
            except StoreError as error:
                raise _unavailable(error) from error

    def _connected(self) -> Connection:
        if self._connection is None or not is_usable(self._connection):
            self._connection = connect(self._database_url)
        return self._connection


def _unavailable(error: StoreError) -> Exception:
    return StoreUnavailable(str(error).strip()) if remedy(error) is Remedy.RETRY else error
