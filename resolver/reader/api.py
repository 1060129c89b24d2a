"""For whoever has readers: revocation, class, settings, health."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from resolver.access.authentication import ReaderOwner
from resolver.reader import examples, key_store
from resolver.reader import store as reader_store
from resolver.reader.health import state_of
from resolver.reader.models import STOLEN, NewReaderSettings, ReaderClassChange, ReaderKeyRevocation
from resolver.reader.ownership import acting_for
from resolver.registry import store as registry_store
from resolver.registry.reader_class import chosen_class
from resolver.services import With
from resolver.store import Scope
from resolver.web import openapi
from resolver.web.pagination import decode_cursor, encode_cursor, next_link
from resolver.web.responses import Json
from schemas.errors import NotFound
from schemas.topics import NAME

router = APIRouter(prefix="/api/v1", tags=["reader"])

OrgId = Annotated[str, Path(pattern=f"^{NAME.pattern}$")]
ReaderId = Annotated[str, Path(pattern=f"^{NAME.pattern}$")]
KeyId = Annotated[str, Path(pattern=r"^([0-9a-fA-F]{2}){1,32}$", description="The key id in hexadecimal.")]


@router.post(
    "/readers/{org_id}/{reader_id}/keys/{kid}/revocation",
    summary="Revoke a reader's key",
    responses=openapi.shown({"org_id": "huadu", "reader_id": "line-1", "revoked": ["6b31", "6b32"]}),
)
def revoke_key(
    services: With,
    caller: ReaderOwner,
    org_id: OrgId,
    reader_id: ReaderId,
    kid: KeyId,
    body: ReaderKeyRevocation = STOLEN,
) -> Response:
    """Refuse what this key signs, from the gateway's next transaction on, whenever it was signed.

    Without a body it counts as stolen at an unknown time: every key that it introduced is revoked with it.
    """
    with services.store.transaction(Scope(acting_for(caller.role, caller.org_id, org_id))) as cursor:
        revoked = key_store.revoke(
            cursor, org_id, reader_id, bytes.fromhex(kid), successors=body.because == "stolen", since=body.since
        )
        if not revoked:
            raise _unknown(f"{org_id}/{reader_id} has no key {kid}.")
    return Json({"org_id": org_id, "reader_id": reader_id, "revoked": [each.hex() for each in revoked]})


@router.post(
    "/readers/{org_id}/{reader_id}/revocation",
    summary="Revoke a reader",
    responses=openapi.shown({"org_id": "huadu", "reader_id": "line-1", "revoked": True}),
)
def revoke_reader(services: With, caller: ReaderOwner, org_id: OrgId, reader_id: ReaderId) -> Response:
    """Refuse everything of this reader, from the gateway's next transaction on."""
    with services.store.transaction(Scope(acting_for(caller.role, caller.org_id, org_id))) as cursor:
        if not reader_store.revoke_reader(cursor, org_id, reader_id):
            raise _unknown(f"There is no reader {org_id}/{reader_id}.")
    return Json({"org_id": org_id, "reader_id": reader_id, "revoked": True})


@router.put(
    "/readers/{org_id}/{reader_id}/settings",
    summary="Set what a reader works by",
    responses=openapi.shown({"org_id": "huadu", "reader_id": "line-1", "revision": 2, "batch_events": 200}),
)
def set_settings(
    services: With, caller: ReaderOwner, org_id: OrgId, reader_id: ReaderId, body: NewReaderSettings
) -> Response:
    """Set the reader's settings anew; the gateway tells it within seconds, or when it connects."""
    given = body.model_dump(exclude_none=True)
    with services.store.transaction(Scope(acting_for(caller.role, caller.org_id, org_id))) as cursor:
        revision = reader_store.set_settings(cursor, org_id, reader_id, given)
    if revision is None:
        raise _unknown(f"There is no reader {org_id}/{reader_id}.")
    return Json({"org_id": org_id, "reader_id": reader_id, "revision": revision, **given})


@router.put(
    "/readers/{org_id}/{reader_id}/class",
    summary="Set what a reader is",
    responses=openapi.shown({"org_id": "huadu", "reader_id": "line-1", "reader_class": "till"}),
)
def set_class(
    services: With, caller: ReaderOwner, org_id: OrgId, reader_id: ReaderId, body: ReaderClassChange
) -> Response:
    """Set the reader's class, from the gateway's next transaction on: whom it may say that has looked."""
    with services.store.transaction(Scope(acting_for(caller.role, caller.org_id, org_id))) as cursor:
        chosen_class(caller.role, registry_store.kind_of(cursor, org_id), body.reader_class)
        if not reader_store.set_class(cursor, org_id, reader_id, body.reader_class):
            raise _unknown(f"There is no reader {org_id}/{reader_id}.")
    return Json({"org_id": org_id, "reader_id": reader_id, "reader_class": body.reader_class})


@router.get("/readers", summary="Readers and their health", responses=openapi.shown(examples.FLEET))
def fleet(
    request: Request,
    services: With,
    caller: ReaderOwner,
    org_id: Annotated[str | None, Query(pattern=f"^{NAME.pattern}$")] = None,
    page_token: Annotated[str | None, Query(alias="cursor", max_length=400)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Response:
    """The readers of one's own organisation; for an operator, of all."""
    after = ("", "") if page_token is None else tuple(decode_cursor(page_token, 2))
    mandate = "fleet" if caller.role == "operator" else ""
    with services.store.transaction(Scope(caller.org_id, mandate)) as cursor:
        rows = reader_store.readers(cursor, (after[0], after[1]), org_id, limit)
    now = services.clock()
    readers = [{**row, "state": state_of(row, now)} for row in rows]
    following = None
    if len(rows) == limit:
        last = encode_cursor([rows[-1]["org_id"], rows[-1]["reader_id"]])
        following = next_link(request.url.path, request.query_params.multi_items(), last)
    return Json({"readers": readers, "next": following})


def _unknown(detail: str) -> NotFound:
    return NotFound("unknown_reader", detail, "GET /api/v1/readers lists them.")
