"""The public's looks: one question, one round trip, on connections that see what the public may see.

Connections are of a role of their own, which may see it and little else, so that no statement has to set anything;
statements run by themselves, so that none has to begin or end anything; their plans are made once, since a unit's
history costs more to plan than to read. (Several statements in libpq's pipeline mode were slower: psycopg's part of it
is written in Python.)
"""

from collections.abc import Callable, Sequence
from typing import Any, LiteralString, Protocol, TypeVar

from psycopg import Connection, DataError, OperationalError, errors
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout

from resolver.store.pool_state import pool_state
from resolver.store.session import LONGEST_STATEMENT_S, Cursor, Row
from resolver.watch.metrics import PoolState
from schemas.errors import Invalid, StoreTooSlow, StoreUnavailable

Answer = TypeVar("Answer")

OPTIONS = f"-c statement_timeout={LONGEST_STATEMENT_S * 1000} -c plan_cache_mode=force_generic_plan -c jit=off"
"""What makes a connection one of the public's."""


class PublicReader(Protocol):
    """Where questions are put; each gets a cursor of its own."""

    def execute(self, query: LiteralString, params: Sequence[Any] | dict[str, Any], /) -> Cursor:
        """Ask one question."""


class NotCached(Exception):
    """Raised when a name is needed that is not in memory."""


class CacheOnly:
    """A look that asks nobody."""

    def execute(self, _query: LiteralString, _params: Sequence[Any] | dict[str, Any], /) -> Cursor:
        """Refuse.

        :raises NotCached: always.
        """
        raise NotCached


class PublicPool:
    """A pool of such connections as role ``suyuan_public``."""

    def __init__(self, database_url: str, *, pool_size: int, wait_s: float = 3.0) -> None:
        self._pool: ConnectionPool[Connection[Row]] = ConnectionPool(
            database_url,
            min_size=0,
            max_size=pool_size,
            timeout=wait_s,
            open=False,
            kwargs={
                "row_factory": dict_row,
                "autocommit": True,
                "prepare_threshold": 2,
                "connect_timeout": max(2, round(wait_s)),
                "options": OPTIONS,
            },
            name="looks",
        )
        self.query_count = 0

    def open(self) -> None:
        """Begin to connect, in the background."""
        self._pool.open(wait=False)

    def close(self) -> None:
        """Give all connections back."""
        self._pool.close()

    @property
    def state(self) -> PoolState:
        """How many connections there are, and who waits for one."""
        return pool_state(self._pool)

    def ask(self, question: Callable[[PublicReader], Answer]) -> Answer:
        """What ``question`` finds out. It only reads: when a connection turns out to be dead, it is asked once more.

        :raises StoreUnavailable: the server can't be reached.
        :raises Invalid: a value is of no form that the store knows.
        """
        self.query_count += 1
        try:
            return self._ask(question)
        except (PoolTimeout, PoolClosed) as error:
            raise StoreUnavailable(str(error)) from error
        except (errors.UndefinedTable, errors.UndefinedColumn, errors.InvalidSchemaName) as error:
            raise StoreUnavailable("the store's schema is not this program's; run the migrations") from error
        except DataError as error:
            raise Invalid("unstorable", "A value is of no form that the store knows.", "Check the values.") from error
        except errors.QueryCanceled as error:  # an OperationalError, but its connection is alive
            raise StoreTooSlow(str(error).strip()) from error
        except OperationalError:
            try:
                self._pool.check()  # the others are likely to have died with it
                return self._ask(question)
            except (OperationalError, PoolTimeout, PoolClosed) as error:
                raise StoreUnavailable(str(error).strip() or type(error).__name__) from error

    def _ask(self, question: Callable[[PublicReader], Answer]) -> Answer:
        with self._pool.connection() as connection:
            return question(connection)
