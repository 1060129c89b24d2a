"""Files attached to a case, and its evidence bundle."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import IO, Annotated
from urllib.parse import quote
from uuid import UUID

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from resolver.access.audit import audit_access
from resolver.access.authentication import MakerDealerOrRegulator, MakerOrRegulator
from resolver.access.caller import Caller
from resolver.case import bundle, examples, file_store, quota_store
from resolver.case import store as case_store
from resolver.case.bundle_content import bundle_members
from resolver.case.case_reading import find_case, find_whole
from resolver.services import Services, With
from resolver.web import openapi, uploads
from resolver.web.bounded_stream import BoundedStream
from resolver.web.problems import refused
from resolver.web.responses import Json, chained
from schemas.errors import SuyuanError

router = APIRouter(prefix="/api/v1/cases/{case_id}", tags=["cases"])

_FILES = CapacityLimiter(2)
"""Threads for files that are checked and stored, each with up to 8 MiB in memory; more wait on the disk."""


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
    with services.uploads.one(caller.org_id):
        try:
            await run_in_threadpool(_require_case, services, caller, case_id)
        except SuyuanError:
            await uploads.discard(request)  # who is cut off while it sends never sees the answer
            raise
        async with uploads.spooled(request, uploads.most_bytes(content_type)) as file:
            wanted = _Attachment(case_id, shown_name, content_type, file, shared)
            answer = await to_thread.run_sync(_attach, services, caller, request, wanted, limiter=_FILES)
    return Json(answer, 201)


@dataclass(frozen=True, slots=True)
class _Attachment:
    """What is to be attached to which case."""

    case_id: UUID
    name: str
    content_type: str
    file: IO[bytes]
    shared: bool


def _require_case(services: Services, caller: Caller, case_id: UUID) -> None:
    with services.store.transaction(caller.scope) as cursor:
        find_case(cursor, case_id)


def _attach(services: Services, caller: Caller, request: Request, wanted: _Attachment) -> dict[str, object]:
    content, name, content_type = wanted.file.read(), wanted.name, wanted.content_type
    uploads.require_kind(content, content_type)
    digest = uploads.digest(content)
    with services.store.transaction(caller.scope) as cursor:
        audit_access(cursor, caller, request)
        case = find_case(cursor, wanted.case_id)
        quota_store.lock(cursor, wanted.case_id, caller.org_id)
        readable = wanted.shared or case["limited"]
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
            quota_store.require_files(cursor, wanted.case_id, caller.org_id)
            quota_store.require_entries(cursor, wanted.case_id, caller.org_id)
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

    def parts() -> Generator[bytes]:
        with services.store.streaming(caller.scope) as (cursor, _):
            audit_access(cursor, caller, request)
            members = bundle_members(cursor, find_whole(cursor, case_id), services.keyring.current())
            yield from bundle.stream(members, services.answer_key)

    stream = parts()
    first = next(stream)  # whatever keeps it from being made is still an answer of its own
    return BoundedStream(chained(first, stream), media_type="application/zip", headers=_download(f"case-{case_id}.zip"))
