"""Telling people: subscriptions of an organisation, and a live stream."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from resolver.access.audit import audit_access
from resolver.access.authentication import Caller, Onlooker, identify
from resolver.errors import DomainError
from resolver.link import target
from resolver.services import Services, With
from resolver.settings import seal_root
from resolver.subscription import examples, notice_store, store
from resolver.subscription.models import NewSubscription
from resolver.web import openapi_examples
from resolver.web.problems import Refused, refused
from resolver.web.request import bearer_token
from resolver.web.responses import Json, to_json
from schemas.errors import StoreUnavailable
from schemas.notice import Interest
from schemas.topics import alerts_topic
from schemas.webhook import SIGNATURE_HEADER, secret_of

router = APIRouter(prefix="/api/v1", tags=["alerts"])

POLL_S = 0.5
HEARTBEAT_S = 15.0
MOST_STREAMS = 200
"""Live streams of one process."""
_AT_ONCE = 100


@router.post(
    "/subscriptions",
    status_code=201,
    summary="Subscribe to alerts",
    responses=openapi_examples.shown(examples.SUBSCRIBED, 201),
)
def subscribe(request: Request, services: With, caller: Onlooker, body: NewSubscription) -> Response:
    """Be told of what happens to one's cases from now on. A webhook's secret is shown this once."""
    if body.channel == "webhook":
        try:
            target.checked(body.target, private=services.settings.private_targets)
        except target.RefusedTarget as error:
            raise refused(
                422, "invalid_field", f"target: {error}", "Give a public http(s) URL.", field="target"
            ) from None
    with services.store.transaction(caller.scope) as cursor:
        audit_access(cursor, caller, request)
        row = store.add(cursor, caller.org_id, caller.label, body.model_dump())
    more: dict[str, object] = {"topic": alerts_topic(caller.org_id)} if body.channel == "mqtt" else {}
    if body.channel == "webhook":
        more = {"secret": _secret(services, row["subscription_id"], 1), "signature_header": SIGNATURE_HEADER}
    return Json({**row, **more}, 201, headers={"Cache-Control": "no-store"})


def _secret(services: Services, subscription_id: UUID, number: int) -> str:
    return secret_of(seal_root(services.settings), subscription_id, number)


@router.get("/subscriptions", summary="Subscriptions", responses=openapi_examples.shown(examples.SUBSCRIPTIONS))
def subscriptions(services: With, caller: Onlooker) -> Response:
    """The organisation's subscriptions and how they fare: cursor, failures, last error."""
    with services.store.transaction(caller.scope) as cursor:
        return Json({"subscriptions": store.listed(cursor, caller.org_id)})


@router.delete(
    "/subscriptions/{subscription_id}", summary="Unsubscribe", responses=openapi_examples.shown({"deleted": True})
)
def unsubscribe(services: With, caller: Onlooker, subscription_id: UUID) -> Response:
    """End a subscription."""
    with services.store.transaction(caller.scope) as cursor:
        if not store.delete(cursor, caller.org_id, subscription_id):
            raise _missing()
    return Json({"deleted": True})


@router.post(
    "/subscriptions/{subscription_id}/secret",
    summary="Renew a webhook's secret",
    responses=openapi_examples.shown({"secret": "whsec_…"}),
)
def renew_secret(services: With, caller: Onlooker, subscription_id: UUID) -> Response:
    """A new secret, shown this once; the old one is not used from the next notice on."""
    with services.store.transaction(caller.scope) as cursor:
        number = store.renew_secret(cursor, caller.org_id, subscription_id)
    if number is None:
        raise _missing()
    return Json({"secret": _secret(services, subscription_id, number)}, headers={"Cache-Control": "no-store"})


@router.post(
    "/subscriptions/{subscription_id}/resume",
    summary="Try again at once",
    responses=openapi_examples.shown({"resumed": True}),
)
def resume(services: With, caller: Onlooker, subscription_id: UUID) -> Response:
    """Go on from where it stopped: after a receiver said 410, or in place of a long wait."""
    with services.store.transaction(caller.scope) as cursor:
        if not store.resume(cursor, caller.org_id, subscription_id):
            raise _missing()
    return Json({"resumed": True})


def _missing() -> Refused:
    return refused(404, "not_found", "There is no such subscription.", "GET /api/v1/subscriptions lists them.")


@router.get(
    "/alerts/stream",
    summary="Alerts as they happen",
    responses=openapi_examples.file_shown("text/event-stream", "id: 42\nevent: opened\ndata: {…}\n\n"),
)
async def stream(
    request: Request,
    services: With,
    caller: Onlooker,
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
    start = await run_in_threadpool(_begin, services, caller, request)
    after = start if last_event_id is None else int(last_event_id)
    return StreamingResponse(
        _events(streams, services, caller, bearer_token(request) or "", interest, after),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


def _begin(services: Services, caller: Caller, request: Request) -> int:
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
            if len(events) < _AT_ONCE:
                await asyncio.sleep(POLL_S)


def _next(services: Services, caller: Caller, interest: Interest, after: int) -> tuple[int, list[bytes]]:
    with services.store.transaction(caller.scope) as cursor:
        notices = notice_store.following(cursor, after, _AT_ONCE)
        events = []
        for notice in notices:
            if interest.covers(notice):
                data = notice.to_event(notice_store.explanation(cursor, notice))
                events.append(f"id: {notice.number}\nevent: {notice.change}\ndata: ".encode() + to_json(data) + b"\n\n")
    return (notices[-1].number if notices else after), events
