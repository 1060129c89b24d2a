"""Middleware: each request has an id, which its log lines and its answer carry, is counted, and may be traced."""

import logging
import secrets
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from resolver.watch.metrics import RequestMetrics
from resolver.watch.route import limit_of, method_of, route_of

HEADER = b"x-request-id"
CUT_OFF = 499
"""Counted where nobody waited for the answer; as proxies have it."""

Spans = Callable[[str], AbstractContextManager["Ended"]]
"""Opens a span for a request of this method; the value that it gives is told how the request ended."""
Ended = Callable[[str, int], None]
"""Told the route's template and the status."""

_log = logging.getLogger(__name__)


def no_span(_method: str) -> AbstractContextManager[Ended]:
    """Traces nothing."""
    return nullcontext(lambda _route, _status: None)


class Watched:
    """Watches all requests. No path, query, header or sender comes into a metric, a line or a span."""

    def __init__(self, app: ASGIApp, *, metrics: RequestMetrics, spans: Spans = no_span) -> None:
        self._app = app
        self._metrics = metrics
        self._spans = spans

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id, started, status = secrets.token_hex(8), time.perf_counter(), CUT_OFF

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": [*message.get("headers", []), (HEADER, request_id.encode())]}
            await send(message)

        method = method_of(scope["method"])
        with bound_contextvars(request_id=request_id), self._spans(method) as ended:
            try:
                await self._app(scope, receive, sent)
            finally:
                route = route_of(scope["path"], scope.get("route"))
                took = time.perf_counter() - started
                self._metrics.answered(route, method, status, took, limit_of(route, status))
                ended(route, status)
                seen = {"route": route, "method": method, "status": status, "ms": round(1000 * took, 1)}
                _log.debug("answered", extra=seen)
