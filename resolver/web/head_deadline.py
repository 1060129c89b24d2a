"""HTTP/1.1 connections that must say what they want: a request's head has a deadline, from the first moment or byte on.

uvicorn's own timeout is for the pause between two requests, and ends with the first byte of the next.
"""

import asyncio

import h11
from typing_extensions import override
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_S = 10.0


class HeadDeadline(H11Protocol):
    """Closes a connection whose head is not whole within ``HEAD_S`` seconds, however its bytes come.

    Where all connections are taken, a new one takes the place of the one that has been longest without a whole request:
    who says little can't keep out who says all at once. Requests that wait for their answers stay.
    """

    _late: asyncio.TimerHandle | None = None
    unfinished_since = 0.0

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        super().connection_made(transport)
        self.unfinished_since = self.loop.time()
        self._make_room()
        self._expect_head()

    @override
    def data_received(self, data: bytes) -> None:
        if self.cycle is not None and self.cycle.response_complete:
            self.unfinished_since = self.loop.time()  # the next request's first bytes
        super().data_received(data)
        self._expect_head()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _make_room(self) -> None:
        if self.limit_concurrency is None or len(self.connections) < self.limit_concurrency:
            return
        others = [each for each in self.connections if isinstance(each, HeadDeadline) and each is not self]
        unfinished = [each for each in others if each.conn.their_state in (h11.IDLE, h11.SEND_BODY)]
        if unfinished:
            longest = min(unfinished, key=lambda each: each.unfinished_since)
            self.connections.discard(longest)  # at once: the loop hears of its end later
            longest.transport.close()

    def _expect_head(self) -> None:
        if self.conn.their_state is not h11.IDLE:
            self._stop_waiting()
        elif self._late is None:
            self._late = self.loop.call_later(HEAD_S, self._give_up)

    def _stop_waiting(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _give_up(self) -> None:
        self._late = None
        if self.conn.their_state is h11.IDLE and (self.cycle is None or self.cycle.response_complete):
            self.transport.close()
