"""For whoever has readers, and for the readers themselves: enrolment, keys, revocation, health, settings."""

import secrets
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from resolver.access.authentication import Caller, ReaderOwner
from resolver.reader import examples
from resolver.reader import store as reader_store
from resolver.reader.health import state_of
from resolver.reader.models import NewEnrolment, NewReaderKey, NewReaderSettings, Redemption
from resolver.services import With
from resolver.store import Scope
from resolver.web import openapi_examples
from resolver.web.pagination import decode_cursor, encode_cursor, next_link
from resolver.web.problems import Refused, refused
from resolver.web.responses import Json
from schemas import enrolment
from schemas.problem import Problem
from schemas.topics import NAME, Address

router = APIRouter(prefix="/api/v1", tags=["reader"])

OrgId = Annotated[str, Path(pattern=f"^{NAME.pattern}$")]
ReaderId = Annotated[str, Path(pattern=f"^{NAME.pattern}$")]
KeyId = Annotated[str, Path(pattern=r"^([0-9a-fA-F]{2}){1,32}$", description="The key id in hexadecimal.")]


@router.post(
    "/enrolments",
    status_code=201,
    summary="A one-time token for a new reader",
    responses=openapi_examples.shown(examples.ENROLMENT, 201),
)
def add_enrolment(services: With, caller: ReaderOwner, body: NewEnrolment) -> Response:
    """Make a token with which one reader enrols its key. Only its hash is kept: it is shown this once."""
    org_id = _own(caller, body.org_id or caller.org_id)
    token = enrolment.TOKEN_PREFIX + secrets.token_urlsafe(32)
    expires_at = services.clock() + timedelta(minutes=body.minutes)
    with services.store.transaction(Scope(org_id)) as cursor:
        if body.site_id is not None and reader_store.site_owner(cursor, body.site_id) not in (None, org_id):
            raise refused(422, "unknown_site", f"{body.site_id!r} is no site of {org_id}.", field="site_id")
        reader_store.add_enrolment(
            cursor,
            token_hash=enrolment.token_hash(token),
            org_id=org_id,
            reader_id=body.reader_id,
            site_id=body.site_id,
            created_by=f"{caller.org_id}: {caller.label}",
            expires_at=expires_at,
        )
    issued = {"token": token, "org_id": org_id, "reader_id": body.reader_id, "expires_at": expires_at}
    return Json(issued, 201, headers={"Cache-Control": "no-store"})


@router.post(
    "/enrolments/redemption",
    status_code=201,
    summary="A reader enrols its key with a token",
    responses=openapi_examples.shown(examples.REDEEMED, 201, guarded=False),
)
def redeem(services: With, body: Redemption) -> Response:
    """Enrol the key; no other token is needed. The same request again gets the same answer, with status 200."""
    redemption = body.redemption()
    if not redemption.proven:
        raise _refusal(enrolment.NOT_PROVEN)
    with services.store.transaction(Scope()) as cursor:
        row = reader_store.redeem(cursor, redemption.token_hash, redemption.kid, redemption.public_key)
    if row["outcome"] in enrolment.REFUSALS:
        raise _refusal(enrolment.REFUSALS[row["outcome"]])
    answer = {name: row[name] for name in ("org_id", "reader_id", "site_id")} | {"kid": redemption.kid.hex()}
    return Json(answer, 201 if row["outcome"] == "enrolled" else 200)


@router.post(
    "/readers/{org_id}/{reader_id}/keys",
    status_code=201,
    summary="A reader puts a new key beside its old one",
    responses=openapi_examples.shown(examples.ROTATED, 201, guarded=False),
)
def rotate(services: With, org_id: OrgId, reader_id: ReaderId, body: NewReaderKey) -> Response:
    """Announce a new key, signed by the old one; no token is needed. Both are good until the old one is revoked."""
    kid, new_kid, public_key = (bytes.fromhex(part) for part in (body.kid, body.new_kid, body.public_key))
    text = enrolment.rotation_text(Address(org_id, reader_id), kid, new_kid, public_key)
    with services.store.transaction(Scope(org_id)) as cursor:
        old = reader_store.live_key(cursor, org_id, reader_id, kid)
        if old is None or not enrolment.is_signed_by(old, bytes.fromhex(body.signature), text):
            raise refused(
                403, "bad_signature", "No live key of this reader signed this.", "Sign with a key that is enrolled."
            )
        if not enrolment.is_signed_by(public_key, bytes.fromhex(body.proof), text):
            raise _refusal(enrolment.NOT_PROVEN)
        if not reader_store.add_key(cursor, org_id, reader_id, new_kid, public_key):
            raise _refusal(enrolment.REFUSALS["taken"])
    return Json({"org_id": org_id, "reader_id": reader_id, "kid": new_kid.hex()}, 201)


@router.post(
    "/readers/{org_id}/{reader_id}/keys/{kid}/revocation",
    summary="Revoke a reader's key",
    responses=openapi_examples.shown({"org_id": "huadu", "reader_id": "line-1", "kid": "6b31", "revoked": True}),
)
def revoke_key(services: With, caller: ReaderOwner, org_id: OrgId, reader_id: ReaderId, kid: KeyId) -> Response:
    """Refuse what this key signs, from the gateway's next transaction on, whenever it was signed."""
    with services.store.transaction(Scope(_own(caller, org_id))) as cursor:
        if not reader_store.revoke_key(cursor, org_id, reader_id, bytes.fromhex(kid)):
            raise _unknown(f"{org_id}/{reader_id} has no key {kid}.")
    return Json({"org_id": org_id, "reader_id": reader_id, "kid": kid.lower(), "revoked": True})


@router.post(
    "/readers/{org_id}/{reader_id}/revocation",
    summary="Revoke a reader",
    responses=openapi_examples.shown({"org_id": "huadu", "reader_id": "line-1", "revoked": True}),
)
def revoke_reader(services: With, caller: ReaderOwner, org_id: OrgId, reader_id: ReaderId) -> Response:
    """Refuse everything of this reader, from the gateway's next transaction on."""
    with services.store.transaction(Scope(_own(caller, org_id))) as cursor:
        if not reader_store.revoke_reader(cursor, org_id, reader_id):
            raise _unknown(f"There is no reader {org_id}/{reader_id}.")
    return Json({"org_id": org_id, "reader_id": reader_id, "revoked": True})


@router.put(
    "/readers/{org_id}/{reader_id}/settings",
    summary="Set what a reader works by",
    responses=openapi_examples.shown({"org_id": "huadu", "reader_id": "line-1", "revision": 2, "batch_events": 200}),
)
def set_settings(
    services: With, caller: ReaderOwner, org_id: OrgId, reader_id: ReaderId, body: NewReaderSettings
) -> Response:
    """Set the reader's settings anew; the gateway tells it within seconds, or when it connects."""
    given = body.model_dump(exclude_none=True)
    with services.store.transaction(Scope(_own(caller, org_id))) as cursor:
        revision = reader_store.set_settings(cursor, org_id, reader_id, given)
    if revision is None:
        raise _unknown(f"There is no reader {org_id}/{reader_id}.")
    return Json({"org_id": org_id, "reader_id": reader_id, "revision": revision, **given})


@router.get("/readers", summary="Readers and their health", responses=openapi_examples.shown(examples.FLEET))
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
        rows = reader_store.fleet(cursor, (after[0], after[1]), org_id, limit)
    now = services.clock()
    readers = [{**row, "state": state_of(row, now)} for row in rows]
    following = None
    if len(rows) == limit:
        last = encode_cursor([rows[-1]["org_id"], rows[-1]["reader_id"]])
        following = next_link(request.url.path, request.query_params.multi_items(), last)
    return Json({"readers": readers, "next": following})


def _own(caller: Caller, org_id: str) -> str:
    """The organisation that is acted for: one's own, or for an operator any.

    :raises Refused: 403 for another's.
    """
    if caller.role != "operator" and caller.org_id != org_id:
        raise refused(403, "foreign_reader", f"Readers of {org_id} are not yours.", "Use your own organisation's id.")
    return org_id


def _unknown(detail: str) -> Refused:
    return refused(404, "unknown_reader", detail, "GET /api/v1/readers lists them.")


def _refusal(problem: Problem) -> Refused:
    return refused(problem.status, problem.reason, problem.detail, problem.fix)
