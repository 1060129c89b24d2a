"""Middleware for a code's address: most requests are for one, and the router would try its route last.

It recognises the usual codes by their path, past routing and the reading of parameters. What it responds is decided and
made by the same modules as for the routes of :mod:`resolver.consumer.code_api`.
"""

import re
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from resolver.consumer.code_api import read_visit
from resolver.services import Services
from schemas.errors import SuyuanError

_CODE = re.compile(r"/(?:[0-9A-Za-z]{64,}/)?(?:01/[0-9]{13,14}|00/[0-9]{18})(?:/|$)")


class CodeFastPath:
    """Answers GET and HEAD for codes, and their errors by ``problem``; all else goes to ``app``.

    Most verdicts and links are answered on the event loop, since threads would only wait for each other; what may have
    to wait for the store in another way goes to a thread.
    """

    def __init__(
        self, app: ASGIApp, *, services: Services, problem: Callable[[Request, SuyuanError], Response]
    ) -> None:
        self._app = app
        self._services = services
        self._problem = problem

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass the request on."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD") or not _CODE.match(scope["path"]):
            await self._app(scope, receive, send)
            return
        request, responder = Request(scope), self._services.responder
        try:
            if self._services.settings.limits_are_shared:  # counting then waits for a storage
                visit = await run_in_threadpool(read_visit, request, self._services)
            else:
                visit = read_visit(request, self._services)
            response = await responder.respond_on_event_loop(visit)
            if response is None:
                response = await run_in_threadpool(responder.respond, visit)
        except SuyuanError as error:
            response = self._problem(request, error)
        await response(scope, receive, send)
