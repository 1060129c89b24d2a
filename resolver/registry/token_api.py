"""Tokens: issued and followed by others of the same rights by the operator; listed and revoked by whoever has them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from resolver.access import store as token_store
from resolver.access.authentication import Anyone, Operator
from resolver.registry import examples, tokens
from resolver.registry.models import IssuedToken, NewToken, TokenRevocation
from resolver.services import With
from resolver.web import openapi
from resolver.web.responses import Json
from schemas.errors import Conflict, NotFound
from schemas.topics import NAME

router = APIRouter(prefix="/api/v1", tags=["operator"])


@router.post(
    "/tokens",
    status_code=201,
    summary="Issue a token",
    response_model=IssuedToken,
    responses=openapi.shown(examples.TOKEN, 201),
)
def add_token(services: With, caller: Operator, body: NewToken) -> Response:
    """Issue a token. Only its hash is kept: it is shown this once. It may read, unless other scopes are given."""
    issued = tokens.issue_token(
        services.store,
        org_id=body.org_id,
        role=None,
        label=body.label,
        expires_at=body.expires_at,
        scopes=body.scopes,
        created_by=f"{caller.org_id}: {caller.label}",
    )
    return Json(issued, 201, headers={"Cache-Control": "no-store"})


@router.get("/tokens", summary="Tokens", responses=openapi.shown({"tokens": [examples.LISTED_TOKEN]}))
def listed(
    services: With, caller: Anyone, org_id: Annotated[str | None, Query(pattern=f"^{NAME.pattern}$")] = None
) -> Response:
    """The newest 1,000 tokens of one's own organisation; for an operator, of ``org_id`` or of all.

    ``last_used_at`` is right to the hour.
    """
    whose = org_id if caller.role == "operator" else caller.org_id
    with services.store.transaction(caller.scope) as cursor:
        return Json({"tokens": token_store.tokens(cursor, whose)})


@router.post(
    "/tokens/{token_id}/successor",
    status_code=201,
    summary="Issue a token's successor",
    response_model=IssuedToken,
    responses=openapi.shown(examples.TOKEN, 201),
)
def succeed(services: With, caller: Operator, token_id: UUID) -> Response:
    """A new token of the same organisation, label and scopes, for 90 days. Revoke the old one when it is in use."""
    with services.store.transaction(caller.scope) as cursor:
        old = token_store.token_of(cursor, token_id)
    if old is None:
        raise _unknown(token_id)
    if old["revoked_at"] is not None:
        raise Conflict("revoked_token", f"Token {token_id} was revoked.", "Issue a new one.")
    issued = tokens.issue_token(
        services.store,
        org_id=old["org_id"],
        role=None,
        label=old["label"],
        expires_at=None,
        scopes=old["scopes"],
        created_by=f"{caller.org_id}: {caller.label}",
    )
    return Json(issued, 201, headers={"Cache-Control": "no-store"})


@router.post("/tokens/revocation", summary="Revoke tokens", responses=openapi.shown({"org_id": "huadu", "revoked": 1}))
def revoke_labelled(services: With, caller: Operator, body: TokenRevocation) -> Response:
    """Revoke an organisation's tokens of one label; they are refused from the next request on."""
    with services.store.transaction(caller.scope) as cursor:
        revoked = token_store.revoke_tokens(cursor, body.org_id, body.label)
    return Json({"org_id": body.org_id, "revoked": revoked})


@router.post(
    "/tokens/{token_id}/revocation",
    summary="Revoke a token",
    responses=openapi.shown({"token_id": examples.LISTED_TOKEN["token_id"], "org_id": "huadu", "revoked": True}),
)
def revoke(services: With, caller: Anyone, token_id: UUID) -> Response:
    """Revoke one token of one's own organisation, or as an operator any; it is refused from the next request on."""
    whose = None if caller.role == "operator" else caller.org_id
    with services.store.transaction(caller.scope) as cursor:
        org_id = token_store.revoke_token(cursor, token_id, whose)
    if org_id is None:
        raise _unknown(token_id)
    return Json({"token_id": token_id, "org_id": org_id, "revoked": True})


def _unknown(token_id: UUID) -> NotFound:
    return NotFound("unknown_token", f"There is no token {token_id}.", "GET /api/v1/tokens lists them.")
