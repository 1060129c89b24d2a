"""One connection to PostgreSQL, as every process of the gateway opens it, and its session-level advisory locks."""

import psycopg
from psycopg.rows import TupleRow

from gateway.store.errors import Remedy, remedy
from schemas.errors import Misconfigured, StoreUnavailable

Connection = psycopg.Connection[TupleRow]

_CONNECT_TIMEOUT_S = 5
_STATEMENT_TIMEOUT_MS = 60_000


def connect(database_url: str) -> Connection:
    """A connection for one worker: explicit transactions, UTC, bounded statements.

    :raises StoreUnavailable: the server can't be reached now.
    :raises Misconfigured: the server refuses this user or has no such database.
    """
    try:
        return psycopg.connect(
            database_url,
            autocommit=True,
            connect_timeout=_CONNECT_TIMEOUT_S,
            application_name="suyuan-gateway",
            options=f"-c timezone=UTC -c statement_timeout={_STATEMENT_TIMEOUT_MS}",
        )
    except psycopg.OperationalError as error:
        text = str(error).strip().splitlines()[-1]
        if error.sqlstate is not None and remedy(error) is Remedy.STOP:
            raise Misconfigured(f"SUYUAN_DATABASE_URL: {text}") from None
        if "authentication failed" in text or "does not exist" in text:
            raise Misconfigured(f"SUYUAN_DATABASE_URL: {text}") from None
        raise StoreUnavailable(text) from None


def is_usable(connection: Connection) -> bool:
    """False once the connection was closed or lost; every lock of its session went with it."""
    return not (connection.closed or connection.broken)


def claim_lock(connection: Connection, space: int, number: int) -> bool:
    """Take a session-level advisory lock until the connection closes; False: another session has it."""
    row = connection.execute("SELECT pg_try_advisory_lock(%s, %s)", [space, number]).fetchone()
    return row is not None and bool(row[0])
