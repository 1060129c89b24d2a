"""Notices as a live stream: server-sent events (WHATWG HTML, section 9.2)."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from resolver.access.audit import audit_access
from resolver.access.authentication import MakerDealerOrRegulator, identify
from resolver.access.caller import Caller
from resolver.services import Services, With
from resolver.subscription import notice_store
from resolver.web import openapi
from resolver.web.problems import Refused, refused
from resolver.web.request import bearer_token
from resolver.web.responses import to_json
from schemas.errors import DomainError, StoreUnavailable
from schemas.notice import Interest

router = APIRouter(prefix="/api/v1", tags=["alerts"])

POLL_S = 0.5
HEARTBEAT_S = 15.0
MAX_STREAMS = 200
"""Live streams of one process."""
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
    is revoked ends the stream.
    """
    streams: asyncio.Semaphore = request.app.state.streams
    if streams.locked():
        raise refused(503, "too_many_streams", "Too many streams are open here.", "Connect again in a minute.")
    interest = Interest(*map(frozenset, (kind, gtin, market, change)))
    start = await run_in_threadpool(_start_number, services, caller, request)
    after = start if last_event_id is None else int(last_event_id)
    return StreamingResponse(
        _events(streams, services, caller, bearer_token(request) or "", interest, after),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


def _start_number(services: Services, caller: Caller, request: Request) -> int:
    with services.store.transaction(caller.scope) as cursor:
        audit_access(cursor, caller, request)
        return notice_store.last_number(cursor)


async def _events(
    streams: asyncio.Semaphore, services: Services, caller: Caller, token: str, interest: Interest, after: int
) -> AsyncIterator[bytes]:
    async with streams:
        yield b"retry: 2000\n\n"
        spoken = time.monotonic()
        while True:
            try:
                after, events = await run_in_threadpool(_next, services, caller, interest, after)
                if time.monotonic() - spoken >= HEARTBEAT_S:
                    await run_in_threadpool(identify, services, token)
                    events.append(b": still here\n\n")
            except (StoreUnavailable, DomainError, Refused):
                return  # the other side connects again, with the id that it has
            if events:
                spoken = time.monotonic()
                yield b"".join(events)
            if len(events) < PAGE_SIZE:
                await asyncio.sleep(POLL_S)


def _next(services: Services, caller: Caller, interest: Interest, after: int) -> tuple[int, list[bytes]]:
    with services.store.transaction(caller.scope) as cursor:
        notices = notice_store.following(cursor, after, PAGE_SIZE)
        events = []
        for notice in notices:
            if interest.covers(notice):
                data = notice.to_event(notice_store.explanation(cursor, notice))
                events.append(f"id: {notice.number}\nevent: {notice.change}\ndata: ".encode() + to_json(data) + b"\n\n")
    return (notices[-1].number if notices else after), events
