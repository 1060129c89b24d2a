"""Readers' keys: enrolled with a one-time token, and rotated by a signature of the old key."""

import secrets
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from resolver.access.authentication import ReaderOwner
from resolver.reader import examples
from resolver.reader import store as reader_store
from resolver.reader.models import NewEnrolment, NewReaderKey, Redemption
from resolver.reader.ownership import acting_for
from resolver.registry import store as registry_store
from resolver.registry.reader_class import chosen_class
from resolver.services import With
from resolver.store import Scope
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
    responses=openapi.shown(examples.ROTATED, 201, guarded=False),
)
def rotate(services: With, org_id: OrgId, reader_id: ReaderId, body: NewReaderKey) -> Response:
    """Announce a new key, signed by the old one; no token is needed. Both are good until the old one is revoked."""
    kid, new_kid, public_key = (bytes.fromhex(part) for part in (body.kid, body.new_kid, body.public_key))
    text = enrolment.rotation_text(Address(org_id, reader_id), kid, new_kid, public_key)
    with services.store.transaction(Scope(org_id)) as cursor:
        old = reader_store.live_key(cursor, org_id, reader_id, kid)
        if old is None or not enrolment.is_signed_by(old, bytes.fromhex(body.signature), text):
            raise Forbidden(
                "bad_signature", "No live key of this reader signed this.", "Sign with a key that is enrolled."
            )
        if not enrolment.is_signed_by(public_key, bytes.fromhex(body.proof), text):
            raise _refusal(enrolment.NOT_PROVEN)
        if not reader_store.add_key(cursor, org_id, reader_id, new_kid, public_key):
            raise _refusal(enrolment.REFUSALS["taken"])
    return Json({"org_id": org_id, "reader_id": reader_id, "kid": new_kid.hex()}, 201)


def _refusal(problem: Problem) -> Refused:
    return refused(problem.status, problem.reason, problem.detail, problem.fix)
