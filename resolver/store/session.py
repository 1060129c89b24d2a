"""Transactions, each bound to what its caller may see."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

from psycopg import Connection, DataError, OperationalError, ServerCursor, errors, sql
from psycopg import Cursor as PsycopgCursor
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout

from resolver.store.fair_share import FairShare
from resolver.store.pool_state import pool_state
from resolver.watch.metrics import PoolState
from schemas.errors import Conflict, Invalid, StoreUnavailable

Row = dict[str, Any]
Cursor = PsycopgCursor[Row]


@dataclass(frozen=True, slots=True)
class Scope:
    """On whose behalf a transaction runs: row-level security shows it that organisation's rows, or its mandate's."""

    org_id: str = ""
    mandate: str = ""


PUBLIC = Scope()
"""Nobody in particular: what it may see follows from the role that the store was opened as."""

OPERATOR = Scope(mandate="operator")
"""Who runs the platform, at its command line."""

LONGEST_STATEMENT_S = 30
"""After so long the server gives a statement up; of an export, each portion counts by itself."""


LONGEST_PAUSE_S = 60
"""After so long without a statement the server ends a transaction: nobody is going on with it."""

EXPORTS = 4
"""Exports under way at a time. Each has a connection, and a snapshot of the store, for as long as its reader takes."""

EXPORTS_PER_ORG = 2


class Store:
    """Two pools of connections as the role of ``database_url``: for transactions, and for exports, which last.

    Connections open when they are first needed.
    """

    def __init__(self, database_url: str, *, pool_size: int = 10, wait_s: float = 3.0) -> None:
        self._pool = _pool(database_url, "resolver", pool_size, wait_s)
        self._exports = _pool(database_url, "exports", EXPORTS, wait_s)
        self._share = FairShare((pool_size + 1) // 2, wait_s)
        self._exporting: Counter[str] = Counter()
        self._lock = threading.Lock()

    def open(self) -> None:
        """Begin to connect, in the background."""
        self._pool.open(wait=False)
        self._exports.open(wait=False)

    def close(self) -> None:
        """Give all connections back."""
        self._pool.close()
        self._exports.close()

    def pools(self) -> dict[str, PoolState]:
        """The state of both pools."""
        return {"transactions": pool_state(self._pool), "exports": pool_state(self._exports)}

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def transaction(self, scope: Scope) -> Iterator[Cursor]:
        """A transaction that sees what ``scope`` may see; it commits when the block ends without an error.

        :raises StoreUnavailable: the server can't be reached or asks to try again, or the organisation (the public, or
            tokens that are looked up) has half of the connections already.
        :raises Invalid: a text has a character that PostgreSQL can't store, or a value is against a rule of the store.
        :raises Conflict: a key is taken, where nobody has looked for that before.
        """
        try:
            share = self._share.of(scope.org_id or f"/{scope.mandate}")
            with share, self._pool.connection() as connection, connection.cursor() as cursor:
                _set_scope(cursor, scope)
                yield cursor
        except (OperationalError, PoolTimeout, PoolClosed, errors.SerializationFailure) as error:
            raise StoreUnavailable(str(error).strip() or type(error).__name__) from error
        except (errors.UndefinedTable, errors.UndefinedColumn, errors.InvalidSchemaName) as error:
            raise StoreUnavailable("the store's schema is not this program's; run the migrations") from error
        except (errors.UniqueViolation, errors.RestrictViolation) as error:
            raise Conflict(
                "exists", "It is there already, or is a record that stays.", "Look what is there."
            ) from error
        except (errors.CheckViolation, errors.ForeignKeyViolation, errors.NotNullViolation) as error:
            rule = error.diag.constraint_name or error.diag.column_name
            raise Invalid("unstorable", f"A value is against rule {rule} of the store.", "Check the values.") from error
        except (DataError, UnicodeEncodeError) as error:
            raise Invalid(
                "unstorable",
                "A text holds a character that can't be stored.",
                "Leave NUL and half characters out.",
            ) from error

    @contextmanager
    def streaming(self, scope: Scope) -> Iterator[tuple[Cursor, ServerCursor[Row]]]:
        """A transaction with a plain cursor and a server-side one, whose rows come in portions of ``itersize``.

        :raises StoreUnavailable: as :meth:`transaction`, or too many exports are under way.
        """
        try:
            with self._slot(scope.org_id), self._exports.connection() as connection, connection.cursor() as cursor:
                _set_scope(cursor, scope)
                with ServerCursor(connection, "export", row_factory=dict_row) as stream:
                    stream.itersize = 1000
                    yield cursor, stream
        except (OperationalError, PoolTimeout, PoolClosed) as error:
            raise StoreUnavailable(str(error).strip() or type(error).__name__) from error

    @contextmanager
    def _slot(self, org_id: str) -> Iterator[None]:
        with self._lock:
            if self._exporting[org_id] >= EXPORTS_PER_ORG:
                raise StoreUnavailable(f"{EXPORTS_PER_ORG} exports of this organisation are under way; let one end")
            self._exporting[org_id] += 1
        try:
            yield
        finally:
            with self._lock:
                self._exporting[org_id] -= 1

    def ping(self) -> None:
        """One round trip.

        :raises StoreUnavailable: it failed.
        """
        with self.transaction(Scope()) as cursor:
            cursor.execute("SELECT 1")


def _pool(database_url: str, name: str, size: int, wait_s: float) -> ConnectionPool[Connection[Row]]:
    limits = f"-c statement_timeout={LONGEST_STATEMENT_S}s -c idle_in_transaction_session_timeout={LONGEST_PAUSE_S}s"
    return ConnectionPool(
        database_url,
        min_size=0,
        max_size=size,
        timeout=wait_s,
        open=False,
        kwargs={"row_factory": dict_row, "connect_timeout": max(2, round(wait_s)), "options": limits},
        check=ConnectionPool.check_connection,
        name=name,
    )


def _set_scope(cursor: Cursor, scope: Scope) -> None:
    if scope == PUBLIC:
        return  # as every transaction begins: what another one set was its own
    # SET, not set_config(): a store that is spread over machines passes it on to all of them.
    cursor.execute(
        sql.SQL("SET LOCAL suyuan.org TO {}; SET LOCAL suyuan.mandate TO {}").format(
            sql.Literal(scope.org_id), sql.Literal(scope.mandate)
        )
    )
