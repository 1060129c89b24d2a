"""For regulators, and for makers and dealers within what is theirs: histories."""

from dataclasses import replace
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import AwareDatetime
from starlette.responses import Response

from resolver.access.authentication import MakerDealerOrRegulator
from resolver.access.export import AuditedQuery, export
from resolver.services import Services, With
from resolver.trace import examples
from resolver.trace import store as history_store
from resolver.trace.question import Key, Question, require_answerable
from resolver.web import openapi
from resolver.web.pagination import PageToken, decode_cursor, not_ours, time_of
from schemas.code import check
from schemas.reading import read

router = APIRouter(prefix="/api/v1", tags=["regulator"])

Format = Annotated[Literal["json", "csv", "ndjson"], Query(description="csv and ndjson stream the whole answer.")]
Limit = Annotated[int, Query(ge=1, le=1000)]

HISTORY_COLUMNS = tuple(
    "event_id item_id occurred_at recorded_at offset_minutes biz_step action disposition read_point latitude longitude"
    " radius_m source audience reader_org reader_id owner_org proof clock_bound_s children destination via"
    " standing".split()
)


def read_question(
    services: With,
    item: Annotated[str | None, Query(max_length=2048, description="A unit's or container's id or URI.")] = None,
    gtin: Annotated[str | None, Query(pattern="^[0-9]{14}$", description="With lot: a batch.")] = None,
    lot: Annotated[str | None, Query(max_length=20)] = None,
    site: Annotated[str | None, Query(max_length=128, description="A read point.")] = None,
    org: Annotated[str | None, Query(max_length=64, description="Whose readers saw it: an operator.")] = None,
    latitude: Annotated[float | None, Query(ge=-90, le=90)] = None,
    longitude: Annotated[float | None, Query(ge=-180, le=180)] = None,
    radius_km: Annotated[float | None, Query(gt=0, le=20_100)] = None,
    since: Annotated[AwareDatetime | None, Query(description="Event time, RFC 3339 with offset; included.")] = None,
    until: Annotated[AwareDatetime | None, Query(description="Event time, RFC 3339 with offset; excluded.")] = None,
) -> Question:
    """The question that the query asks.

    :raises Invalid: it asks for nothing in particular, or for half of something.
    """
    question = Question(
        item=item,
        gtin=gtin,
        lot=lot,
        site=site,
        org=org,
        latitude=latitude,
        longitude=longitude,
        radius_km=radius_km,
        since=since,
        until=until,
    )
    require_answerable(question)
    return question if item is None else replace(question, item=_item_id(services, item))


@router.get(
    "/history",
    summary="What happened to a unit, a batch, at a place, by an operator, in an area",
    responses=openapi.shown(examples.HISTORY),
)
def history(
    request: Request,
    services: With,
    caller: MakerDealerOrRegulator,
    question: Annotated[Question, Depends(read_question)],
    limit: Limit = 100,
    page_token: PageToken = None,
    format: Format = "json",  # noqa: A002 -- the query's word
) -> Response:
    """Events in order of event time.

    A unit's history includes what happened to the containers that it was in, for as long as it was in them; ``via``
    names the container. ``standing`` tells facts from claims: what was said by somebody whose say it is not, and of
    which nothing follows. Pages are stable: what was recorded after the first one is not in them.
    """
    key = Key(as_of=services.clock()) if page_token is None else _history_key(page_token)
    return export(
        AuditedQuery(request, services.store, caller),
        format,
        HISTORY_COLUMNS,
        "events",
        limit,
        lambda stream, maximum: history_store.ask(stream, question, key, maximum),
        lambda row: [key.as_of.isoformat(), row["occurred_at"].isoformat(), row["item_id"], str(row["event_id"])],
    )


def _history_key(page_token: str) -> Key:
    as_of, at, item_id, event_id = decode_cursor(page_token, 4)
    try:
        return Key(time_of(as_of), time_of(at), item_id, UUID(event_id))
    except ValueError:
        raise not_ours() from None


def _item_id(services: Services, item: str) -> str:
    """The item id that a URI, a path or an item id names, look-alikes in a serial resolved as for a scan."""
    link = read(item)
    return check(link, services.keyring.current()).item_id
