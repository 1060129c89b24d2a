"""Batches by HTTP, for readers behind firewalls and for phones: the same signed bytes in, the receipt as the answer.

``POST /capture/{org}/{reader}`` answers 200 with the receipt once the transaction has committed. Everything else is a
problem document (RFC 9457), and means: keep the batch, and send the same bytes again.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.capture.authorisation import ReaderAuthenticator
from gateway.ingest.http_inbox import HttpInbox
from gateway.message import decoding
from schemas import enrolment
from schemas.errors import InvalidMessage, Retryable
from schemas.event import MAX_MESSAGE_BYTES
from schemas.problem import MEDIA_TYPE, Problem
from schemas.topics import NAME, Address

RETRY_AFTER_S = 5
_BODY_S = 10.0
_BODIES_PER_READER = 4
"""Bodies of one reader that are on their way at a time: slow ones leave room for other readers'."""
_DISCARDED_BYTES = 4 << 20
_VERIFYING = 2
"""Messages that are verified at a time, each with a copy of up to a megabyte."""
_ENROLMENT_BYTES = 4096
_STATUS = {"unknown_reader": 401, "unknown_key": 401, "bad_signature": 401, "revoked_key": 403}
_PAGE = Path(__file__).with_name("page")

_BUSY = Problem(
    503, "busy", "Too much is waiting for the store.", "Keep the batch and send the same bytes after Retry-After."
)
_WAITING = Problem(
    503, "no_receipt_yet", "The batch is not committed yet.", "Keep it and send the same bytes after Retry-After."
)
_NO_READER = Problem(404, "topic", "The address names no reader.", "Use /capture/{org}/{reader}, ids as enrolled.")
_TOO_LARGE = Problem(413, "too_large", f"A batch has at most {MAX_MESSAGE_BYTES} bytes.", "Cut smaller batches.")
_CUT_SHORT = Problem(408, "cut_short", "The request did not come whole in time.", "Send the same bytes again.")

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(self), geolocation=(self), microphone=()",
    "Cache-Control": "no-cache",
}


def create_app(
    inbox: HttpInbox, authenticator: ReaderAuthenticator, registry: CollectorRegistry, *, wait_s: float
) -> Starlette:
    """The ASGI application. A request waits at most ``wait_s`` seconds for its receipt."""
    requests = Counter("suyuan_capture_requests", "HTTP captures, by status", ["status"], registry=registry)

    bounds = _Bounds()

    async def capture(request: Request) -> Response:
        try:
            response = await _capture(request, inbox, authenticator, bounds, wait_s)
        except InvalidMessage as error:
            status = _STATUS.get(error.reason, 400)
            fix = "docs/protocol.md, section 8, says what to do about this reason."
            response = problem_response(Problem(status, error.reason, error.detail, fix))
        except Retryable as error:
            response = problem_response(Problem(503, "unavailable", str(error)[:200], _BUSY.fix))
        requests.labels(str(response.status_code)).inc()
        return response

    async def redeem(request: Request) -> Response:
        try:
            return await _redeem(request, authenticator)
        except InvalidMessage as error:
            return problem_response(Problem(400, error.reason, error.detail, "Correct the field that is named."))
        except Retryable as error:
            return problem_response(Problem(503, "unavailable", str(error)[:200], "Send the same request again."))

    def health(_: Request) -> Response:
        return JSONResponse({"ready": inbox.connected})

    async def to_page(_: Request) -> Response:
        return RedirectResponse("/reader/")

    return Starlette(
        routes=[
            Route("/capture/{org}/{reader}", capture, methods=["POST"]),
            Route("/enrolments/redemption", redeem, methods=["POST"]),
            Route("/health", health),
            Route("/reader", to_page),
            Mount("/reader", StaticFiles(directory=_PAGE, html=True)),
        ],
        exception_handlers={HTTPException: _http_problem},
        middleware=[Middleware(Guarded)],
    )


class _Bounds:
    """Bounds how many bodies are read of one reader, and how many messages are verified, at a time."""

    def __init__(self) -> None:
        self.verifying = asyncio.Semaphore(_VERIFYING)
        self._reading: dict[Address | None, list[asyncio.Timeout]] = {}

    @asynccontextmanager
    async def reading(self, address: Address | None) -> AsyncIterator[None]:
        """A body of a reader's, or of nobody's (None), is read within.

        Where enough are on their way, the longest is given up: nobody keeps a reader waiting by dripping in its name.

        :raises TimeoutError: this body was given up.
        """
        async with asyncio.timeout(None) as place:
            under_way = self._reading.setdefault(address, [])
            if len(under_way) >= _BODIES_PER_READER and not under_way[0].expired():
                under_way.pop(0).reschedule(0)
            under_way.append(place)
            try:
                yield
            finally:
                if place in under_way:
                    under_way.remove(place)
                if not under_way and self._reading.get(address) is under_way:
                    del self._reading[address]


async def _capture(
    request: Request, inbox: HttpInbox, authenticator: ReaderAuthenticator, bounds: _Bounds, wait_s: float
) -> Response:
    org_id, reader_id = request.path_params["org"], request.path_params["reader"]
    if not (NAME.fullmatch(org_id) and NAME.fullmatch(reader_id)):
        return problem_response(_NO_READER)
    address = Address(org_id, reader_id)
    try:
        # Before the body: nobody fills the memory under a name that nobody has.
        keys = await run_in_threadpool(authenticator.keys_of, address)
    except InvalidMessage:
        with suppress(TimeoutError):
            async with bounds.reading(None):
                await _body(request, 0)  # who is cut off while it sends never sees the answer
        raise
    try:
        async with bounds.reading(address):
            body = await _body(request, MAX_MESSAGE_BYTES)
    except TimeoutError:
        return problem_response(_CUT_SHORT)
    if isinstance(body, Problem):
        return problem_response(body)
    async with bounds.verifying:
        await run_in_threadpool(decoding.authenticate, address, body, keys)
    loop = asyncio.get_running_loop()
    answered: asyncio.Future[bytes | None] = loop.create_future()

    def settle(receipt: bytes | None) -> None:
        if not answered.done():
            answered.set_result(receipt)

    if not inbox.offer(address, body, lambda receipt: loop.call_soon_threadsafe(settle, receipt)):
        return problem_response(_BUSY)
    try:
        receipt = await asyncio.wait_for(answered, wait_s)
    except TimeoutError:
        return problem_response(_WAITING)
    return problem_response(_BUSY) if receipt is None else Response(receipt, media_type="application/json")


async def _redeem(request: Request, authenticator: ReaderAuthenticator) -> Response:
    body = await _body(request, _ENROLMENT_BYTES)
    if isinstance(body, Problem):
        return problem_response(body)
    redemption = enrolment.redemption_from_json(body)
    if not redemption.proven:
        return problem_response(enrolment.NOT_PROVEN)
    outcome, org_id, reader_id, site_id = await run_in_threadpool(
        authenticator.redeem, redemption.token_hash, redemption.kid, redemption.public_key
    )
    if outcome in enrolment.REFUSALS:
        return problem_response(enrolment.REFUSALS[outcome])
    answer = {"org_id": org_id, "reader_id": reader_id, "site_id": site_id or None, "kid": redemption.kid.hex()}
    return JSONResponse(answer, 201 if outcome == "enrolled" else 200)


async def _body(request: Request, max_bytes: int) -> bytes | Problem:
    """The body; of one that is too large the rest is read, up to a limit, and thrown away."""
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(_BODY_S):
            async for part in request.stream():
                size += len(part)
                if size <= max_bytes:
                    parts.append(part)
                elif size > _DISCARDED_BYTES:
                    break
                else:
                    parts.clear()
    except (TimeoutError, ClientDisconnect):
        return _CUT_SHORT
    return b"".join(parts) if size <= max_bytes else _TOO_LARGE


def problem_response(problem: Problem) -> Response:
    """The problem document; one of status 503 has a Retry-After."""
    headers = {"Retry-After": str(RETRY_AFTER_S)} if problem.status == 503 else None
    return JSONResponse(problem.to_document(), problem.status, headers, media_type=MEDIA_TYPE)


async def _http_problem(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return problem_response(
        Problem(
            status, "not_found" if status == 404 else "http_error", "There is nothing here.", "See docs/protocol.md."
        )
    )


class Guarded:
    """Adds the headers that every answer has."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_guarded)
