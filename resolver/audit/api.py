"""The audit log over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from resolver.access.authentication import Anyone, Operator
from resolver.audit import store
from resolver.services import With
from resolver.web import openapi
from resolver.web.responses import Json

router = APIRouter(prefix="/api/v1", tags=["audit"])

_ENTRY = {
    "number": 7,
    "at": "2026-03-01T08:00:00Z",
    "org_id": "samr",
    "actor": "inspection desk",
    "act": "look",
    "request": "GET /api/v1/history?gtin=09521234000012",
    "body_digest": None,
    "digest": "b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c",
}


@router.get("/audit-log", summary="The audit log", responses=openapi.shown({"entries": [_ENTRY], "next": None}))
def audit_log(
    services: With,
    caller: Anyone,
    after: Annotated[int, Query(ge=0, le=2**62, description="The number of the last entry that is known.")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Response:
    """Looks and changes: an operator sees all, others what was done with their own tokens."""
    with services.store.transaction(caller.scope) as cursor:
        store.chain(cursor)
        entries = store.listed(cursor, after, limit)
    following = f"/api/v1/audit-log?after={entries[-1]['number']}&limit={limit}" if len(entries) == limit else None
    return Json({"entries": entries, "next": following})


@router.get(
    "/audit-log/verification",
    summary="Whether the audit log is whole",
    responses=openapi.shown({"whole": True, "fault": None, "number": 7, "digest": _ENTRY["digest"]}),
)
def verification(services: With, caller: Operator) -> Response:
    """Check every link of the chain. Keep number and digest elsewhere: by them a log that was cut short is found."""
    with services.store.transaction(caller.scope) as cursor:
        fault, head = store.fault(cursor), store.head(cursor)
    return Json({"whole": fault is None, "fault": fault, **(head or {"number": 0, "digest": None})})
