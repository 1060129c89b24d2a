"""For makers and the operator: the keys of an organisation's codes, from the first to the last day of each.

A new key number rotates without reprinting: codes of the old one stay valid until it is revoked. What is changed here
counts from the next code on, in this process immediately, in others as soon as they read the keys' epoch.
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path
from starlette.responses import Response

from resolver.access.authentication import MakerOrOperator
from resolver.access.caller import Caller
from resolver.key import examples, revocation_store
from resolver.key import store as key_store
from resolver.key.models import KeyRevocation, NewSigningKey
from resolver.key.signing_keys import create_signing_key
from resolver.services import Services, With
from resolver.store import Scope
from resolver.web import openapi
from resolver.web.responses import Json
from schemas.errors import Forbidden, Invalid
from schemas.topics import NAME

router = APIRouter(prefix="/api/v1/organisations/{org_id}", tags=["keys"])


def _permitted(caller: MakerOrOperator, org_id: str) -> Caller:
    """A maker acts for itself, an operator for anyone."""
    if caller.role == "maker" and caller.org_id != org_id:
        raise Forbidden("wrong_organisation", "These keys are another organisation's.", f"Use {caller.org_id}.")
    if not NAME.fullmatch(org_id):
        raise Invalid("unknown_organisation", f"{org_id!r} is no id.", "Use an organisation's id.", field="org_id")
    return caller


Permitted = Annotated[Caller, Depends(_permitted)]


@router.get("/keys", summary="An organisation's keys", responses=openapi.shown(examples.ORGANISATION_KEYS))
def keys(services: With, caller: Permitted, org_id: str) -> Response:
    """Sealing key numbers and signing keys, with how long each counts. Secrets are not among it."""
    with services.store.transaction(caller.scope) as cursor:
        return Json({"org_id": org_id, **key_store.keys_of(cursor, org_id)})


@router.post(
    "/seal-keys",
    status_code=201,
    summary="Begin the next sealing key number",
    responses=openapi.shown({"org_id": "huadu", "key_number": 1}, 201),
)
def add_seal_key(services: With, caller: Permitted, org_id: str) -> Response:
    """Batches registered from now on are sealed under it. Nothing has to be printed again."""
    with services.store.transaction(caller.scope) as cursor:
        key_store.require_room(cursor, org_id, "seal", operator=caller.role == "operator")
        number = key_store.add_seal_key(cursor, org_id)
    services.keyring.refresh()
    return Json({"org_id": org_id, "key_number": number}, 201)


@router.post(
    "/seal-keys/{key_number}/revocation",
    status_code=202,
    summary="Request that a sealing key number be revoked",
    responses=openapi.shown(examples.REVOCATION, 202),
)
def revoke_seal_key(
    services: With, caller: Permitted, org_id: str, key_number: Annotated[int, Path(ge=0, le=15)], body: KeyRevocation
) -> Response:
    """Withdraw every code of this number: in 24 hours, if nobody cancels it, or when a second person confirms it.

    Owner and operators are told at once. An operator's ``emergency`` revokes at once, with status 200.
    """
    return _requested(services, caller, org_id, "seal", str(key_number), body)


@router.post(
    "/signing-keys",
    status_code=201,
    summary="Make a key for signed codes",
    responses=openapi.shown({"kid": "7K", "org_id": "huadu"}, 201),
)
def add_signing_key(services: With, caller: Permitted, org_id: str, body: NewSigningKey) -> Response:
    """Make a signing key. Its private half never leaves the resolver's key folder."""
    with services.store.transaction(caller.scope) as cursor:
        key_store.require_room(cursor, org_id, "signing", operator=caller.role == "operator")
    kid = create_signing_key(
        services.store, services.settings.signing_key_dir, org_id=org_id, now=services.clock(), years=body.years
    )
    services.keyring.refresh()
    return Json({"kid": kid, "org_id": org_id}, 201)


@router.post(
    "/signing-keys/{kid}/revocation",
    status_code=202,
    summary="Request that a signing key be revoked",
    responses=openapi.shown(examples.REVOCATION, 202),
)
def revoke_signing_key(services: With, caller: Permitted, org_id: str, kid: str, body: KeyRevocation) -> Response:
    """As for a sealing key number. When it is revoked the published key set says so."""
    return _requested(services, caller, org_id, "signing", kid, body)


@router.get(
    "/revocations", summary="Revocations of keys", responses=openapi.shown({"revocations": [examples.REVOCATION]})
)
def revocations(services: With, caller: Permitted, org_id: str) -> Response:  # noqa: ARG001 -- that the caller is permitted is what counts
    """The newest 100 requests, with what became of them."""
    with services.store.transaction(Scope(org_id)) as cursor:
        return Json({"revocations": revocation_store.revocations(cursor, org_id)})


@router.post(
    "/revocations/{revocation_id}/confirmation",
    summary="Confirm a key's revocation",
    responses=openapi.shown(examples.REVOKED),
)
def confirm(services: With, caller: Permitted, org_id: str, revocation_id: UUID) -> Response:
    """Revoke the key now, as a second person: with a token of another label than the request's. It can't be undone."""
    with services.store.transaction(Scope(org_id)) as cursor:
        row = revocation_store.confirm(cursor, org_id, revocation_id, by=_name(caller), token_id=caller.token_id)
    services.keyring.refresh()
    return Json(row)


@router.post(
    "/revocations/{revocation_id}/cancellation",
    summary="Cancel a key's revocation",
    responses=openapi.shown(examples.REVOCATION | {"state": "cancelled"}),
)
def cancel(services: With, caller: Permitted, org_id: str, revocation_id: UUID) -> Response:
    """Call a pending request off."""
    with services.store.transaction(Scope(org_id)) as cursor:
        return Json(revocation_store.cancel(cursor, org_id, revocation_id, by=_name(caller)))


def _requested(services: Services, caller: Caller, org_id: str, kind: str, key: str, body: KeyRevocation) -> Response:
    if body.emergency and caller.role != "operator":
        raise Forbidden("operator_only", "An operator alone revokes at once.", "Let a second person confirm.")
    fields = {
        "org_id": org_id,
        "kind": kind,
        "key": key,
        "reason": body.reason,
        "emergency": body.emergency,
        "requested_by": _name(caller),
        "requested_token": caller.token_id,
    }
    with services.store.transaction(Scope(org_id)) as cursor:
        row = revocation_store.request(cursor, fields)
    services.keyring.refresh()
    return Json(row, 200 if row["state"] == "revoked" else 202)


def _name(caller: Caller) -> str:
    return f"{caller.org_id}: {caller.label}"
