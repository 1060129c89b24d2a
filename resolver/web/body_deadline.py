"""A deadline for bodies: whoever sends one a byte at a time holds what others wait for."""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from resolver.web.problems import Problem
from resolver.web.responses import problem_response

FIRST_S = 30.0
LEAST_BYTES_S = 16 * 1024
"""How fast a body comes at least, after the first ``FIRST_S`` seconds."""

_TOO_SLOW = Problem(
    408, "too_slow", "The body did not come in time.", "Send it again over a faster line, or less of it.",
    headers={"Connection": "close"},
)  # fmt: skip


class _TooSlow(Exception):
    """Raised where the body is read."""


class BodyDeadline:
    """Answers 408 when a body comes too slowly."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self._app(scope, receive, send)
            return
        loop = asyncio.get_running_loop()
        deadline, whole, begun = loop.time() + FIRST_S, False, False

        async def received() -> Message:
            nonlocal deadline, whole
            if whole:
                return await receive()
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError:
                raise _TooSlow from None
            deadline += len(message.get("body", b"")) / LEAST_BYTES_S
            whole = not message.get("more_body", False)
            return message

        async def sent(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, received, sent)
        except _TooSlow:
            if begun:
                raise
            await problem_response(_TOO_SLOW)(scope, receive, send)
