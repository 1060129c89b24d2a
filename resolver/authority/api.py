"""For owners of goods and sites: claims, mandates, grants of read points, statements."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from resolver.access.authentication import Maker, MakerOrDealer
from resolver.authority import examples, store
from resolver.authority.models import NewMandate, NewReadPointGrant, SiteId
from resolver.batch import product_store
from resolver.services import With
from resolver.store import Cursor
from resolver.web import openapi
from resolver.web.pagination import PageToken, decode_cursor, encode_cursor, next_link, not_ours, time_of
from resolver.web.responses import Json
from schemas.errors import Forbidden, Invalid, NotFound

router = APIRouter(prefix="/api/v1", tags=["authority"])

Limit = Annotated[int, Query(ge=1, le=1000)]
PathSite = Annotated[SiteId, Path()]
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC), UUID(int=0)


@router.get("/claims", summary="Claims about one's goods", responses=openapi.shown(examples.CLAIMS))
def claims(
    request: Request, services: With, caller: Maker, limit: Limit = 100, page_token: PageToken = None
) -> Response:
    """What others said of the caller's goods that was not theirs to say, by event, as it arrived.

    Nothing about the goods follows from a claim. A mandate, or a late shipment, can make it a fact: it is then gone
    from here.
    """
    after = _BEGINNING
    if page_token is not None:
        at, event_id = decode_cursor(page_token, 2)
        after = time_of(at), _id(event_id)
    with services.store.transaction(caller.scope) as cursor:
        rows = store.claims(cursor, caller.org_id, after, limit)
    key = None
    if len(rows) == limit:
        last = rows[-1]
        key = encode_cursor([last["recorded_at"].isoformat(), str(last["event_id"])])
    return Json({"claims": rows, "next": _next(request, key)})


@router.post(
    "/mandates",
    status_code=201,
    summary="Let an organisation speak of one's goods",
    responses=openapi.shown(examples.MANDATE, 201),
)
def add_mandate(services: With, caller: Maker, body: NewMandate) -> Response:
    """Give a mandate. It counts by the time when events happened; an item is judged by it with its next event."""
    since = body.since or services.clock()
    if body.org_id == caller.org_id:
        raise Invalid("own_organisation", "An owner needs no mandate for its own goods.", field="org_id")
    if body.until is not None and body.until < since:
        raise Invalid("range", "until is before since.", field="until")
    with services.store.transaction(caller.scope) as cursor:
        if body.gtin is not None and product_store.product_owner(cursor, body.gtin) != caller.org_id:
            raise Invalid("unknown_product", f"{body.gtin} is no product of {caller.org_id}.", field="gtin")
        fields = body.model_dump() | {"owner_org": caller.org_id, "since": since, "verbs": sorted(set(body.verbs))}
        return Json(store.add_mandate(cursor, fields), 201)


@router.get(
    "/mandates",
    summary="Mandates given and held",
    responses=openapi.shown({"mandates": [examples.MANDATE]}),
)
def mandates(services: With, caller: MakerOrDealer) -> Response:
    """The mandates that the caller's organisation gave, and those that it was given."""
    with services.store.transaction(caller.scope) as cursor:
        return Json({"mandates": store.mandates(cursor, caller.org_id)})


@router.delete("/mandates/{mandate_id}", summary="End a mandate", responses=openapi.shown({"ended": True}))
def end_mandate(services: With, caller: Maker, mandate_id: UUID) -> Response:
    """End a mandate for what happens from now on. What happened before stays what it was."""
    with services.store.transaction(caller.scope) as cursor:
        if not store.end_mandate(cursor, caller.org_id, mandate_id, services.clock()):
            raise NotFound("unknown_mandate", f"{caller.org_id} gave no mandate {mandate_id}.", "GET /api/v1/mandates")
    return Json({"ended": True})


@router.post(
    "/read-point-grants",
    status_code=201,
    summary="Let an organisation's readers name one's site",
    responses=openapi.shown(examples.GRANT, 201),
)
def grant(services: With, caller: MakerOrDealer, body: NewReadPointGrant) -> Response:
    """Grant a read point. Without a grant, the gateway refuses events of others that name it (``foreign_site``)."""
    with services.store.transaction(caller.scope) as cursor:
        _require_own_site(cursor, caller.org_id, body.site_id)
        return Json(store.grant(cursor, body.site_id, body.org_id), 201)


@router.get(
    "/read-point-grants",
    summary="Read points granted",
    responses=openapi.shown({"grants": [examples.GRANT]}),
)
def grants(services: With, caller: MakerOrDealer) -> Response:
    """Who may name the caller's sites, and whose sites the caller may name."""
    with services.store.transaction(caller.scope) as cursor:
        return Json({"grants": store.grants(cursor)})


@router.delete(
    "/read-point-grants/{site_id}/{org_id}", summary="Take a grant back", responses=openapi.shown({"withdrawn": True})
)
def withdraw(services: With, caller: MakerOrDealer, site_id: PathSite, org_id: str) -> Response:
    """Refuse what this organisation's readers say of the site, from the gateway's next transaction on."""
    with services.store.transaction(caller.scope) as cursor:
        _require_own_site(cursor, caller.org_id, site_id)
        if not store.withdraw(cursor, site_id, org_id):
            raise NotFound("unknown_grant", f"{org_id} has no grant of {site_id}.", "GET /api/v1/read-point-grants")
    return Json({"withdrawn": True})


@router.get(
    "/sites/{site_id}/statements",
    summary="What others say of one's site",
    responses=openapi.shown(examples.STATEMENTS),
)
def statements(
    request: Request,
    services: With,
    caller: MakerOrDealer,
    site_id: PathSite,
    limit: Limit = 100,
    page_token: PageToken = None,
) -> Response:
    """Events that readers of other organisations reported from the caller's site, by event time; whosever the goods.

    A page may have fewer than ``limit``, or none, and still a ``next``: most events of a site are its owner's own.
    """
    as_of, after = services.clock(), None
    if page_token is not None:
        first, at, event_id = decode_cursor(page_token, 3)
        as_of, after = time_of(first), (time_of(at), _id(event_id))
    with services.store.transaction(caller.scope) as cursor:
        _require_own_site(cursor, caller.org_id, site_id)
        rows, read = store.statements(cursor, site_id, as_of, after, limit)
    key = None if read is None else encode_cursor([as_of.isoformat(), read[0].isoformat(), str(read[1])])
    return Json({"statements": rows, "next": _next(request, key)})


def _require_own_site(cursor: Cursor, org_id: str, site_id: str) -> None:
    owner = store.site_owner(cursor, site_id)
    if owner is None:
        raise NotFound("unknown_site", f"There is no site {site_id!r}.", "GET /api/v1/sites lists them.")
    if owner != org_id:
        raise Forbidden("foreign_site", f"{site_id} is a site of another organisation.", "Use your own site's id.")


def _next(request: Request, key: str | None) -> str | None:
    return None if key is None else next_link(request.url.path, request.query_params.multi_items(), key)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise not_ours() from None
