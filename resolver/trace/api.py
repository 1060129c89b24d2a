"""For regulators, and for makers and dealers within what is theirs: histories, findings, incidents."""

from collections.abc import Callable, Iterator
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import AwareDatetime
from starlette.responses import Response, StreamingResponse

from resolver.access.audit import log_look
from resolver.access.authentication import Caller, Onlooker
from resolver.case.document import explanation_of
from resolver.services import Services, With
from resolver.store import Cursor, Row
from resolver.trace import store as history_store
from resolver.trace.store import Key, Question
from resolver.web import openapi_examples
from resolver.web.pagination import decode_cursor, encode_cursor, next_link, not_ours, time_of
from resolver.web.problems import refused
from resolver.web.responses import CSV, NDJSON, Json, csv_lines, ndjson
from schemas.code import check
from schemas.reading import read

router = APIRouter(prefix="/api/v1", tags=["regulator"])

Format = Annotated[Literal["json", "csv", "ndjson"], Query(description="csv and ndjson stream the whole answer.")]
Limit = Annotated[int, Query(ge=1, le=1000)]
Continuation = Annotated[str | None, Query(max_length=1000, description="From a page's next link.")]

HISTORY_COLUMNS = tuple(
    "event_id item_id occurred_at recorded_at offset_minutes biz_step action disposition read_point latitude longitude"
    " radius_m source audience reader_org reader_id owner_org proof clock_bound_s children via".split()
)
FINDING_COLUMNS = tuple(
    "finding_id rule kind level subject owner_org occurred_at detected_at confidence evidence".split()
)
INCIDENT_COLUMNS = tuple("subject kind owner_org opened_at updated_at findings state reason case_id".split())
EVIDENCE_SHOWN = 5


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

    :raises Refused: 422 when it asks for nothing in particular, or for half of something.
    """
    if (gtin is None) != (lot is None):
        raise refused(
            422, "missing", "A batch is named by gtin and lot.", "Give both.", field="lot" if gtin else "gtin"
        )
    area = (latitude, longitude, radius_km)
    if any(each is not None for each in area) and None in area:
        raise refused(
            422, "missing", "An area is latitude, longitude and radius_km.", "Give all three.", field="radius_km"
        )
    if all(each is None for each in (item, gtin, site, org, latitude)):
        raise refused(
            422,
            "missing",
            "Whose history?",
            "Give item, gtin and lot, site, org, or latitude, longitude and radius_km.",
            field="item",
        )
    return Question(
        item=None if item is None else _item_id(services, item),
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


@router.get(
    "/history",
    summary="What happened to a unit, a batch, at a place, by an operator, in an area",
    responses=openapi_examples.shown(openapi_examples.HISTORY),
)
def history(
    request: Request,
    services: With,
    caller: Onlooker,
    question: Annotated[Question, Depends(read_question)],
    limit: Limit = 100,
    cursor: Continuation = None,
    format: Format = "json",  # noqa: A002 -- the query's word
) -> Response:
    """Events in order of event time.

    A unit's history includes what happened to the containers that it was in, for as long as it was in them; ``via``
    names the container. Pages are stable: what was recorded after the first one is not in them.
    """
    key = Key(as_of=services.clock()) if cursor is None else _history_key(cursor)
    return _export(
        _Look(request, services, caller),
        format,
        HISTORY_COLUMNS,
        "events",
        limit,
        lambda stream, most: history_store.ask(stream, question, key, most),
        lambda row: [key.as_of.isoformat(), row["occurred_at"].isoformat(), row["item_id"], str(row["event_id"])],
    )


@router.get(
    "/findings", summary="What the rules concluded", responses=openapi_examples.shown(openapi_examples.FINDINGS)
)
def findings(
    request: Request,
    services: With,
    caller: Onlooker,
    subject: Annotated[str | None, Query(max_length=300)] = None,
    kind: Annotated[str | None, Query(max_length=40)] = None,
    level: Annotated[Literal["fact", "watch", "alert"] | None, Query()] = None,
    limit: Limit = 100,
    cursor: Continuation = None,
    format: Format = "json",  # noqa: A002 -- the query's word
) -> Response:
    """Standing findings with their evidence, in order of detection."""
    as_of, at, after_subject, after_id = _key(services, cursor)
    page = {"as_of": as_of, "at": at, "after_subject": after_subject, "after_id": _bytes(after_id)}
    filters = {"subject": subject, "kind": kind, "level": level}
    return _export(
        _Look(request, services, caller),
        format,
        FINDING_COLUMNS,
        "findings",
        limit,
        lambda stream, most: history_store.findings(stream, filters, page | {"limit": most}),
        lambda row: [as_of.isoformat(), row["detected_at"].isoformat(), row["subject"], bytes(row["finding_id"]).hex()],
    )


@router.get(
    "/incidents", summary="What asks a person to act", responses=openapi_examples.shown(openapi_examples.INCIDENTS)
)
def incidents(
    request: Request,
    services: With,
    caller: Onlooker,
    kind: Annotated[str | None, Query(max_length=40)] = None,
    state: Annotated[Literal["new", "active", "investigating", "escalated", "closed"] | None, Query()] = None,
    limit: Limit = 100,
    cursor: Continuation = None,
    format: Format = "json",  # noqa: A002 -- the query's word
) -> Response:
    """Incidents in order of opening."""
    as_of, at, after_subject, after_kind = _key(services, cursor)
    page = {"as_of": as_of, "at": at, "after_subject": after_subject, "after_kind": after_kind}
    return _export(
        _Look(request, services, caller),
        format,
        INCIDENT_COLUMNS,
        "incidents",
        limit,
        lambda stream, most: history_store.incidents(stream, {"kind": kind, "state": state}, page | {"limit": most}),
        lambda row: [as_of.isoformat(), row["opened_at"].isoformat(), row["subject"], row["kind"]],
    )


@router.get(
    "/alerts",
    tags=["maker"],
    summary="Incidents with the findings behind them",
    responses=openapi_examples.shown(openapi_examples.ALERTS),
)
def alerts(
    request: Request,
    services: With,
    caller: Onlooker,
    kind: Annotated[str | None, Query(max_length=40)] = None,
    state: Annotated[Literal["new", "active", "investigating", "escalated", "closed"] | None, Query()] = None,
    limit: Limit = 100,
    cursor: Continuation = None,
) -> Response:
    """As incidents, each with its newest findings, their evidence, and an explanation in Chinese and English."""
    as_of, at, after_subject, after_kind = _key(services, cursor)
    page = {"as_of": as_of, "at": at, "after_subject": after_subject, "after_kind": after_kind, "limit": limit}
    with services.store.transaction(caller.scope) as sql:
        log_look(sql, caller, request)
        rows = history_store.incidents(sql, {"kind": kind, "state": state}, page).fetchall()
        behind = history_store.incident_findings(sql, rows, EVIDENCE_SHOWN)
    for row in rows:
        row["evidence"] = [each for each in behind if (each["subject"], each["kind"]) == (row["subject"], row["kind"])]
        row["explanation"] = explanation_of(row["evidence"]).to_json()
    last = rows[-1] if len(rows) == limit else None
    key = None if last is None else [as_of.isoformat(), last["opened_at"].isoformat(), last["subject"], last["kind"]]
    return Json({"alerts": rows, "next": _next(request, key)})


class _Look:
    """Who asks for what, by which services."""

    def __init__(self, request: Request, services: Services, caller: Caller) -> None:
        self.request = request
        self.services = services
        self.caller = caller


def _export(
    look: _Look,
    wanted: str,
    columns: tuple[str, ...],
    name: str,
    limit: int,
    execute: Callable[[Cursor, int | None], Cursor],
    key_of: Callable[[Row], list[str]],
) -> Response:
    """One page as JSON, or all rows streamed as CSV or NDJSON, through a server-side cursor."""
    if wanted == "json":
        with look.services.store.transaction(look.caller.scope) as sql:
            log_look(sql, look.caller, look.request)
            rows = execute(sql, limit).fetchall()
        key = key_of(rows[-1]) if len(rows) == limit else None
        return Json({name: [_only(row, columns) for row in rows], "next": _next(look.request, key)})

    def streamed() -> Iterator[dict[str, Any]]:
        with look.services.store.streaming(look.caller.scope) as (sql, stream):
            log_look(sql, look.caller, look.request)
            execute(stream, None)
            for row in stream:
                yield _only(row, columns)

    lines = csv_lines(columns, streamed()) if wanted == "csv" else ndjson(streamed())
    first = next(lines)  # a store that does not answer is still a 503, not half a file
    return StreamingResponse(
        _chained(first, lines),
        media_type=CSV if wanted == "csv" else NDJSON,
        headers={"Content-Disposition": f'attachment; filename="{name}.{wanted}"'},
    )


def _chained(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _only(row: Row, columns: tuple[str, ...]) -> dict[str, Any]:
    return {column: row[column] for column in columns}


def _next(request: Request, key: list[str] | None) -> str | None:
    if key is None:
        return None
    return next_link(request.url.path, request.query_params.multi_items(), encode_cursor(key))


def _history_key(cursor: str) -> Key:
    as_of, at, item_id, event_id = decode_cursor(cursor, 4)
    try:
        return Key(time_of(as_of), time_of(at), item_id, UUID(event_id))
    except ValueError:
        raise not_ours() from None


def _key(services: Services, cursor: str | None) -> tuple[Any, Any, str | None, str | None]:
    if cursor is None:
        return services.clock(), None, None, None
    as_of, at, subject, last = decode_cursor(cursor, 4)
    return time_of(as_of), time_of(at), subject, last


def _bytes(text: str | None) -> bytes | None:
    try:
        return None if text is None else bytes.fromhex(text)
    except ValueError:
        raise not_ours() from None


def _item_id(services: Services, item: str) -> str:
    """The item id that a URI, a path or an item id names, look-alikes in a serial resolved as for a scan."""
    link = read(item)
    return check(link, services.keyring.current()).item_id
