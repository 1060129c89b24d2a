"""Who may capture by HTTP: readers whose signature verifies, before anything is queued or stored.

A broker requires a password before it accepts a message. Capture by HTTP has none, so that the signature is verified
first: what is refused stays in the reader's journal, and nobody else can fill the dead letters.
"""

import threading

from gateway.message import decoding
from gateway.store.connection import Connection, connect, is_usable
from gateway.store.errors import Remedy, StoreError, remedy
from gateway.store.keys import reader_keys
from gateway.store.readers import redeem
from schemas.errors import StoreUnavailable
from schemas.topics import Address


class ReaderAuthenticator:
    """Reads readers' keys from the store each time, so that a revocation takes effect immediately. For any thread."""

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url
        self._lock = threading.Lock()
        self._connection: Connection | None = None

    def authenticate(self, address: Address, message: bytes) -> None:
        """Return when the reader at ``address`` signed the message.

        :raises InvalidMessage: it did not, or is not enrolled, or has been revoked.
        :raises StoreUnavailable: its keys can't be read now.
        """
        with self._lock:
            try:
                keys = reader_keys(self._connected(), [address])
            except StoreError as error:
                raise _unavailable(error) from error
        decoding.authenticate(address, message, keys)

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
