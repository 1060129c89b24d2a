"""Prepared statements that the event loop executes itself: no thread is woken, one round trip is made.

For the queries of nearly every request; docs/resolver.md ("Speed") says what it gains. libpq's asynchronous calls do
the work (PostgreSQL documentation, "Asynchronous Command Processing"). A query that fails here may be repeated
through :mod:`resolver.store.public_pool`, which waits, reconnects and says what was wrong.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

from psycopg import Connection, Error, errors
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn, PGresult
from starlette.concurrency import run_in_threadpool

from resolver.store.public_pool import OPTIONS
from schemas.errors import StoreTooSlow, StoreUnavailable

_PARAMETER = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A statement as the server knows it, and its parameters in order."""

    name: bytes
    text: bytes
    parameters: tuple[str, ...]


def _prepared(number: int, statement: LiteralString) -> _Prepared:
    names = tuple(dict.fromkeys(_PARAMETER.findall(statement)))
    text = _PARAMETER.sub(lambda match: f"${names.index(match[1]) + 1}", statement)
    return _Prepared(b"prepared%d" % number, text.encode(), names)


class PreparedPool:
    """Connections that have prepared ``statements``, whose parameters are named as psycopg's are.

    Each statement gives one row. Not for use from threads: it belongs to the event loop that asks.
    """

    def __init__(
        self, database_url: str, statements: Sequence[LiteralString], *, pool_size: int, wait_s: float = 3.0
    ) -> None:
        self._database_url = database_url
        self._prepared = {each: _prepared(number, each) for number, each in enumerate(statements)}
        self._pool_size = pool_size
        self._wait_s = wait_s
        self._loop: asyncio.AbstractEventLoop | None = None
        self._room = asyncio.Semaphore(pool_size)
        self._idle: list[Connection[Any]] = []
        self.query_count = 0

    async def ask(self, statement: LiteralString, parameters: Mapping[str, object]) -> list[bytes | None]:
        """The row's columns as text, for one of the statements.

        :raises StoreTooSlow: there was no answer in time.
        :raises StoreUnavailable: the server gave an error, or is away.
        """
        self.query_count += 1
        self._belong()
        prepared, room = self._prepared[statement], self._room
        values = [_text(parameters[name]) for name in prepared.parameters]
        try:
            async with asyncio.timeout(self._wait_s):
                await room.acquire()
            try:
                return await self._execute(prepared, values)
            finally:
                room.release()
        except (TimeoutError, errors.QueryCanceled) as error:
            raise StoreTooSlow(f"no answer within {self._wait_s:g} s") from error
        except (Error, OSError) as error:
            self.close()  # where one connection has died, the idle ones are likely to be dead as well
            raise StoreUnavailable(str(error).strip() or type(error).__name__) from error

    async def _execute(self, prepared: _Prepared, values: Sequence[bytes | None]) -> list[bytes | None]:
        connection = self._idle.pop() if self._idle else await run_in_threadpool(self._connected)
        try:
            async with asyncio.timeout(self._wait_s):
                row = await _exchange(connection.pgconn, prepared.name, values)
        except BaseException:
            connection.close()  # a row that is still to come must not be taken for another query's
            raise
        self._idle.append(connection)
        return row

    def close(self) -> None:
        """Give all connections back. Called in the event loop, when nothing is asked any more."""
        while self._idle:
            self._idle.pop().close()

    def _belong(self) -> None:
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self.close()
            self._loop, self._room = loop, asyncio.Semaphore(self._pool_size)

    def _connected(self) -> Connection[Any]:
        connection = Connection.connect(
            self._database_url, autocommit=True, connect_timeout=max(2, round(self._wait_s)), options=OPTIONS
        )
        for each in self._prepared.values():
            result = connection.pgconn.prepare(each.name, each.text)
            if result.status != ExecStatus.COMMAND_OK:
                connection.close()
                raise errors.error_from_result(result)
        connection.pgconn.nonblocking = 1
        return connection


async def _exchange(link: PGconn, name: bytes, values: Sequence[bytes | None]) -> list[bytes | None]:
    """Send, and read when there is something to be read."""
    loop = asyncio.get_running_loop()
    answered: asyncio.Future[PGresult] = loop.create_future()

    def read() -> None:
        try:
            link.consume_input()
            if not link.is_busy() and not answered.done():
                answered.set_result(_whole(link))
        except Error as error:
            if not answered.done():
                answered.set_exception(error)

    link.send_query_prepared(name, values)
    socket = link.socket
    loop.add_reader(socket, read)
    try:
        if link.flush():
            raise errors.OperationalError("the server takes no questions at the moment")
        result = await answered
    finally:
        loop.remove_reader(socket)
    if result.status != ExecStatus.TUPLES_OK:
        raise errors.error_from_result(result)
    return [result.get_value(0, column) for column in range(result.nfields)]


def _whole(link: PGconn) -> PGresult:
    """The one result of a statement, and past it the end of the answer."""
    result = link.get_result()
    if result is None:
        raise errors.OperationalError("the server gave no result")
    while link.get_result() is not None:
        pass
    return result


def _text(value: object) -> bytes | None:
    """A parameter in PostgreSQL's text format."""
    match value:
        case None:
            return None
        case datetime():
            return value.isoformat().encode()
        case _:
            return str(value).encode()
