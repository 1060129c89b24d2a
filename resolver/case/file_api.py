"""What is attached to a case, the appeal of the accused, and the evidence bundle."""

from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from resolver.access.audit import audit_access
from resolver.access.authentication import Caller, MakerOrRegulator, Onlooker
from resolver.case import appeal_store, bundle, examples, file_store
from resolver.case import store as case_store
from resolver.case.api import case_document, found
from resolver.case.bundle_content import members_of
from resolver.case.models import Decision, NewAppeal, Withdrawal
from resolver.services import Services, With
from resolver.web import openapi_examples, uploads
from resolver.web.problems import refused
from resolver.web.responses import Json

router = APIRouter(prefix="/api/v1/cases/{case_id}", tags=["cases"])


@router.post(
    "/files",
    status_code=201,
    summary="Attach evidence",
    responses=openapi_examples.shown(examples.CASE_FILE, 201),
    openapi_extra=openapi_examples.file_body(uploads.KINDS),
)
async def attach(
    request: Request,
    services: With,
    caller: Onlooker,
    case_id: UUID,
    name: Annotated[str, Query(min_length=1, max_length=200, description="The file's name.")],
    shared: Annotated[bool, Query(description="The accused may read it.")] = False,
) -> Response:
    """Attach a file of at most 8 MiB, sent as the body. The same bytes again change nothing."""
    content_type, shown_name = uploads.content_type_of(request), uploads.file_name(name)
    content = await uploads.read_upload(request, uploads.MOST_BYTES)
    uploads.require_kind(content, content_type)
    answer = await run_in_threadpool(
        _attach, services, caller, request, case_id, (shown_name, content_type, content, shared)
    )
    return Json(answer, 201)


def _attach(
    services: Services, caller: Caller, request: Request, case_id: UUID, file: tuple[str, str, bytes, bool]
) -> dict[str, object]:
    name, content_type, content, shared = file
    digest = uploads.digest(content)
    with services.store.transaction(caller.scope) as cursor:
        audit_access(cursor, caller, request)
        case = found(cursor, case_id)
        readable = shared or case["limited"]
        new = file_store.add(
            cursor,
            case,
            sha256=digest,
            org_id=caller.org_id,
            actor=caller.label,
            name=name,
            content_type=content_type,
            content=content,
            shared=readable,
        )
        if new:
            text = f"{name} ({digest.hex()})"
            who = {"org_id": caller.org_id, "actor": caller.label}
            case_store.comment(cursor, case, **who, text=text, shared=readable, action="file")
    return {"sha256": digest, "name": name, "content_type": content_type, "size": len(content), "new": new}


@router.get(
    "/files/{sha256}",
    summary="An attached file",
    responses=openapi_examples.file_shown("application/octet-stream"),
)
def attached(request: Request, services: With, caller: Onlooker, case_id: UUID, sha256: str) -> Response:
    """The file as it was attached."""
    with services.store.transaction(caller.scope) as cursor:
        audit_access(cursor, caller, request)
        found(cursor, case_id)
        row = file_store.content(cursor, case_id, uploads.digest_of(sha256))
    if row is None:
        raise refused(404, "not_found", "No file of this case has this name.", "The case lists its files.")
    return Response(bytes(row["content"]), media_type=row["content_type"], headers=_download(row["name"]))


def _download(name: str) -> dict[str, str]:
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}", "Cache-Control": "no-store"}


@router.get(
    "/bundle",
    summary="The evidence bundle",
    responses=openapi_examples.file_shown("application/zip"),
)
def evidence_bundle(request: Request, services: With, caller: MakerOrRegulator, case_id: UUID) -> Response:
    """Everything about the case in one file, hashed and signed: `python -m resolver bundle verify` checks it.

    The same case in the same state gives the same bytes.
    """
    with services.store.transaction(caller.scope) as cursor:
        audit_access(cursor, caller, request)
        members = members_of(services, cursor, found(cursor, case_id, full=True))
    return Response(
        bundle.build(members, services.answer_key),
        media_type="application/zip",
        headers=_download(f"case-{case_id}.zip"),
    )


@router.post("/appeals", status_code=201, summary="Appeal", responses=openapi_examples.shown(examples.APPEALED, 201))
def appeal(services: With, caller: Onlooker, case_id: UUID, body: NewAppeal) -> Response:
    """The accused objects; owner and authority hear of it. One appeal is open at a time."""
    with services.store.transaction(caller.scope) as cursor:
        case_store.act(cursor, caller.label)
        case = found(cursor, case_id)
        if case["accused_org"] != caller.org_id:
            raise refused(403, "not_accused", "Only the accused may appeal.", "Comment on the case instead.")
        appeal_id = appeal_store.file(cursor, case, org_id=caller.org_id, actor=caller.label, statement=body.statement)
    return Json({"appeal_id": appeal_id, "case_id": case_id, "state": "open"}, 201)


@router.post(
    "/appeals/{appeal_id}/withdrawal",
    summary="Withdraw an appeal",
    responses=openapi_examples.shown(examples.CASE),
)
def withdraw(services: With, caller: Onlooker, case_id: UUID, appeal_id: UUID, body: Withdrawal) -> Response:
    """The accused takes its appeal back."""
    with services.store.transaction(caller.scope) as cursor:
        case_store.act(cursor, caller.label)
        case = found(cursor, case_id)
        if case["accused_org"] != caller.org_id:
            raise refused(403, "not_accused", "Only the accused may withdraw its appeal.", "Decide on it instead.")
        appeal_store.decide(cursor, case_id, appeal_id, state="withdrawn", by=caller.label, decision=body.remark)
        return Json(case_document(services, cursor, case))


@router.post(
    "/appeals/{appeal_id}/decision",
    summary="Decide on an appeal",
    responses=openapi_examples.shown(examples.CASE),
)
def decide(
    request: Request, services: With, caller: MakerOrRegulator, case_id: UUID, appeal_id: UUID, body: Decision
) -> Response:
    """Uphold or reject it, and say why: the accused reads that. The case itself is moved by a move of its own."""
    with services.store.transaction(caller.scope) as cursor:
        audit_access(cursor, caller, request)
        case_store.act(cursor, caller.label)
        case = found(cursor, case_id, full=True)
        by = f"{caller.org_id}/{caller.label}"
        appeal_store.decide(cursor, case_id, appeal_id, state=body.outcome, by=by, decision=body.remark)
        return Json(case_document(services, cursor, case))
