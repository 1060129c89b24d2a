"""For makers and the operator: the keys of an organisation's codes, from the first to the last day of each.

A new key number rotates without reprinting: codes of the old one stay valid until it is revoked. What is changed here
counts from the next code on, in this process immediately, in others as soon as they read the keys' epoch.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from starlette.responses import Response

from resolver.access.authentication import MakerOrOperator
from resolver.access.caller import Caller
from resolver.key import examples, revocation_store
from resolver.key import store as key_store
from resolver.key.models import KeyRevocation, NewSigningKey
from resolver.key.signing_keys import create_signing_key
from resolver.services import With
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
        number = key_store.add_seal_key(cursor, org_id)
    services.keyring.refresh()
    return Json({"org_id": org_id, "key_number": number}, 201)


@router.post(
    "/seal-keys/{key_number}/revocation",
    summary="Revoke a sealing key number",
    responses=openapi.shown(examples.REVOKED_SEAL_KEY),
)
def revoke_seal_key(
    services: With, caller: Permitted, org_id: str, key_number: Annotated[int, Path(ge=0, le=15)], body: KeyRevocation
) -> Response:
    """Withdraw every code of this number: it can't be confirmed any more."""
    with services.store.transaction(caller.scope) as cursor:
        row = revocation_store.revoke_seal_key(cursor, org_id, key_number, body.reason)
    services.keyring.refresh()
    return Json(row)


@router.post(
    "/signing-keys",
    status_code=201,
    summary="Make a key for signed codes",
    responses=openapi.shown({"kid": "7K", "org_id": "huadu"}, 201),
)
def add_signing_key(services: With, caller: Permitted, org_id: str, body: NewSigningKey) -> Response:  # noqa: ARG001 -- that the caller is permitted is what counts
    """Make a signing key. Its private half never leaves the resolver's key folder."""
    kid = create_signing_key(
        services.store, services.settings.signing_key_dir, org_id=org_id, now=services.clock(), years=body.years
    )
    services.keyring.refresh()
    return Json({"kid": kid, "org_id": org_id}, 201)


@router.post(
    "/signing-keys/{kid}/revocation",
    summary="Revoke a signing key",
    responses=openapi.shown(examples.REVOKED_SIGNING_KEY),
)
def revoke_signing_key(services: With, caller: Permitted, org_id: str, kid: str, body: KeyRevocation) -> Response:
    """Withdraw every signature of this key; the published key set says so from now on."""
    with services.store.transaction(caller.scope) as cursor:
        row = revocation_store.revoke_signing_key(cursor, org_id, kid, body.reason)
    services.keyring.refresh()
    return Json(row)
