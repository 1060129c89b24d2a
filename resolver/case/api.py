"""Cases: what people do about incidents. The accused dealer sees its own lanes' in limited form."""

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from resolver.access.audit import audit_access
from resolver.access.authentication import MakerDealerOrRegulator, MakerOrRegulator
from resolver.access.export import next_page
from resolver.case import calendar_store, document, examples, member_store, quota_store, rule_store
from resolver.case import store as case_store
from resolver.case.case_page import CasePage
from resolver.case.case_reading import find_case, find_decidable, read_document
from resolver.case.models import Assignment, Comment, Move
from resolver.case.move import require_move
from resolver.case.rule_precision import note_closure
from resolver.services import With
from resolver.web import openapi
from resolver.web.pagination import PageToken, decode_cursor, time_of
from resolver.web.parameters import require_known
from resolver.web.responses import Json
from schemas.case import ESCALATION_DAYS, State, confirms
from schemas.finding import Kind

router = APIRouter(prefix="/api/v1", tags=["cases"], dependencies=[Depends(require_known)])


@router.get("/cases", summary="Cases", responses=openapi.shown(examples.CASES))
def cases(
    request: Request,
    services: With,
    caller: MakerDealerOrRegulator,
    kind: Annotated[str | None, Query(max_length=40, description="Suspected of any member.")] = None,
    subject: Annotated[str | None, Query(max_length=300, description="A member's, such as an item's id.")] = None,
    state: Annotated[State | None, Query()] = None,
    assignee: Annotated[str | None, Query(max_length=200)] = None,
    appealed: Annotated[bool | None, Query(description="With an open appeal, or without.")] = None,
    overdue: Annotated[bool, Query(description="Only those past the day of escalation.")] = False,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    page_token: PageToken = None,
) -> Response:
    """Cases that are not closed first, the weightiest first, each with its deadlines.

    A dealer's own lanes' are in limited form.
    """
    now = services.clock()
    page = CasePage.of(page_token, now)
    filters = {
        "kind": kind,
        "subject": subject,
        "state": state,
        "assignee": assignee,
        "appealed": appealed,
        "overdue_since": now - timedelta(days=ESCALATION_DAYS) if overdue else None,
    }
    with services.store.transaction(caller.scope) as cursor:
        audit_access(cursor, caller, request)
        rows = case_store.listed(cursor, filters, page.values(limit))
        calendar = calendar_store.calendar(cursor)
        counted = member_store.counted(cursor, [row["case_id"] for row in rows])
    key = page.key_of(rows[-1]) if len(rows) == limit else None
    shown = [document.case_json(row, now, calendar, counted.get(row["case_id"])) for row in rows]
    return Json({"cases": shown, "next": next_page(request, key)})


@router.get("/cases/{case_id}", summary="One case", responses=openapi.shown(examples.CASE))
def one_case(request: Request, services: With, caller: MakerDealerOrRegulator, case_id: UUID) -> Response:
    """The case with evidence, explanation, history, files and appeals."""
    with services.store.transaction(caller.scope) as cursor:
        audit_access(cursor, caller, request)
        return Json(read_document(cursor, find_case(cursor, case_id), services.clock()))


@router.get("/cases/{case_id}/members", summary="Members of a case", responses=openapi.shown(examples.MEMBERS))
def members(
    request: Request,
    services: With,
    caller: MakerDealerOrRegulator,
    case_id: UUID,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    page_token: PageToken = None,
) -> Response:
    """What its alerts are about: what is common to all first (lanes, a roll), then units by time.

    The accused sees its own lanes.
    """
    page: dict[str, Any] = {**member_store.FIRST, "limit": limit}
    if page_token is not None:
        single, at, subject, kind = decode_cursor(page_token, 4)
        page |= {"single": single == "single", "at": time_of(at), "subject": subject, "kind": kind}
    with services.store.transaction(caller.scope) as cursor:
        audit_access(cursor, caller, request)
        rows = member_store.members(cursor, find_case(cursor, case_id), page)
    last = rows[-1] if len(rows) == limit else None
    key = None if last is None else [
        "" if last["leads"] else "single", last["first_at"].isoformat(), last["subject"], last["kind"]
    ]  # fmt: skip
    return Json({"members": rows, "next": next_page(request, key)})


@router.post("/cases/{case_id}/state", summary="Move a case", responses=openapi.shown(examples.CASE))
def move(request: Request, services: With, caller: MakerOrRegulator, case_id: UUID, body: Move) -> Response:
    """Move a case to another state, or back: every move can be undone, and all stand in the history.

    Closing says why; what closures say of a rule may silence it.
    """
    with services.store.transaction(caller.scope) as cursor:
        audit_access(cursor, caller, request)
        case_store.act(cursor, caller.label, body.remark)
        case = find_decidable(cursor, case_id)
        require_move(State(case["state"]), body)
        quota_store.lock(cursor, case_id, caller.org_id)
        case_store.move(cursor, case_id, from_state=case["state"], to_state=body.state, reason=body.reason)
        quota_store.require_entries(cursor, case_id, caller.org_id)
        if body.state is State.CLOSED and body.reason is not None:
            note_closure(cursor, case, confirms(body.reason, Kind(case["kind"])))
        else:
            rule_store.forget_closure(cursor, case_id)
        return Json(read_document(cursor, find_case(cursor, case_id), services.clock()))


@router.post("/cases/{case_id}/assignment", summary="Assign a case", responses=openapi.shown(examples.CASE))
def assign(request: Request, services: With, caller: MakerOrRegulator, case_id: UUID, body: Assignment) -> Response:
    """Say who works on it."""
    with services.store.transaction(caller.scope) as cursor:
        audit_access(cursor, caller, request)
        case_store.act(cursor, caller.label)
        find_decidable(cursor, case_id)
        quota_store.lock(cursor, case_id, caller.org_id)
        case_store.assign(cursor, case_id, body.assignee)
        quota_store.require_entries(cursor, case_id, caller.org_id)
        return Json(read_document(cursor, find_case(cursor, case_id), services.clock()))


@router.post(
    "/cases/{case_id}/comments",
    status_code=201,
    summary="Comment on a case",
    responses=openapi.shown(examples.CASE_ENTRY, 201),
)
def comment(request: Request, services: With, caller: MakerDealerOrRegulator, case_id: UUID, body: Comment) -> Response:
    """Add to the history. What the accused writes, the owner reads; the other way only what is ``shared``."""
    with services.store.transaction(caller.scope) as cursor:
        audit_access(cursor, caller, request)
        case = find_case(cursor, case_id)
        quota_store.lock(cursor, case_id, caller.org_id)
        entry = case_store.comment(
            cursor,
            case,
            org_id=caller.org_id,
            actor=caller.label,
            text=body.text,
            shared=body.shared or case["limited"],
            action="comment",
        )
        quota_store.require_entries(cursor, case_id, caller.org_id)
    return Json(entry, 201)
