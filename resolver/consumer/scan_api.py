"""What people send: scans from apps, reports, a code that they typed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from resolver.access import client_network, handset
from resolver.access.admission import address_of, let_in, network_of
from resolver.access.authentication import caller_of
from resolver.consumer import page
from resolver.consumer.models import REPORT_BODY, VERDICT, Report, ScanRequest, read_report
from resolver.consumer.typed_code import typed_path
from resolver.link.question import noted_uri
from resolver.report import false_code_store
from resolver.report.api import too_many_reports
from resolver.report.false_code_report import FalseCodeReport, reportable
from resolver.scan import store as scan_store
from resolver.scan.count import NOWHERE
from resolver.scan.origin import ScanPlace
from resolver.services import Services, With
from resolver.store import PUBLIC
from resolver.verdict.document import verdict_json
from resolver.verdict.inspection import Inspection
from resolver.verdict.proof import SEALED_HERE, UNPROVEN
from resolver.web import openapi
from resolver.web.negotiation import LANGUAGES
from resolver.web.origin import require_own_form
from resolver.web.problems import refused
from resolver.web.request import language_of, wants_page
from resolver.web.responses import Json
from schemas.code import Checked
from schemas.digital_link import MAX_LENGTH, DigitalLink
from schemas.errors import InvalidEvent
from schemas.event_reader import EARLIEST, FUTURE_TOLERANCE_S
from schemas.moment import to_microseconds

router = APIRouter(tags=["consumer"])

_REPORTED = {
    "report_id": "0a5cf3e2-95b0-4d8e-8d0e-3d0b6a8f1f11",
    "item": "01/09521234000013/21/0K7Q2M8W4ZC1N5XR3VTB",
    "authentic": True,
}
_SIGNPOST = {
    "service": "Suyuan 溯源: one item, one code",
    "openapi": "/openapi.json",
    "public_keys": "/.well-known/jwks.json",
    "health": "/health",
    "a_code": "/01/{gtin}/21/{serial}",
}


@router.post("/scans", responses={200: VERDICT[200]}, summary="A scan from an app")
def scan(request: Request, services: With, body: ScanRequest) -> Response:
    """The verdict on a code, with the place where it was scanned, as far as the person agreed to give it.

    With a token of the code's owner it is a test, and leaves no scan: ``scan_id`` is null.
    """
    if body.occurred_at is not None:
        return _replayed(request, services, body, body.occurred_at)
    link, checked = services.inspector.check_uri(body.uri)
    let_in(request, services.admission, checked)
    caller = caller_of(request, services)
    if caller is not None and caller.org_id == checked.org_id:
        return _answered(request, services, services.inspector.inspect(link, checked), None)
    place = body.place(exact=body.consent == "exact")
    return _recorded(request, services, body, _Scanned(link, checked, place, address_of(request)))


def _replayed(request: Request, services: Services, body: ScanRequest, occurred_at: int) -> Response:
    """An operator plays a history: the scan happened at ``occurred_at``, at the exact place, and no limit applies."""
    _require_operator(request, services)
    latest = to_microseconds(services.clock()) + FUTURE_TOLERANCE_S * 1_000_000
    if not EARLIEST <= occurred_at <= latest:
        raise InvalidEvent("impossible_time", "occurred_at is microseconds from 2020 to now", field="occurred_at")
    link, checked = services.inspector.check_uri(body.uri)
    return _recorded(
        request, services, body, _Scanned(link, checked, body.place(exact=True), body.address, occurred_at)
    )


@dataclass(frozen=True, slots=True)
class _Scanned:
    """What was scanned and where, from which address; ``at`` is microseconds since 1970, None for now."""

    link: DigitalLink
    checked: Checked
    place: ScanPlace | None
    address: str | None
    at: int | None = None


def _recorded(request: Request, services: Services, body: ScanRequest, scanned: _Scanned) -> Response:
    checked, place, language = scanned.checked, scanned.place, language_of(request)
    install = body.handset or handset.handset_of(request, services.pepper)
    scan_id = services.recorder.record_scan(
        body.uri, checked, install=install, at=scanned.at, place=place, address=scanned.address
    )
    if scan_id is None:
        raise refused(503, "busy", "Too many scans wait for the store.", "Send the scan again in a few seconds.")
    visitor = () if install is None else services.recorder.phone_of(install, checked).known
    inspection = services.inspector.inspect(scanned.link, checked, visitor)
    market = None
    if place is not None and checked.proof not in UNPROVEN:
        market = services.names.market_at(services.public_pool, place.latitude, place.longitude)
    services.recorder.count_scan(inspection, language, market or NOWHERE)
    return _answered(request, services, inspection, str(scan_id))


def _answered(request: Request, services: Services, inspection: Inspection, scan_id: str | None) -> Response:
    document = verdict_json(inspection, scan_id, language_of(request), services.clock())
    return services.signer.json_response(request, document)


@router.post(
    "/reports",
    status_code=201,
    summary="A suspicion",
    openapi_extra=REPORT_BODY,
    responses=openapi.shown(_REPORTED, 201, guarded=False),
)
def report(request: Request, services: With, body: Annotated[Report, Depends(read_report)]) -> Response:
    """Keep what a person suspects. Answers a form with a redirection to the code's page, JSON with the report's id.

    A code that nobody here issued is reported too, against its product: ``authentic`` is false then, such reports are
    counted and change no verdict, and ``report_id`` is null where no more of the day's are kept with their words.
    Another site's form is refused.
    """
    if body.form:
        require_own_form(request, services.settings.base_url)
    link, checked = services.inspector.check_uri(body.uri)
    phone, now = handset.handset_of(request, services.pepper), services.clock()
    if services.reports.wait_s(network_of(request), phone, checked.item_id, now.timestamp()):
        raise too_many_reports()
    network = client_network.pseudonym(services.pepper, network_of(request), now)
    authentic = checked.proof in SEALED_HERE
    report_id = (
        _reported(services, body, checked, network, phone)
        if authentic
        else _reported_false(services, body, checked, network, now)
    )
    if body.form:
        stem = "".join(f"/{segment}" for segment in link.stem)
        more = "reported=1" + (f"&lang={body.lang}" if body.lang else "")
        # With one slash: a stem that begins with an empty segment would be another host's address.
        address = noted_uri("/" + f"{stem}{link.path}".lstrip("/"), link)
        return RedirectResponse(f"{address}{'&' if '?' in address else '?'}{more}", status_code=303)
    return Json({"report_id": report_id, "item": checked.item_id, "authentic": authentic}, status_code=201)


def _reported(services: Services, body: Report, checked: Checked, network: str, phone: str | None) -> UUID:
    """Keep a report about a unit; its id."""
    install, report_id = body.handset or phone, uuid4()
    with services.public_store.transaction(PUBLIC) as cursor:
        scan_store.add_report(
            cursor,
            report_id=report_id,
            item_id=checked.item_id,
            owner_org=checked.org_id or "",
            suspicion=body.suspicion,
            place=body.place,
            price_fen=body.price_fen,
            remark=body.remark,
            reporter=None if install is None else services.recorder.phone_of(install, checked).current,
            network=network,
        )
    return report_id


def _reported_false(services: Services, body: Report, checked: Checked, network: str, now: datetime) -> UUID | None:
    """Count a report about goods whose code nobody here issued; its id when its words are kept.

    :raises Refused: the code names no unit of any product.
    """
    if not reportable(checked):
        raise refused(
            422,
            "not_authentic",
            "This code names no unit: it has no GTIN with a serial.",
            "Keep the goods and the receipt, and tell the seller, the maker or the authority.",
            field="uri",
        )
    report_id = uuid4()
    reported = FalseCodeReport(checked, network, body.suspicion, body.place, body.price_fen, body.remark, now)
    with services.public_store.transaction(PUBLIC) as cursor:
        stored = false_code_store.add(cursor, report_id, reported)
    return report_id if stored else None


@router.head("/", include_in_schema=False)
@router.get("/", summary="What this is", operation_id="landing", responses=openapi.shown(_SIGNPOST, guarded=False))
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


def _require_operator(request: Request, services: Services) -> None:
    caller = caller_of(request, services)
    if caller is None or caller.role != "operator":
        raise refused(
            403,
            "wrong_role",
            "Only a token of role operator may say when a scan happened.",
            "Leave occurred_at out.",
            field="occurred_at",
        )
