"""The short way to a code's address: it is what nearly every request asks for, and a router would try it last.

Found by its path alone, it goes past routing and the reading of parameters; what it does is what the routes of
:mod:`resolver.consumer.code_api` do.
"""

import re
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from resolver.consumer import code_api
from resolver.services import Services
from schemas.errors import SuyuanError

_CODE = re.compile(r"/(?:[0-9A-Za-z]{64,}/)?(?:01/[0-9]{13,14}|00/[0-9]{18})(?:/|$)")


class CodeFastPath:
    """Answers GET and HEAD for codes, and their errors by ``problem``; all else goes to ``app``.

    A verdict is answered in the event loop, since threads would only wait for each other; what may wait for the store
    in another way goes to a thread.
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
        request = Request(scope)
        try:
            if self._services.settings.limits_are_shared:  # counting then waits for a storage
                question = await run_in_threadpool(code_api.read, request, self._services)
            else:
                question = code_api.read(request, self._services)
            response = await code_api.answer_on_event_loop(request, self._services, question)
            if response is None:
                response = await run_in_threadpool(code_api.answer, request, self._services, question)
        except SuyuanError as error:
            response = self._problem(request, error)
        await response(scope, receive, send)
