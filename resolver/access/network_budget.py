"""What one network may use of everybody's doors: requests by their cost, and few of them at a time.

Addresses of codes are not limited here: :mod:`resolver.access.admission` has their limits, by code and phone too.
"""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from resolver.access import client_network
from resolver.access.admission import too_many_requests
from resolver.access.limits import RateLimit
from resolver.access.request_cost import FREE, WRONG_TOKEN, cost_of
from resolver.web.responses import problem_response

RUNNING = 8
"""Requests of one network that are worked on at a time: fewer than there are threads and connections to the store."""
WAITING = 64
"""Requests of one network that wait for others of it to end; more are refused."""


Answer = TypeVar("Answer")


class NetworkBudget:
    """Refuses with 429 what a network asks beyond ``limit``, and lets it have ``RUNNING`` requests under way.

    So a flood waits for itself. ``clock``: seconds since 1970. ``shared``: counting waits for a storage.
    """

    def __init__(self, app: ASGIApp, *, limit: RateLimit, clock: Callable[[], float], shared: bool) -> None:
        self._app = app
        self._limit = limit
        self._clock = clock
        self._shared = shared
        self._shares: dict[str, _Share] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 429."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        cost = cost_of(scope["method"], scope["path"], scope["query_string"].decode("latin-1"))
        has_token = any(name == b"authorization" for name, _ in scope["headers"])
        if cost == FREE and not has_token:
            await self._app(scope, receive, send)
            return
        network = client_network.block(scope["client"][0] if scope.get("client") else None)
        wait = await self._counted(self._limit.wait_s, network, cost)
        share = self._shares.setdefault(network, _Share())
        if wait or share.is_full:
            self._forget(network, share)
            await problem_response(too_many_requests(wait or 1.0))(scope, receive, send)
            return
        watched = self._watched(send, network, has_token=has_token)
        try:
            if cost == FREE:
                await self._app(scope, receive, watched)
            else:
                await share.run(self._app, scope, receive, watched)
        finally:
            self._forget(network, share)

    def _watched(self, send: Send, network: str, *, has_token: bool) -> Send:
        async def sent(message: Message) -> None:
            if has_token and message["type"] == "http.response.start" and message["status"] == 401:
                await self._counted(self._limit.charge, network, WRONG_TOKEN)
            await send(message)

        return sent

    async def _counted(self, count: Callable[[str, float, float], Answer], network: str, cost: float) -> Answer:
        now = self._clock()
        return await run_in_threadpool(count, network, now, cost) if self._shared else count(network, now, cost)

    def _forget(self, network: str, share: "_Share") -> None:
        if share.is_idle:
            self._shares.pop(network, None)


class _Share:
    """The requests of one network that are under way, and those that wait for them."""

    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(RUNNING)
        self._requests = 0

    @property
    def is_full(self) -> bool:
        return self._requests >= RUNNING + WAITING

    @property
    def is_idle(self) -> bool:
        return not self._requests

    async def run(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Run a request; from the beginning of its answer on it counts no more, since what streams has own limits."""
        has_slot = False

        def release() -> None:
            nonlocal has_slot
            if has_slot:
                has_slot = False
                self._slots.release()

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                release()
            await send(message)

        self._requests += 1
        try:
            has_slot = await self._slots.acquire()
            await app(scope, receive, sent)
        finally:
            release()
            self._requests -= 1
