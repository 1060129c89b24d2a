"""Where codes leak (犯罪源头), and what else assessing reports: for authorities and the goods' owners."""

from typing import Annotated, Any, Literal
from urllib.parse import parse_qs

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, Response

from resolver.access.audit import audit_access
from resolver.access.authentication import MakerOrRegulator, identify, require_scope
from resolver.access.caller import Caller
from resolver.consumer import page as consumer_page
from resolver.leak import examples, store
from resolver.leak.report import LeakCase, LeakReport
from resolver.services import Services, With
from resolver.store import Cursor, Row
from resolver.text.formats import Name
from resolver.web.openapi import shown
from resolver.web.problems import Refused, refused
from resolver.web.request import language_of
from resolver.web.responses import Json
from schemas.errors import Invalid
from schemas.explain.leak_sentences import Site

router = APIRouter()

_MAX_FORM_BYTES = 2_000
_HEADERS = {"Cache-Control": "no-store", "Vary": "Accept-Language"}


@router.get("/api/v1/leaks", tags=["cases"], summary="Where codes leak", responses=shown(examples.LEAKS))
def leaks(
    request: Request,
    services: With,
    caller: MakerOrRegulator,
    gtin: Annotated[str | None, Query(pattern="^[0-9]{14}$")] = None,
) -> Response:
    """By product: sites with the probability that codes leaked there, a 90 % credible set, the best next inspection.

    Each report says what would change its conclusion, and names the codes and events that it rests on.
    """
    return Json({"leaks": [report.to_json() for report in _reports(request, services, caller, gtin)]})


@router.get(
    "/api/v1/assessments",
    tags=["cases"],
    summary="What assessing reports beside findings",
    responses=shown(examples.ASSESSMENTS),
)
def assessments(
    request: Request,
    services: With,
    caller: MakerOrRegulator,
    topic: Annotated[
        Literal["batch", "transit", "calibration"],
        Query(description="Copied share by batch, how long lanes take, or where the thresholds stand, with own rates."),
    ],
) -> Response:
    """Batches: the copied share of looked-at units with its 95 % interval, and the least share that would show."""
    with services.store.transaction(caller.scope) as cursor:
        audit_access(cursor, caller, request)
        rows = store.reports(cursor, topic)
    columns = ("owner_org", "subject", "made_at")
    return Json({"assessments": [{name: row[name] for name in columns} | row["report"] for row in rows]})


@router.get("/leaks", include_in_schema=False)
def leak_form(request: Request) -> Response:
    """The page that asks for a token: an authority's browser has no other way to send one."""
    return _page(request, None, failed=False)


@router.post("/leaks", include_in_schema=False)
async def leak_page(request: Request, services: With) -> Response:
    """The reports as a page. The token comes in the form's body, so that it stands in no address and no log."""
    body = await request.body()
    if len(body) > _MAX_FORM_BYTES:
        raise refused(413, "too_large", "That is no token.", "Paste the token alone.")
    token = parse_qs(body.decode("utf-8", "replace")).get("token", [""])[0].strip()
    return await run_in_threadpool(_leak_page, request, services, token)


def _leak_page(request: Request, services: Services, token: str) -> Response:
    try:
        caller = identify(services, token)
        require_scope(caller, "read")
    except (Refused, Invalid):
        return _page(request, None, failed=True)
    if caller.role not in ("maker", "regulator"):
        return _page(request, None, failed=True)
    return _page(request, _reports(request, services, caller, None), failed=False)


def _page(request: Request, reports: list[LeakReport] | None, *, failed: bool) -> Response:
    language = language_of(request)
    page = consumer_page.render("leaks.html", language, "", reports=reports, failed=failed)
    return HTMLResponse(page, 401 if failed else 200, headers={**_HEADERS, "Content-Language": language})


def _reports(request: Request, services: Services, caller: Caller, gtin: str | None) -> list[LeakReport]:
    with services.store.transaction(caller.scope) as cursor:
        audit_access(cursor, caller, request)
        rows = store.reports(cursor, "leak", gtin)
        return _named(cursor, rows)


def _named(cursor: Cursor, rows: list[Row]) -> list[LeakReport]:
    sites = {site for row in rows for site in _sites_in(row["report"])}
    names = {row["site_id"]: Site(**row) for row in store.site_names(cursor, sorted(sites))}
    products = store.product_names(cursor, sorted({_gtin(row) for row in rows}))
    reports = []
    for row in rows:
        gtin = _gtin(row)
        product = products.get(gtin)
        name = Name(en=gtin, zh=gtin)
        if product is not None:
            name = Name(en=product["name"] or name.en, zh=product["name_zh"] or product["name"])
        items = [suspect["item"] for suspect in row["report"]["suspects"]]
        reports.append(LeakReport(row["owner_org"], gtin, name, row["report"], names, _cases(cursor, items)))
    return reports


def _cases(cursor: Cursor, items: list[str]) -> tuple[LeakCase, ...]:
    rows = store.cases_of(cursor, items)
    return tuple(LeakCase(str(row["case_id"]), row["state"], row["members"], row["suspects"]) for row in rows)


def _gtin(row: Row) -> str:
    """The product that a leak report is about; its second and further sources are …/1, …/2."""
    gtin, _, _ = str(row["subject"]).partition("/")
    return gtin


def _sites_in(report: dict[str, Any]) -> set[str]:
    inspect, change = report.get("inspect") or {}, report.get("change") or {}
    named = {ranked["site"] for ranked in report["ranked"]} | set(report["credible"]) | set(inspect.get("sites", ()))
    return named | ({change["site"]} if change else set())
