"""For makers: links of their products, lots, units and places, one by one or a hundred thousand at once."""

from collections.abc import Iterable, Sequence
from typing import IO, Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from resolver.access.authentication import Maker
from resolver.access.caller import Caller
from resolver.link import store as link_store
from resolver.link import vocabulary
from resolver.link.bulk_load import (
    Claims,
    Fault,
    Row,
    Unreadable,
    checked_portions,
    portions,
)
from resolver.link.ownership import claims, owner_of
from resolver.services import Services, With
from resolver.web import openapi, uploads
from resolver.web.problems import Problem, Refused, refused
from resolver.web.responses import Json
from schemas import digital_link

LOAD = "/api/v1/links/load"
STREAMED = frozenset({LOAD})
"""Where bodies beyond the common limit are read."""

_HOPS = 16

router = APIRouter(prefix="/api/v1", tags=["links"])

_LINK: dict[str, Any] = {
    "anchor": "01/09521234000013",
    "link_type": "gs1:pip",
    "href": "https://www.example.com/baijiu",
    "title": "About this baijiu",
    "hreflang": ["en"],
    "type": "text/html",
    "default": True,
}
_PUT = {"lines": 1, "new": 1, "replaced": 0, "unchanged": 0}
_STORED = {
    **{name: value for name, value in _LINK.items() if name not in ("type", "default")},
    "slot": "pip-en",
    "version": 1,
    "org_id": "huadu",
    "media_type": "text/html",
    "context": [],
    "forwards_query": True,
    "is_default": True,
    "roles": [],
    "valid_from": "2000-01-01T00:00:00Z",
    "valid_until": None,
    "created_at": "2026-01-01T00:00:00Z",
    "retired_at": None,
}


class NewLink(BaseModel):
    """One link. ``slot`` names it among its anchor's links: what stands there already is replaced."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_LINK]})

    anchor: str = Field(description="What it is a link of: a Digital Link path such as 01/09521234000013/10/LOT1.")
    link_type: str = Field(description="gs1:…, a registered relation, or a plain address.")
    href: str
    title: str
    slot: str | None = None
    hreflang: list[str] = Field([], max_length=64)
    type: str | None = Field(None, description="The target's media type.")
    context: list[str] = Field([], max_length=64, description="ISO 3166 codes or market ids.")
    fwqs: bool = Field(default=True, description="Whether a request's query travels on to the target.")
    default: bool = Field(default=False, description="Whether it is the anchor's default link.")
    roles: list[str] = Field([], max_length=8, description="Who sees it; everybody when empty.")
    valid_from: str | None = None
    valid_until: str | None = None


class Successor(BaseModel):
    """Which product number has taken a retired one's place."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"successor": "09521234000020"}]})

    successor: str = Field(pattern="^[0-9]{14}$")


@router.post("/links", status_code=201, summary="Register a link", responses=openapi.shown(_PUT, 201))
def put_link(services: With, caller: Maker, body: NewLink) -> Response:
    """Put a link into its slot. Doing it again changes nothing; other content makes a new version."""
    return Json(_put(services, caller, [[_row(services, caller, body.model_dump(exclude_none=True))]]), 201)


@router.post(
    "/links/load",
    status_code=201,
    summary="Load links",
    responses=openapi.shown(_PUT, 201),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/x-ndjson": {"schema": {"type": "string"}, "example": '{"anchor":"01/09521234000013",…}'},
                "text/csv": {"schema": {"type": "string"}, "example": "anchor,link_type,href,title"},
            },
        }
    },
)
async def load_links(request: Request, services: With, caller: Maker) -> Response:
    """Load links from NDJSON or CSV, all or none. Loading the same again changes nothing."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    kind = {"application/x-ndjson": "ndjson", "text/csv": "csv"}.get(content_type)
    if kind is None:
        raise refused(
            415, "content_type", "A load is NDJSON or CSV.", "Set Content-Type to application/x-ndjson or text/csv."
        )
    with services.loads.one(caller.org_id):
        async with uploads.spooled(request, services.settings.bulk_mb * 1024 * 1024) as file:
            return Json(await run_in_threadpool(_load, services, caller, file, kind), 201)


@router.get("/links", summary="Links", responses=openapi.shown({"links": [_STORED], "next": None}))
def links(
    services: With,
    caller: Maker,
    anchor: Annotated[str | None, Query(max_length=512)] = None,
    versions: Annotated[bool, Query(description="Retired versions as well.")] = False,
    after: Annotated[str, Query(max_length=640, description="From the answer before.")] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Response:
    """The maker's links, in order of anchor and slot, with every version when asked for."""
    at, slot, version = _after(after)
    with services.store.transaction(caller.scope) as cursor:
        found = link_store.listed(cursor, caller.org_id, anchor, (at, slot, version), limit, retired=versions)
    last = found[-1] if len(found) == limit else None
    following = None if last is None else f"{last['version']} {last['slot']} {last['anchor']}"
    for row in found:
        row["link_type"] = vocabulary.curie(row["link_type"])
    return Json({"links": found, "next": following})


@router.delete("/links", summary="Retire a link", responses=openapi.shown({"retired": True}))
def retire_link(
    services: With,
    caller: Maker,
    anchor: Annotated[str, Query(max_length=512)],
    slot: Annotated[str, Query(max_length=64)],
) -> Response:
    """End a link. It stays on record."""
    with services.store.transaction(caller.scope) as cursor:
        if not link_store.retire(cursor, caller.org_id, anchor, slot, services.clock()):
            raise refused(
                404, "unknown_link", f"You have no link {slot!r} at {anchor}.", "GET /api/v1/links lists them."
            )
    return Json({"retired": True})


@router.post(
    "/products/{gtin}/successor",
    status_code=201,
    summary="Retire a product number",
    responses=openapi.shown(_PUT, 201),
)
def retire_product(services: With, caller: Maker, gtin: str, body: Successor) -> Response:
    """Send whoever asks for a retired product number on to the one that took its place. Printed codes stay valid."""
    base = services.settings.base_url
    for number, field in ((gtin, "gtin"), (body.successor, "successor")):
        link = digital_link.parse(f"/01/{number}")
        if owner_of(link, services.keyring.current()) != caller.org_id:
            raise refused(422, "foreign_prefix", f"{number} is no number of yours.", "Name your own.", field=field)
    _require_no_circle(services, caller, gtin, body.successor)
    given = {
        "anchor": f"01/{gtin}",
        "link_type": vocabulary.SUCCESSOR,
        "href": f"{base}/01/{body.successor}",
        "title": f"Replaced by {body.successor}",
        "slot": vocabulary.SUCCESSOR,
        "default": True,
    }
    return Json(_put(services, caller, [[_row(services, caller, given)]]), 201)


def _require_no_circle(services: Services, caller: Caller, gtin: str, successor: str) -> None:
    following: str | None = successor
    with services.store.transaction(caller.scope) as cursor:
        for _ in range(_HOPS):
            if following is None:
                return
            if following == gtin:
                raise refused(
                    409, "circle", f"{successor} leads back to {gtin}.", "Name another successor.", field="successor"
                )
            following = link_store.successor(cursor, caller.org_id, f"01/{following}")


@router.get("/link-types", summary="Link types", responses=openapi.shown({"link_types": []}, guarded=False))
def link_types() -> Response:
    """The vocabulary: GS1's terms and ours."""
    return Json({"link_types": [{"curie": each.curie, "address": each.address} for each in vocabulary.terms()]})


def _row(services: Services, caller: Caller, given: dict[str, Any]) -> Row:
    try:
        return next(checked_portions(iter([(1, given)]), *_rules(services, caller)))[0]
    except Unreadable as error:
        fault = error.faults[0]
        raise refused(
            422, "wrong_link", f"{fault.field}: {fault.detail}.", "Correct the field.", field=fault.field
        ) from None


def _load(services: Services, caller: Caller, file: IO[bytes], kind: str) -> dict[str, int]:
    try:
        return _put(services, caller, portions(file, kind, *_rules(services, caller)))
    except Unreadable as error:
        raise Refused(_faulty(error.faults)) from None


def _rules(services: Services, caller: Caller) -> tuple[Claims, str]:
    keyring = services.keyring.current()
    base = "" if services.settings.private_targets else services.settings.base_url
    return lambda links: claims(links, caller.org_id, keyring), base


def _faulty(faults: Sequence[Fault]) -> Problem:
    first = faults[0]
    return Problem(
        422,
        "wrong_link",
        f"line {first.line}, {first.field}: {first.detail}.",
        "Correct the lines that are named; nothing was loaded.",
        {
            "field": first.field,
            "errors": [{"line": each.line, "field": each.field, "detail": each.detail} for each in faults],
        },
    )


def _put(services: Services, caller: Caller, found: Iterable[list[Row]]) -> dict[str, int]:
    with services.store.transaction(caller.scope) as cursor:
        return link_store.put(cursor, caller.org_id, found, services.clock())


def _after(text: str) -> tuple[str, str, int]:
    version, _, rest = text.partition(" ")
    slot, _, anchor = rest.partition(" ")
    return (
        (anchor, slot, int(version)) if version.isascii() and version.isdigit() and len(version) < 10 else ("", "", 0)
    )
