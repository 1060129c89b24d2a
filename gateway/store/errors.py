"""Errors of the store, and what each asks for: retry, reject the input, or stop.

Callers outside :mod:`gateway.store` catch :data:`StoreError`, and so need not know the driver.
"""

from enum import StrEnum

import psycopg

StoreError = psycopg.Error
"""Raised by whatever reads or writes the store: PostgreSQL refused a statement, or the connection was lost."""


class Remedy(StrEnum):
    """What to do about a failed statement."""

    RETRY = "retry"
    """The same input may pass later."""
    REJECT = "reject"
    """The store will never take this input."""
    STOP = "stop"
    """Rights, names or tables are wrong; only a person can change that."""


# SQLSTATE classes (PostgreSQL manual, appendix A). 08 connection, 25 transaction state, 40 rollback, 53 resources,
# 55 object in use, 57 operator intervention, 58 system error: the same input may pass later.
_RETRY_CLASSES = frozenset({"08", "25", "40", "53", "55", "57", "58"})
# 28 and 3D: who we are and where; 42: rights and missing tables. No input of a reader's causes these.
_STOP_CLASSES = frozenset({"28", "3D", "42"})


def remedy(error: StoreError) -> Remedy:
    """What to do about ``error``; one without a SQLSTATE is a lost connection when it is operational."""
    if error.sqlstate is None:
        return Remedy.RETRY if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError) else Remedy.STOP
    sqlstate_class = error.sqlstate[:2]
    if sqlstate_class in _RETRY_CLASSES:
        return Remedy.RETRY
    return Remedy.STOP if sqlstate_class in _STOP_CLASSES else Remedy.REJECT


def one_line(error: StoreError) -> str:
    """SQLSTATE (``connection`` when there is none) and the first line of the message, for logs and dead letters."""
    text = str(error).strip() or repr(error)
    return f"{error.sqlstate or 'connection'}: {text.splitlines()[0]}"
