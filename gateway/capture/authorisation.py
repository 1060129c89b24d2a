"""Who may capture by HTTP: readers whose signature verifies, before anything is queued or stored.

A broker requires a password before it accepts a message. Capture by HTTP has none, so that the signature is verified
first: what is refused stays in the reader's journal, and nobody else can fill the dead letters.
"""

import threading

from gateway.message.decoding import ReaderKeys, unknown_reader
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
        # Whoever tries tokens keeps no reader waiting.
        self._lock, self._redeeming = threading.Lock(), threading.Lock()
        self._connections: dict[str, Connection] = {}

    def keys_of(self, address: Address) -> ReaderKeys:
        """The keys of the reader at ``address``: what a message of its is verified with.

        :raises InvalidMessage: ``unknown_reader``: none is enrolled there.
        :raises StoreUnavailable: its keys can't be read now.
        """
        with self._lock:
            try:
                keys = reader_keys(self._connected(), [address])
            except StoreError as error:
                raise _unavailable(error) from error
        if not keys:
            raise unknown_reader(address)
        return keys

    def redeem(self, token_hash: bytes, kid: bytes, public_key: bytes) -> tuple[str, str, str, str]:
        """Redeem an enrolment token: outcome, organisation, reader, site (:func:`gateway.store.readers.redeem`).

        :raises StoreUnavailable: it can't be done now.
        """
        with self._redeeming:
            try:
                return redeem(self._connected("redeeming"), token_hash, kid, public_key)
            except StoreError as error:
                raise _unavailable(error) from error

    def _connected(self, use: str = "keys") -> Connection:
        connection = self._connections.get(use)
        if connection is None or not is_usable(connection):
            connection = self._connections[use] = connect(self._database_url)
        return connection


def _unavailable(error: StoreError) -> Exception:
    return StoreUnavailable(str(error).strip()) if remedy(error) is Remedy.RETRY else error
