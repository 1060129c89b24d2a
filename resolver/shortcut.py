"""The short way to a code's address: it is what nearly every request asks for, and a router would try it last.

Found by its path alone, it goes past routing and the reading of parameters; what it does is what the routes of
:mod:`resolver.consumer_api` do.
"""

import re
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from resolver.services import Services
from schemas.errors import SuyuanError

_CODE = re.compile(r"/(?:[0-9A-Za-z]{64,}/)?(?:01/[0-9]{13,14}|00/[0-9]{18})(?:/|$)")


class Shortcut:
    """Answers GET and HEAD for codes by ``answer``, and their errors by ``problem``; all else goes to ``app``."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        services: Services,
        answer: Callable[[Request, Services], Response],
        problem: Callable[[Request, SuyuanError], Response],
    ) -> None:
        self._app = app
        self._services = services
        self._answer = answer
        self._problem = problem

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass the request on."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD") or not _CODE.match(scope["path"]):
            await self._app(scope, receive, send)
            return
        response = await run_in_threadpool(self._answered, Request(scope))
        await response(scope, receive, send)

    def _answered(self, request: Request) -> Response:
        try:
            return self._answer(request, self._services)
        except SuyuanError as error:
            return self._problem(request, error)
