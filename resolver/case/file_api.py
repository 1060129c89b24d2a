"""Files attached to a case, and its evidence bundle."""

from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from resolver.access.audit import audit_access
from resolver.access.authentication import MakerDealerOrRegulator, MakerOrRegulator
from resolver.access.caller import Caller
from resolver.case import bundle, examples, file_store
from resolver.case import store as case_store
from resolver.case.bundle_content import bundle_files
from resolver.case.case_reading import find_case, find_whole
from resolver.services import Services, With
from resolver.web import openapi, uploads
from resolver.web.problems import refused
from resolver.web.responses import Json

router = APIRouter(prefix="/api/v1/cases/{case_id}", tags=["cases"])


@router.post(
    "/files",
    status_code=201,
    summary="Attach evidence",
    responses=openapi.shown(examples.CASE_FILE, 201),
    openapi_extra=openapi.file_body(uploads.KINDS),
)
async def attach(
    request: Request,
    services: With,
    caller: MakerDealerOrRegulator,
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
        case = find_case(cursor, case_id)
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
    responses=openapi.file_shown("application/octet-stream"),
)
def attached(request: Request, services: With, caller: MakerDealerOrRegulator, case_id: UUID, sha256: str) -> Response:
    """The file as it was attached."""
    with services.store.transaction(caller.scope) as cursor:
        audit_access(cursor, caller, request)
        find_case(cursor, case_id)
        row = file_store.content(cursor, case_id, uploads.digest_of(sha256))
    if row is None:
        raise refused(404, "not_found", "No file of this case has this name.", "The case lists its files.")
    return Response(bytes(row["content"]), media_type=row["content_type"], headers=_download(row["name"]))


def _download(name: str) -> dict[str, str]:
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}", "Cache-Control": "no-store"}


@router.get(
    "/bundle",
    summary="The evidence bundle",
    responses=openapi.file_shown("application/zip"),
)
def evidence_bundle(request: Request, services: With, caller: MakerOrRegulator, case_id: UUID) -> Response:
    """Everything about the case in one file, hashed and signed: `python -m resolver bundle verify` checks it.

    The same case in the same state gives the same bytes.
    """
    with services.store.transaction(caller.scope) as cursor:
        audit_access(cursor, caller, request)
        files = bundle_files(cursor, find_whole(cursor, case_id), services.keyring.current())
    return Response(
        bundle.build(files, services.answer_key),
        media_type="application/zip",
        headers=_download(f"case-{case_id}.zip"),
    )
