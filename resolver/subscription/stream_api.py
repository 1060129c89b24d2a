"""Notices as a live stream: server-sent events (WHATWG HTML, section 9.2)."""

import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from resolver.access.audit import audit_access
from resolver.access.authentication import MakerDealerOrRegulator, identify, token_hash
from resolver.access.caller import Caller
from resolver.services import Services, With
from resolver.subscription import notice_store
from resolver.subscription.live_events import Page, live_events
from resolver.web import openapi
from resolver.web.problems import Refused
from resolver.web.request import bearer_token
from resolver.web.responses import to_json
from schemas.notice import Interest

router = APIRouter(prefix="/api/v1", tags=["alerts"])

HEARTBEAT_S = 15.0
PAGE_SIZE = 100
"""Notices read in one round trip to the store."""


@router.get(
    "/alerts/stream",
    summary="Alerts as they happen",
    responses=openapi.file_shown("text/event-stream", "id: 42\nevent: opened\ndata: {…}\n\n"),
)
async def stream(
    request: Request,
    services: With,
    caller: MakerDealerOrRegulator,
    last_event_id: Annotated[str | None, Header(pattern="^[0-9]{1,18}$")] = None,
    kind: Annotated[list[str], Query(max_length=50)] = [],  # noqa: B006 -- FastAPI copies it
    gtin: Annotated[list[str], Query(max_length=1000)] = [],  # noqa: B006 -- as above
    market: Annotated[list[str], Query(max_length=1000)] = [],  # noqa: B006 -- as above
    change: Annotated[list[str], Query(max_length=50)] = [],  # noqa: B006 -- as above
) -> Response:
    """Notices as server-sent events, each with its number as id.

    Last-Event-ID goes on behind that one; without it the stream begins now. A comment keeps the line open. A token that
    is revoked ends the stream within seconds. A token may have five, an organisation twenty.
    """
    token, interest = bearer_token(request) or "", Interest(*map(frozenset, (kind, gtin, market, change)))
    end = _begin(services, caller, token)
    try:
        start = await run_in_threadpool(_start_number, services, caller, request)
    except BaseException:
        end()
        raise
    events = _events(services, caller, token, interest, start if last_event_id is None else int(last_event_id))
    return _Counted(events, end, headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})


class _Counted(StreamingResponse):
    """A stream that counts until it has ended, in whatever way."""

    media_type = "text/event-stream"

    def __init__(self, events: AsyncIterator[bytes], end: Callable[[], None], headers: Mapping[str, str]) -> None:
        super().__init__(events, headers=headers)
        self._end = end

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._end()


def _begin(services: Services, caller: Caller, token: str) -> Callable[[], None]:
    """Count one more stream of the token and the organisation; what to call in its end.

    :raises Refused: 429, they have as many as they may.
    """
    key = token_hash(token).hex()
    services.token_streams.begin(key)
    try:
        services.org_streams.begin(caller.org_id)
    except Refused:
        services.token_streams.end(key)
        raise

    def end() -> None:
        services.org_streams.end(caller.org_id)
        services.token_streams.end(key)

    return end


def _start_number(services: Services, caller: Caller, request: Request) -> int:
    with services.store.transaction(caller.scope) as cursor:
        audit_access(cursor, caller, request)
        return notice_store.last_number(cursor)


async def _events(
    services: Services, caller: Caller, token: str, interest: Interest, after: int
) -> AsyncIterator[bytes]:
    async def read(after: int) -> Page:
        return await run_in_threadpool(_next, services, caller, interest, after)

    async def require_token() -> Caller:
        return await run_in_threadpool(identify, services, token)

    with services.notice_signal.waiting() as added:
        async for event in live_events(
            read, require_token, added, after, heartbeat_s=HEARTBEAT_S, clock=time.monotonic
        ):
            yield event


def _next(services: Services, caller: Caller, interest: Interest, after: int) -> Page:
    with services.store.transaction(caller.scope) as cursor:
        notices = notice_store.following(cursor, after, PAGE_SIZE)
        events = []
        for notice in notices:
            if interest.covers(notice):
                data = notice.to_event(notice_store.explanation(cursor, notice))
                events.append(f"id: {notice.number}\nevent: {notice.change}\ndata: ".encode() + to_json(data) + b"\n\n")
    return Page(notices[-1].number if notices else after, events, len(notices) == PAGE_SIZE)
