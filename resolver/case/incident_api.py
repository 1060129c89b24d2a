"""Findings, incidents and alerts: for regulators, and for makers and dealers within what is theirs."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from resolver.access.audit import audit_access
from resolver.access.authentication import MakerDealerOrRegulator
from resolver.access.export import AuditedQuery, export, next_page
from resolver.case import examples, incident_store, member_store
from resolver.case.case_page import CasePage
from resolver.case.document import common_json, explanation_of
from resolver.services import With
from resolver.store import Row
from resolver.web import openapi
from resolver.web.pagination import PageToken, decode_cursor, not_ours, time_of
from resolver.web.parameters import require_known
from resolver.web.responses import Json
from schemas.case import State

router = APIRouter(prefix="/api/v1", tags=["regulator"], dependencies=[Depends(require_known)])

Format = Annotated[Literal["json", "csv", "ndjson"], Query(description="csv and ndjson stream the whole answer.")]
Limit = Annotated[int, Query(ge=1, le=1000)]
Kind = Annotated[str | None, Query(max_length=40, description="Suspected of any member.")]
Subject = Annotated[str | None, Query(max_length=300, description="A member's, such as an item's id.")]

FINDING_COLUMNS = tuple(
    "finding_id rule kind level subject owner_org occurred_at detected_at confidence evidence".split()
)
INCIDENT_COLUMNS = tuple(
    "subject kind owner_org opened_at updated_at findings members weight state reason case_id merged_into".split()
)
EVIDENCE_SHOWN = 5


@router.get("/findings", summary="What the rules concluded", responses=openapi.shown(examples.FINDINGS))
def findings(
    request: Request,
    services: With,
    caller: MakerDealerOrRegulator,
    subject: Annotated[str | None, Query(max_length=300)] = None,
    kind: Annotated[str | None, Query(max_length=40)] = None,
    level: Annotated[Literal["fact", "watch", "alert"] | None, Query()] = None,
    limit: Limit = 100,
    page_token: PageToken = None,
    format: Format = "json",  # noqa: A002 -- the query's word
) -> Response:
    """Standing findings with their evidence, in order of detection."""
    as_of, at, after_subject, after_id = _key(services, page_token)
    page = {"as_of": as_of, "at": at, "after_subject": after_subject, "after_id": _bytes(after_id)}
    filters = {"subject": subject, "kind": kind, "level": level}
    return export(
        AuditedQuery(request, services.store, caller),
        format,
        FINDING_COLUMNS,
        "findings",
        limit,
        lambda stream, maximum: incident_store.findings(stream, filters, page | {"limit": maximum}),
        lambda row: [as_of.isoformat(), row["detected_at"].isoformat(), row["subject"], bytes(row["finding_id"]).hex()],
    )


@router.get("/incidents", summary="What asks a person to act", responses=openapi.shown(examples.INCIDENTS))
def incidents(
    request: Request,
    services: With,
    caller: MakerDealerOrRegulator,
    kind: Kind = None,
    subject: Subject = None,
    state: Annotated[State | None, Query()] = None,
    limit: Limit = 100,
    page_token: PageToken = None,
    format: Format = "json",  # noqa: A002 -- the query's word
) -> Response:
    """Incidents that are not closed first, the weightiest first."""
    page = CasePage.of(page_token, services.clock())
    filters = {"kind": kind, "subject": subject, "state": state}
    return export(
        AuditedQuery(request, services.store, caller),
        format,
        INCIDENT_COLUMNS,
        "incidents",
        limit,
        lambda stream, maximum: incident_store.incidents(stream, filters, page.values(maximum)),
        page.key_of,
    )


@router.get(
    "/alerts",
    tags=["maker"],
    summary="Incidents with the findings behind them",
    responses=openapi.shown(examples.ALERTS),
)
def alerts(
    request: Request,
    services: With,
    caller: MakerDealerOrRegulator,
    kind: Kind = None,
    subject: Subject = None,
    state: Annotated[State | None, Query()] = None,
    limit: Limit = 100,
    page_token: PageToken = None,
) -> Response:
    """As incidents, each with what its alerts have in common, the strongest of them, and an explanation.

    Sentences are in Chinese and English.
    """
    page = CasePage.of(page_token, services.clock())
    filters = {"kind": kind, "subject": subject, "state": state}
    with services.store.transaction(caller.scope) as cursor:
        audit_access(cursor, caller, request)
        rows = incident_store.incidents(cursor, filters, page.values(limit)).fetchall()
        behind = incident_store.incident_findings(cursor, rows, EVIDENCE_SHOWN)
        counted = member_store.counted(cursor, [row["case_id"] for row in rows])
    shown = [_alert(row, behind, counted.get(row["case_id"])) for row in rows]
    key = page.key_of(rows[-1]) if len(rows) == limit else None
    return Json({"alerts": shown, "next": next_page(request, key)})


def _alert(row: Row, behind: list[Row], counted: dict[str, Any] | None) -> dict[str, Any]:
    evidence = [finding for finding in behind if finding["case_id"] == row["case_id"]]
    return {
        **{column: row[column] for column in INCIDENT_COLUMNS},
        **common_json(row, counted),
        "evidence": [{column: finding[column] for column in FINDING_COLUMNS} for finding in evidence],
        "explanation": explanation_of(evidence).to_json(),
    }


def _key(services: With, page_token: str | None) -> tuple[Any, Any, str | None, str | None]:
    if page_token is None:
        return services.clock(), None, None, None
    as_of, at, subject, last = decode_cursor(page_token, 4)
    return time_of(as_of), time_of(at), subject, last


def _bytes(text: str | None) -> bytes | None:
    try:
        return None if text is None else bytes.fromhex(text)
    except ValueError:
        raise not_ours() from None
