"""Readers' keys: enrolled with a one-time token, and rotated by a signature of the old key."""

import secrets
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from resolver.access.authentication import ReaderOwner
from resolver.reader import examples, key_store, rotation_nonce
from resolver.reader import store as reader_store
from resolver.reader.models import NewEnrolment, NewReaderKey, Redemption, Rotation
from resolver.reader.ownership import acting_for
from resolver.registry import store as registry_store
from resolver.registry.reader_class import chosen_class
from resolver.services import With
from resolver.store import PUBLIC, Cursor, Scope
from resolver.web import openapi
from resolver.web.problems import Refused, refused
from resolver.web.responses import Json
from schemas import enrolment
from schemas.errors import Forbidden, Invalid
from schemas.problem import Problem
from schemas.topics import NAME, Address

router = APIRouter(prefix="/api/v1", tags=["reader"])

OrgId = Annotated[str, Path(pattern=f"^{NAME.pattern}$")]
ReaderId = Annotated[str, Path(pattern=f"^{NAME.pattern}$")]


@router.post(
    "/enrolments",
    status_code=201,
    summary="A one-time token for a new reader",
    responses=openapi.shown(examples.ENROLMENT, 201),
)
def add_enrolment(services: With, caller: ReaderOwner, body: NewEnrolment) -> Response:
    """Make a token with which one reader enrols its key. Only its hash is kept: it is shown this once."""
    org_id = acting_for(caller.role, caller.org_id, body.org_id or caller.org_id)
    token = enrolment.TOKEN_PREFIX + secrets.token_urlsafe(32)
    expires_at = services.clock() + timedelta(minutes=body.minutes)
    with services.store.transaction(Scope(org_id)) as cursor:
        if body.site_id is not None and reader_store.site_owner(cursor, body.site_id) not in (None, org_id):
            raise Invalid("unknown_site", f"{body.site_id!r} is no site of {org_id}.", field="site_id")
        reader_class = chosen_class(caller.role, registry_store.kind_of(cursor, org_id), body.reader_class)
        reader_store.add_enrolment(
            cursor,
            token_hash=enrolment.token_hash(token),
            org_id=org_id,
            reader_id=body.reader_id,
            site_id=body.site_id,
            reader_class=reader_class,
            created_by=f"{caller.org_id}: {caller.label}",
            expires_at=expires_at,
        )
    issued = {"token": token, "org_id": org_id, "reader_id": body.reader_id, "expires_at": expires_at}
    return Json(issued, 201, headers={"Cache-Control": "no-store"})


@router.post(
    "/enrolments/redemption",
    status_code=201,
    summary="A reader enrols its key with a token",
    responses=openapi.shown(examples.REDEEMED, 201, guarded=False),
)
def redeem(services: With, body: Redemption) -> Response:
    """Enrol the key; no other token is needed. The same request again gets the same answer, with status 200."""
    redemption = body.redemption()
    if not redemption.proven:
        raise _refusal(enrolment.NOT_PROVEN)
    with services.public_store.transaction(PUBLIC) as cursor:
        row = reader_store.redeem(cursor, redemption.token_hash, redemption.kid, redemption.public_key)
    if row["outcome"] in enrolment.REFUSALS:
        raise _refusal(enrolment.REFUSALS[row["outcome"]])
    answer = {name: row[name] for name in ("org_id", "reader_id", "site_id")} | {"kid": redemption.kid.hex()}
    return Json(answer, 201 if row["outcome"] == "enrolled" else 200)


@router.post(
    "/readers/{org_id}/{reader_id}/keys/nonce",
    summary="A nonce for a reader's rotation",
    responses=openapi.shown(examples.NONCE, guarded=False),
)
def nonce(services: With, org_id: OrgId, reader_id: ReaderId) -> Response:
    """What the old key signs with the new one. It is good for some minutes; no token is needed."""
    fresh = rotation_nonce.new_nonce(services.pepper, Address(org_id, reader_id), services.clock().timestamp())
    answer = {"nonce": fresh.hex(), "seconds": rotation_nonce.VALID_S}
    return Json(answer, headers={"Cache-Control": "no-store"})


@router.post(
    "/readers/{org_id}/{reader_id}/keys",
    status_code=201,
    summary="A reader puts a new key beside its old one",
    responses=openapi.shown(examples.ROTATED, 201, guarded=False),
)
def rotate(services: With, org_id: OrgId, reader_id: ReaderId, body: NewReaderKey) -> Response:
    """Announce a new key, signed by the old one; no token is needed. Both are good until the old one is revoked.

    The reader's owner and the operators are told. The same request again gets the same answer, with status 200.
    """
    address, request = Address(org_id, reader_id), body.rotation()
    now = services.clock().timestamp()
    if not rotation_nonce.is_fresh(services.pepper, address, request.nonce, now):
        raise _refusal(_STALE)
    text = enrolment.rotation_text(address, request.kid, request.new_kid, request.public_key, request.nonce)
    with services.store.transaction(Scope(org_id)) as cursor:
        room = key_store.has_room(cursor, org_id, reader_id)
        old = key_store.live_key(cursor, org_id, reader_id, request.kid)
        if old is None or not enrolment.is_signed_by(old, request.signature, text):
            raise Forbidden(
                "bad_signature", "No live key of this reader signed this.", "Sign with a key that is enrolled."
            )
        if not enrolment.is_signed_by(request.public_key, request.proof, text):
            raise _refusal(enrolment.NOT_PROVEN)
        again = key_store.live_key(cursor, org_id, reader_id, request.new_kid) == request.public_key
        if not again:
            _introduce(cursor, address, request, room=room)
    answer = {"org_id": org_id, "reader_id": reader_id, "kid": request.new_kid.hex()}
    return Json(answer, 200 if again else 201)


def _introduce(cursor: Cursor, address: Address, request: Rotation, *, room: bool) -> None:
    if not room:
        raise _refusal(enrolment.REFUSALS["full"])
    if key_store.rotated_enough(cursor, address.org_id, address.reader_id):
        raise _refusal(_OFTEN)
    if not key_store.introduce(
        cursor, address.org_id, address.reader_id, request.kid, request.new_kid, request.public_key
    ):
        raise _refusal(enrolment.REFUSALS["taken"])


_STALE = Problem(
    403, "stale_nonce", "The nonce is none of ours for this reader, or its minutes have passed.", "Ask for a new one."
)
_OFTEN = Problem(
    429, "rotated_often", "The reader has introduced enough keys for a day.", "Try tomorrow, or enrol one with a token."
)


def _refusal(problem: Problem) -> Refused:
    return refused(problem.status, problem.reason, problem.detail, problem.fix)
