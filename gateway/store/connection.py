"""One connection to PostgreSQL, and what its errors ask for: try again, refuse the input, or stop."""

from enum import StrEnum

import psycopg
from psycopg.rows import TupleRow

from schemas.errors import Misconfigured, StoreUnavailable

Connection = psycopg.Connection[TupleRow]

_CONNECT_TIMEOUT_S = 5
_STATEMENT_TIMEOUT_MS = 60_000


class Remedy(StrEnum):
    """What to do about a failed statement."""

    RETRY = "retry"
    REJECT = "reject"
    STOP = "stop"


# SQLSTATE classes (PostgreSQL manual, appendix A). 08 connection, 25 transaction state, 40 rollback, 53 resources,
# 55 object in use, 57 operator intervention, 58 system error: the same input may pass later.
_RETRY_CLASSES = frozenset({"08", "25", "40", "53", "55", "57", "58"})
# 28 and 3D: who we are and where; 42: rights and missing tables. No input of a reader's causes these.
_STOP_CLASSES = frozenset({"28", "3D", "42"})


def remedy(error: psycopg.Error) -> Remedy:
    """What to do about ``error``; one without a SQLSTATE is a lost connection when it is operational."""
    if error.sqlstate is None:
        return Remedy.RETRY if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError) else Remedy.STOP
    kind = error.sqlstate[:2]
    if kind in _RETRY_CLASSES:
        return Remedy.RETRY
    return Remedy.STOP if kind in _STOP_CLASSES else Remedy.REJECT


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


def claim_lock(connection: Connection, space: int, number: int) -> bool:
    """Take a session-level advisory lock; False when another session holds it."""
    row = connection.execute("SELECT pg_try_advisory_lock(%s, %s)", [space, number]).fetchone()
    return row is not None and bool(row[0])
