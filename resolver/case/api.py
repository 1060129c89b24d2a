"""Cases: what people do about incidents. The accused dealer sees its own lanes' in limited form."""

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from resolver.access.audit import audit_access
from resolver.access.authentication import Anyone, MakerOrRegulator, Onlooker, Operator
from resolver.case import appeal_store, document, examples, file_store, rule_store
from resolver.case import store as case_store
from resolver.case.models import Assignment, Comment, Days, Move
from resolver.services import With
from resolver.store import Cursor, Row, Scope
from resolver.web import openapi_examples
from resolver.web.pagination import PageToken, decode_cursor, encode_cursor, next_link, not_ours, time_of
from resolver.web.problems import Refused, refused
from resolver.web.responses import Json
from schemas.case import ESCALATION_DAYS, Reason, State, confirms, falls_silent, moves
from schemas.finding import Kind

router = APIRouter(prefix="/api/v1", tags=["cases"])


def missing() -> Refused:
    """The problem with a case that is not there, or not the caller's."""
    return refused(404, "not_found", "There is no such case here.", "GET /api/v1/cases lists what you may see.")


def found(cursor: Cursor, case_id: UUID, *, full: bool = False) -> Row:
    """The case; ``full``: the caller must see more than its limited form.

    :raises Refused: 404, or 403 when the caller is only the accused.
    """
    case = case_store.find(cursor, case_id)
    if case is None:
        raise missing()
    if full and case["limited"]:
        raise refused(
            403, "accused_only", "The accused may comment, attach and appeal.", "The goods' owner decides on the case."
        )
    return case


@router.get("/cases", summary="Cases", responses=openapi_examples.shown(examples.CASES))
def cases(
    request: Request,
    services: With,
    caller: Onlooker,
    kind: Annotated[str | None, Query(max_length=40)] = None,
    state: Annotated[State | None, Query()] = None,
    assignee: Annotated[str | None, Query(max_length=200)] = None,
    appealed: Annotated[bool | None, Query(description="With an open appeal, or without.")] = None,
    overdue: Annotated[bool, Query(description="Only those past the day of escalation.")] = False,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    page_token: PageToken = None,
) -> Response:
    """Cases in order of arrival, each with its deadlines. A dealer's own lanes' are in limited form."""
    now = services.clock()
    page: dict[str, Any] = {"as_of": now, "at": None, "after": None, "limit": limit}
    if page_token is not None:
        as_of, at, after = decode_cursor(page_token, 3)
        page |= {"as_of": time_of(as_of), "at": time_of(at), "after": _uuid(after)}
    filters = {
        "kind": kind,
        "state": state,
        "assignee": assignee,
        "appealed": appealed,
        "overdue_since": now - timedelta(days=ESCALATION_DAYS) if overdue else None,
    }
    with services.store.transaction(caller.scope) as cursor:
        audit_access(cursor, caller, request)
        rows = case_store.listed(cursor, filters, page)
        calendar = case_store.calendar(cursor)
    last = rows[-1] if len(rows) == limit else None
    key = None if last is None else [page["as_of"].isoformat(), last["created_at"].isoformat(), str(last["case_id"])]
    following = None if key is None else next_link(
        request.url.path, request.query_params.multi_items(), encode_cursor(key)
    )  # fmt: skip
    return Json({"cases": [document.case_json(row, now, calendar) for row in rows], "next": following})


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise not_ours() from None


@router.get("/cases/{case_id}", summary="One case", responses=openapi_examples.shown(examples.CASE))
def one_case(request: Request, services: With, caller: Onlooker, case_id: UUID) -> Response:
    """The case with evidence, explanation, history, files and appeals."""
    with services.store.transaction(caller.scope) as cursor:
        audit_access(cursor, caller, request)
        return Json(case_document(services, cursor, found(cursor, case_id)))


def case_document(services: With, cursor: Cursor, case: Row) -> dict[str, Any]:
    """All that the session may read of a case."""
    findings = case_store.findings(cursor, case)
    return {
        **document.case_json(case, services.clock(), case_store.calendar(cursor)),
        "explanation": document.explanation_of(findings).to_json(),
        "evidence": [document.finding_json(row, limited=case["limited"]) for row in findings],
        "history": case_store.entries(cursor, case["case_id"]),
        "files": file_store.listed(cursor, case["case_id"]),
        "appeals": appeal_store.listed(cursor, case["case_id"]),
    }


@router.post("/cases/{case_id}/state", summary="Move a case", responses=openapi_examples.shown(examples.CASE))
def move(request: Request, services: With, caller: MakerOrRegulator, case_id: UUID, body: Move) -> Response:
    """Move a case to another state, or back: every move can be undone, and all stand in the history.

    Closing says why; what closures say of a rule may silence it.
    """
    with services.store.transaction(caller.scope) as cursor:
        audit_access(cursor, caller, request)
        case_store.act(cursor, caller.label, body.remark)
        case = found(cursor, case_id, full=True)
        _require_move(case, body)
        case_store.move(cursor, case_id, from_state=case["state"], to_state=body.state, reason=body.reason)
        if body.state is State.CLOSED and body.reason is not None:
            _learn(cursor, case, confirms(body.reason, Kind(case["kind"])))
        else:
            rule_store.forget_closure(cursor, case_id)
        return Json(case_document(services, cursor, found(cursor, case_id)))


def _require_move(case: Row, body: Move) -> None:
    present = State(case["state"])
    if body.from_state is not None and body.from_state is not present:
        raise refused(409, "moved_on", f"The case is {present}, not {body.from_state}.", "Read it again.", field="from")
    if body.state not in moves(present):
        allowed = ", ".join(moves(present))
        raise refused(
            409, "no_such_move", f"From {present} no move leads to {body.state}.", f"Move to {allowed}.", field="state"
        )
    if (body.state is State.CLOSED) != (body.reason is not None) or body.reason is Reason.EVIDENCE_WITHDRAWN:
        raise refused(
            422,
            "invalid_field",
            "reason: closing needs one that a person may give, no other move has one.",
            "Give one of those in /openapi.json with closed, none otherwise.",
            field="reason",
        )


def _learn(cursor: Cursor, case: Row, confirmed: bool | None) -> None:
    owner = case["owner_org"]
    for rule in rule_store.note_closure(cursor, case, confirmed=confirmed):
        for row in rule_store.precision(cursor, owner=owner, rule=rule):
            if falls_silent(row["closures"], row["confirmed"]) and not rule_store.is_silent(cursor, rule, owner):
                remark = f"{row['confirmed']} of its last {row['closures']} counted closures confirmed it"
                rule_store.set_level(cursor, rule=rule, owner_org=owner, level="watch", actor="closures", remark=remark)


@router.post("/cases/{case_id}/assignment", summary="Assign a case", responses=openapi_examples.shown(examples.CASE))
def assign(request: Request, services: With, caller: MakerOrRegulator, case_id: UUID, body: Assignment) -> Response:
    """Say who works on it."""
    with services.store.transaction(caller.scope) as cursor:
        audit_access(cursor, caller, request)
        case_store.act(cursor, caller.label)
        found(cursor, case_id, full=True)
        case_store.assign(cursor, case_id, body.assignee)
        return Json(case_document(services, cursor, found(cursor, case_id)))


@router.post(
    "/cases/{case_id}/comments",
    status_code=201,
    summary="Comment on a case",
    responses=openapi_examples.shown(examples.CASE_ENTRY, 201),
)
def comment(request: Request, services: With, caller: Onlooker, case_id: UUID, body: Comment) -> Response:
    """Add to the history. What the accused writes, the owner reads; the other way only what is ``shared``."""
    with services.store.transaction(caller.scope) as cursor:
        audit_access(cursor, caller, request)
        case = found(cursor, case_id)
        entry = case_store.comment(
            cursor,
            case,
            org_id=caller.org_id,
            actor=caller.label,
            text=body.text,
            shared=body.shared or case["limited"],
            action="comment",
        )
    return Json(entry, 201)


@router.get("/calendar", summary="Working days", responses=openapi_examples.shown(examples.CALENDAR))
def calendar(services: With, caller: Anyone) -> Response:  # noqa: ARG001 -- a token is needed, its scope is not
    """The days that are not what their weekday says: holidays, and working weekends."""
    with services.store.transaction(Scope()) as cursor:
        return Json({"days": case_store.calendar_days(cursor)})


@router.put("/calendar", summary="Set working days", responses=openapi_examples.shown(examples.CALENDAR))
def set_calendar(services: With, caller: Operator, body: Days) -> Response:
    """Say of days whether they are worked on; deadlines follow at once."""
    with services.store.transaction(caller.scope) as cursor:
        case_store.set_calendar(cursor, [each.model_dump() for each in body.days])
        return Json({"days": case_store.calendar_days(cursor)})
