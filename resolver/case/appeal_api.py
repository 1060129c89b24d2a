"""Appeals of the accused: filed, withdrawn, decided on."""

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from resolver.access.audit import audit_access
from resolver.access.authentication import MakerDealerOrRegulator, MakerOrRegulator
from resolver.case import appeal_store, examples, quota_store
from resolver.case import store as case_store
from resolver.case.case_reading import find_case, find_whole, read_document
from resolver.case.models import Decision, NewAppeal, Withdrawal
from resolver.services import With
from resolver.web import openapi
from resolver.web.responses import Json
from schemas.errors import Forbidden

router = APIRouter(prefix="/api/v1/cases/{case_id}", tags=["cases"])


@router.post("/appeals", status_code=201, summary="Appeal", responses=openapi.shown(examples.APPEALED, 201))
def appeal(services: With, caller: MakerDealerOrRegulator, case_id: UUID, body: NewAppeal) -> Response:
    """The accused objects; owner and authority hear of it. One appeal is open at a time."""
    with services.store.transaction(caller.scope) as cursor:
        case_store.act(cursor, caller.label)
        case = find_case(cursor, case_id)
        if case["accused_org"] != caller.org_id:
            raise Forbidden("not_accused", "Only the accused may appeal.", "Comment on the case instead.")
        quota_store.lock(cursor, case_id, caller.org_id)
        appeal_id = appeal_store.file(cursor, case, org_id=caller.org_id, actor=caller.label, statement=body.statement)
        quota_store.require_appeals(cursor, case_id, caller.org_id)
        quota_store.require_entries(cursor, case_id, caller.org_id)
    return Json({"appeal_id": appeal_id, "case_id": case_id, "state": "open"}, 201)


@router.post(
    "/appeals/{appeal_id}/withdrawal",
    summary="Withdraw an appeal",
    responses=openapi.shown(examples.CASE),
)
def withdraw(
    services: With, caller: MakerDealerOrRegulator, case_id: UUID, appeal_id: UUID, body: Withdrawal
) -> Response:
    """The accused takes its appeal back."""
    with services.store.transaction(caller.scope) as cursor:
        case_store.act(cursor, caller.label)
        case = find_case(cursor, case_id)
        if case["accused_org"] != caller.org_id:
            raise Forbidden("not_accused", "Only the accused may withdraw its appeal.", "Decide on it instead.")
        appeal_store.decide(cursor, case_id, appeal_id, state="withdrawn", by=caller.label, decision=body.remark)
        return Json(read_document(cursor, case, services.clock()))


@router.post(
    "/appeals/{appeal_id}/decision",
    summary="Decide on an appeal",
    responses=openapi.shown(examples.CASE),
)
def decide(
    request: Request, services: With, caller: MakerOrRegulator, case_id: UUID, appeal_id: UUID, body: Decision
) -> Response:
    """Uphold or reject it, and say why: the accused reads that. The case itself is moved by a move of its own."""
    with services.store.transaction(caller.scope) as cursor:
        audit_access(cursor, caller, request)
        case_store.act(cursor, caller.label)
        case = find_whole(cursor, case_id)
        by = f"{caller.org_id}/{caller.label}"
        appeal_store.decide(cursor, case_id, appeal_id, state=body.outcome, by=by, decision=body.remark)
        return Json(read_document(cursor, case, services.clock()))
