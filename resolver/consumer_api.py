"""For whoever holds the item: the code's own address, scans from apps, and reports."""

import ipaddress
from typing import Annotated, Any
from urllib.parse import quote
from uuid import uuid4

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from resolver import examples, handset, pages
from resolver.answers import Json
from resolver.auth import bearer_token, identify
from resolver.consumer_models import REPORT_BODY, Report, ScanRequest, read_report
from resolver.formats import Language
from resolver.inspection import Inspection, check_uri, inspect, microseconds, new_scan_id, note, story_of
from resolver.negotiation import is_person, prefers_html
from resolver.problems import Problem, refused
from resolver.services import Services, With
from resolver.store import consumer as consumer_store
from resolver.store.session import PUBLIC
from resolver.typed import typed_path
from schemas.digital_link import MAX_LENGTH, DigitalLink
from schemas.errors import InvalidEvent
from schemas.event import LocationSource
from schemas.event_reader import EARLIEST, FUTURE_TOLERANCE_S
from schemas.scan import Scan

router = APIRouter(tags=["consumer"])

NO_OWNER = "unregistered"
"""Stands as owner where a report's code belongs to no organisation here."""

_URI_CHARACTERS = "%!$&'()*+,-./:;=@_~"
_PRIMARY_KEYS = frozenset({"01", "00", "414"})
_SIGNPOST = {
    "service": "Suyuan 溯源: one item, one code",
    "openapi": "/openapi.json",
    "public_keys": "/.well-known/jwks.json",
    "health": "/health",
    "a_code": "/01/{gtin}/21/{serial}",
}
_VERDICT_EXAMPLE = {
    "scan_id": "5f0c2a9e-6f0c-4a57-9a54-0d6f7f1b2c3d",
    "item": "01/09521234000013/21/0K7Q2M8W4ZC1N5XR3VTB",
    "proof": "sealed",
    "verdict": "genuine",
}
_VERDICT: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The verdict: a page for people, JSON for programs.",
        "content": {"application/json": {"example": _VERDICT_EXAMPLE}, "text/html": {}},
    },
    400: {
        "description": "Not a GS1 Digital Link URI; the problem names the part.",
        "content": {
            "application/problem+json": {
                "example": {"title": "The request can't be understood", "status": 400, "part": "01", "span": [4, 18]}
            }
        },
    },
}


def verdict_json(result: Inspection, scan_id: str | None, language: Language) -> dict[str, Any]:
    """The verdict for programs."""
    facts = result.facts
    story: dict[str, Any] = {"product": None, "maker": None, "batch": None, "commissioned_at": None, "scans": None}
    if facts is not None:
        story = {
            "product": facts.product,
            "maker": facts.maker,
            "batch": facts.batch,
            "commissioned_at": facts.commissioned_at,
            "scans": facts.scans,
        }
    return {
        "scan_id": scan_id,
        "item": result.checked.item_id,
        "proof": result.checked.proof.value,
        **result.verdict.to_json(language),
        **story,
        "chain": result.chain.to_json(language),
    }


@router.head("/01/{gtin}/21/{serial}", include_in_schema=False)
@router.get(
    "/01/{gtin}/21/{serial}",
    responses=_VERDICT,
    summary="A unit's own address",
    operation_id="unit",
)
def unit(request: Request, services: With, gtin: str, serial: str) -> Response:  # noqa: ARG001 -- read from the raw path, named for OpenAPI
    """The verdict on the unit. Opening it counts as a scan; HEAD does not."""
    return _resolve(request, services)


@router.head("/01/{gtin}/10/{lot}/21/{serial}", include_in_schema=False)
@router.get(
    "/01/{gtin}/10/{lot}/21/{serial}",
    responses=_VERDICT,
    summary="A unit's own address, with its lot",
    operation_id="unit_with_lot",
)
def unit_with_lot(request: Request, services: With, gtin: str, lot: str, serial: str) -> Response:  # noqa: ARG001 -- as above
    """The verdict on the unit; the lot says nothing that the serial does not."""
    return _resolve(request, services)


@router.post("/scans", responses={200: _VERDICT[200]}, summary="A scan from an app")
def scan(request: Request, services: With, body: ScanRequest) -> Response:
    """The verdict on a code, with the place where it was scanned, as far as the person agreed to give it."""
    at = microseconds(services.clock()) if body.occurred_at is None else _played_time(request, services, body)
    link, checked = check_uri(services, body.uri)
    install = body.handset or handset.handset_of(request)
    source, radius = None, None
    if body.latitude is not None:
        source = LocationSource(body.source or "gps")
        radius = max(body.accuracy_m or 0.0, source.least_radius_m)
    noted = Scan(
        scan_id=new_scan_id(),
        uri=body.uri,
        at=at,
        handset=None if install is None else handset.hashed(services.pepper, install),
        latitude=body.latitude,
        longitude=body.longitude,
        radius_m=radius,
        source=None if source is None else source.value,
    )
    if not note(services, noted, checked):
        raise refused(503, "busy", "Too many scans wait for the store.", "Send the scan again in a few seconds.")
    result = inspect(services, link, checked)
    return Json(verdict_json(result, str(noted.scan_id), _language(request)), headers={"Cache-Control": "no-store"})


@router.post(
    "/reports",
    status_code=201,
    summary="A suspicion",
    openapi_extra=REPORT_BODY,
    responses=examples.shown(examples.REPORTED, 201, guarded=False),
)
def report(request: Request, services: With, body: Annotated[Report, Depends(read_report)]) -> Response:
    """Keep what a person suspects. Answers a form with a redirection to the unit's page, JSON with the report's id."""
    sender = handset.handset_of(request) or _address_block(request)
    if not services.reports.admits(sender, services.clock().timestamp()):
        raise refused(429, "too_many_reports", "Several reports came from this phone just now.", "Wait a minute.")
    link, checked = check_uri(services, body.uri)
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
        )
    if body.form:
        stem = "".join(f"/{each}" for each in link.stem)
        more = "reported=1" + (f"&lang={body.lang}" if body.lang else "")
        address = _noted_uri(f"{stem}{link.path}", link)
        return RedirectResponse(f"{address}{'&' if '?' in address else '?'}{more}", status_code=303)
    return Json({"report_id": str(report_id), "item": checked.item_id}, status_code=201)


@router.head("/", include_in_schema=False)
@router.get("/", summary="What this is", operation_id="landing", responses=examples.shown(_SIGNPOST, guarded=False))
def landing(
    request: Request, code: Annotated[str | None, Query(max_length=MAX_LENGTH, description="A typed code.")] = None
) -> Response:
    """A page that takes a code; a typed code is sent on to its own address. For programs: where to go from here."""
    if code:
        path = typed_path(code)
        language = request.query_params.get("lang")
        joint = "&" if "?" in path else "?"
        return RedirectResponse(path + (f"{joint}lang={language}" if language in pages.LANGUAGES else ""), 303)
    if _wants_page(request):
        return HTMLResponse(pages.render_landing(_language(request)), headers={"Vary": "Accept, Accept-Language"})
    return Json(_SIGNPOST)


@router.api_route("/{path:path}", methods=["GET", "HEAD"], include_in_schema=False)
def anything_else(request: Request, services: With, path: str) -> Response:  # noqa: ARG001 -- read from the raw path
    """Signed codes (a stem before the key), trailing slashes, other primary keys, and malformed ones."""
    if _PRIMARY_KEYS.isdisjoint(_raw_path(request).split("/")):
        raise refused(404, "not_found", "There is nothing at this address.", "Check the address.")
    return _resolve(request, services)


def problem_page(request: Request, problem: Problem) -> Response | None:
    """The problem as a page, for people; None where a problem document is wanted."""
    if request.url.path.startswith("/api/") or not _wants_page(request):
        return None
    page = pages.render_problem(problem, _language(request), _raw_path(request))
    return HTMLResponse(page, problem.status, dict(problem.headers))


def _resolve(request: Request, services: Services) -> Response:
    path, query = _raw_path(request), request.scope["query_string"].decode("latin-1")
    link, checked = check_uri(services, f"{path}?{query}" if query else path)
    install = handset.handset_of(request)
    known, install = install is not None, install or handset.new_handset()
    scan_id = new_scan_id()
    noted = Scan(
        scan_id=scan_id,
        uri=_noted_uri(services.settings.base_url + path, link),
        at=microseconds(services.clock()),
        handset=handset.hashed(services.pepper, install),
    )
    # A full queue is counted; the person gets the page all the same.
    recorded = str(scan_id) if _counts(request) and note(services, noted, checked) else None
    result = inspect(services, link, checked)
    language = _language(request)
    headers = {"Cache-Control": "no-store", "Vary": "Accept, Accept-Language", "Content-Language": language}
    if not _wants_page(request):
        return Json(verdict_json(result, recorded, language), headers=headers)
    reported = known and request.query_params.get("reported") == "1"
    story = story_of(result, noted.uri, services.settings.base_url, reported=reported)
    response = HTMLResponse(pages.render_story(story, language, recorded, query=query), headers=headers)
    handset.remember(request, response, install)
    return response


def _noted_uri(uri: str, link: DigitalLink) -> str:
    """The code as it was read: of the query only what GS1 gave a meaning (AIs), not our own parameters."""
    kept = quote("&".join(each for each in link.query.split("&") if each.partition("=")[0].isdigit()), safe="%&=+-._~")
    return f"{uri}?{kept}" if kept else uri


def _raw_path(request: Request) -> str:
    """The path as it was sent: a serial may hold an encoded slash. Bytes that no URI has are percent-encoded."""
    raw: bytes = request.scope.get("raw_path") or request.url.path.encode()
    return quote(raw.partition(b"?")[0], safe=_URI_CHARACTERS)


def _wants_page(request: Request) -> bool:
    return request.query_params.get("format") != "json" and prefers_html(request.headers.get("accept", ""))


def _counts(request: Request) -> bool:
    purpose = request.headers.get("sec-purpose", "") + request.headers.get("purpose", "")
    return request.method == "GET" and is_person(request.headers.get("user-agent", ""), purpose)


def _language(request: Request) -> Language:
    for language in pages.LANGUAGES:
        if request.query_params.get("lang") == language:
            return language
    return pages.negotiate_language(request.headers.get("accept-language", ""))


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
    if not EARLIEST <= at <= microseconds(services.clock()) + FUTURE_TOLERANCE_S * 1_000_000:
        raise InvalidEvent("impossible_time", "occurred_at is microseconds from 2020 to now", field="occurred_at")
    return at


def _address_block(request: Request) -> str:
    """The sender's network (IPv4 /24, IPv6 /48): close enough for a light limit."""
    try:
        address = ipaddress.ip_address(request.client.host if request.client else "")
    except ValueError:
        return "unknown"
    return str(ipaddress.ip_network((address, 24 if address.version == 4 else 48), strict=False))
