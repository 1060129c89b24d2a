"""What every answer and every request is held to: security headers and a limit on bodies."""

import re
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from resolver.web.problems import Problem
from resolver.web.responses import problem_response

MAX_BODY_BYTES = 64 * 1024
DRAINED = 16
"""Times the limit that is read and thrown away: a client that is cut off while it sends never sees the answer."""

# Pages load only what we serve; a page that needs an inline style says so by its own header.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = [
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"geolocation=(self), camera=(), microphone=()"),
]


_HSTS = (b"strict-transport-security", b"max-age=31536000")
"""RFC 6797: a year of https only. Subdomains are the domain owner's business."""


class SecurityHeaders:
    """Adds the headers that an answer does not set itself; ``https``: also that this host speaks https only."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        self._headers = [*_HEADERS, _HSTS] if https else _HEADERS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", []))
                present = {name.lower() for name, _ in headers}
                message = {**message, "headers": headers + [each for each in self._headers if each[0] not in present]}
            await send(message)

        await self._app(scope, receive, send_with_headers)


class PublicScheme:
    """Gives each request the scheme of the public address, whatever a proxy says of it: cookies are Secure by it."""

    def __init__(self, app: ASGIApp, *, scheme: str) -> None:
        self._app = app
        self._scheme = scheme

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        await self._app({**scope, "scheme": self._scheme} if scope["type"] == "http" else scope, receive, send)


class Accidents:
    """Turns an error that nobody expected into an answer, and keeps the connection.

    When the answer has begun already, the error goes on to the server, which cuts the connection.
    """

    def __init__(self, app: ASGIApp, *, answer: Callable[[Request, Exception], Response]) -> None:
        self._app = app
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        begun = False

        async def watched_send(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, watched_send)
        except Exception as error:
            if begun or scope["type"] != "http":
                raise
            response = await run_in_threadpool(self._answer, Request(scope), error)
            await response(scope, receive, send)


class BodyLimit:
    """Refuses a body of more than ``most`` bytes before a handler reads it all.

    Handlers at the paths in ``streamed``, and at those like ``uploads``, read by portions and count for themselves.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        most: int = MAX_BODY_BYTES,
        streamed: frozenset[str] = frozenset(),
        uploads: re.Pattern[str] | None = None,
    ) -> None:
        self._app = app
        self._most = most
        self._streamed = streamed
        self._uploads = uploads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 413."""
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS") or self._counts(scope["path"]):
            await self._app(scope, receive, send)
            return
        body, received, more = b"", 0, True
        while more and received <= DRAINED * self._most:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            part = message.get("body", b"")
            received += len(part)
            body = body + part if received <= self._most else b""
            more = message.get("more_body", False)
        if received > self._most:
            problem = Problem(
                413, "too_large", f"A request has at most {self._most} bytes.", "Send less, or in several requests."
            )
            await problem_response(problem)(scope, receive, send)
            return
        delivered = False

        async def replay() -> Message:
            nonlocal delivered
            if delivered:
                return await receive()
            delivered = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, replay, send)

    def _counts(self, path: str) -> bool:
        return path in self._streamed or (self._uploads is not None and self._uploads.fullmatch(path) is not None)
