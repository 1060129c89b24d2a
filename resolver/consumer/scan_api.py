"""What people send: scans from apps, reports, a code that they typed."""

from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from resolver.access import client_network, handset
from resolver.access.admission import let_in, network_of
from resolver.access.authentication import bearer_token, identify
from resolver.consumer import page
from resolver.consumer.models import REPORT_BODY, VERDICT, Report, ScanRequest, read_report
from resolver.consumer.typed_code import typed_path
from resolver.link import responses as link_responses
from resolver.link.question import noted_uri
from resolver.link.resolution import UNPROVEN
from resolver.scan import store as consumer_store
from resolver.scan.count import count_of
from resolver.services import Services, With
from resolver.store.session import PUBLIC
from resolver.verdict.document import verdict_json
from resolver.verdict.inspection import check_uri, inspect, new_scan_id, note
from resolver.web import openapi_examples
from resolver.web.language import LANGUAGES
from resolver.web.problems import refused
from resolver.web.request import language_of, wants_page
from resolver.web.responses import Json
from schemas.digital_link import MAX_LENGTH
from schemas.errors import InvalidEvent
from schemas.event_reader import EARLIEST, FUTURE_TOLERANCE_S
from schemas.moment import to_microseconds
from schemas.scan import Scan

router = APIRouter(tags=["consumer"])

NO_OWNER = "unregistered"
"""Stands as owner where a report's code belongs to no organisation here."""

_REPORTED = {"report_id": "0a5cf3e2-95b0-4d8e-8d0e-3d0b6a8f1f11", "item": "01/09521234000013/21/0K7Q2M8W4ZC1N5XR3VTB"}
_SIGNPOST = {
    "service": "Suyuan 溯源: one item, one code",
    "openapi": "/openapi.json",
    "public_keys": "/.well-known/jwks.json",
    "health": "/health",
    "a_code": "/01/{gtin}/21/{serial}",
}


@router.post("/scans", responses={200: VERDICT[200]}, summary="A scan from an app")
def scan(request: Request, services: With, body: ScanRequest) -> Response:
    """The verdict on a code, with the place where it was scanned, as far as the person agreed to give it."""
    played = body.occurred_at is not None
    at = _played_time(request, services, body) if played else to_microseconds(services.clock())
    link, checked = check_uri(services, body.uri)
    if not played:
        let_in(request, services, checked)
    install = body.handset or handset.handset_of(request)
    place = body.place(exact=played or body.consent == "exact")
    noted = Scan(
        scan_id=new_scan_id(),
        uri=body.uri,
        at=at,
        handset=None if install is None else handset.hashed(services.pepper, install),
        latitude=None if place is None else place.latitude,
        longitude=None if place is None else place.longitude,
        radius_m=None if place is None else place.radius_m,
        source=None if place is None else place.source,
    )
    if not note(services, noted, checked):
        raise refused(503, "busy", "Too many scans wait for the store.", "Send the scan again in a few seconds.")
    result = inspect(services, link, checked)
    language = language_of(request)
    market = None
    if place is not None and checked.proof not in UNPROVEN:
        market = services.names.market_at(services.public_pool, place.latitude, place.longitude)
    count = count_of(result, services.clock(), language, market or "")
    if count is not None:
        services.counts.put(count)
    document = verdict_json(result, str(noted.scan_id), language, services.clock())
    return link_responses.signed_json(services, request, document)


@router.post(
    "/reports",
    status_code=201,
    summary="A suspicion",
    openapi_extra=REPORT_BODY,
    responses=openapi_examples.shown(_REPORTED, 201, guarded=False),
)
def report(request: Request, services: With, body: Annotated[Report, Depends(read_report)]) -> Response:
    """Keep what a person suspects. Answers a form with a redirection to the unit's page, JSON with the report's id."""
    sender = handset.handset_of(request) or network_of(request)
    if services.reports.wait_s(sender, services.clock().timestamp()):
        raise refused(429, "too_many_reports", "Several reports came from this phone just now.", "Wait a minute.")
    link, checked = check_uri(services, body.uri)
    install = body.handset or handset.handset_of(request)
    report_id = uuid4()
    with services.store.transaction(PUBLIC) as cursor:
        consumer_store.add_report(
            cursor,
            report_id=report_id,
            item_id=checked.item_id,
            owner_org=checked.org_id or NO_OWNER,
            suspicion=body.suspicion,
            place=body.place,
            price_fen=body.price_fen,
            remark=body.remark,
            reporter=None if install is None else handset.hashed(services.pepper, install),
            network=client_network.pseudonym(services.pepper, network_of(request), services.clock()),
        )
    if body.form:
        stem = "".join(f"/{each}" for each in link.stem)
        more = "reported=1" + (f"&lang={body.lang}" if body.lang else "")
        address = noted_uri(f"{stem}{link.path}", link)
        return RedirectResponse(f"{address}{'&' if '?' in address else '?'}{more}", status_code=303)
    return Json({"report_id": str(report_id), "item": checked.item_id}, status_code=201)


@router.head("/", include_in_schema=False)
@router.get(
    "/", summary="What this is", operation_id="landing", responses=openapi_examples.shown(_SIGNPOST, guarded=False)
)
def landing(
    request: Request, code: Annotated[str | None, Query(max_length=MAX_LENGTH, description="A typed code.")] = None
) -> Response:
    """A page that takes a code; a typed code is sent on to its own address. For programs: where to go from here."""
    if code:
        path = typed_path(code)
        language = request.query_params.get("lang")
        joint = "&" if "?" in path else "?"
        return RedirectResponse(path + (f"{joint}lang={language}" if language in LANGUAGES else ""), 303)
    if wants_page(request):
        return HTMLResponse(page.render_landing(language_of(request)), headers={"Vary": "Accept, Accept-Language"})
    return Json(_SIGNPOST)


def _played_time(request: Request, services: Services, body: ScanRequest) -> int:
    token = bearer_token(request)
    if token is None or identify(services, token).role != "operator":
        raise refused(
            403,
            "wrong_role",
            "Only a token of role operator may say when a scan happened.",
            "Leave occurred_at out.",
            field="occurred_at",
        )
    at = body.occurred_at or 0
    if not EARLIEST <= at <= to_microseconds(services.clock()) + FUTURE_TOLERANCE_S * 1_000_000:
        raise InvalidEvent("impossible_time", "occurred_at is microseconds from 2020 to now", field="occurred_at")
    return at
