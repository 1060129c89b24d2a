"""Who is asking: bearer tokens (RFC 6750) of an organisation in one role."""

import secrets
from collections.abc import Callable
from hashlib import sha256
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from resolver.access import store as token_store
from resolver.access.admission import too_many_requests
from resolver.access.audit import audit_request, is_administrative
from resolver.access.caller import Caller
from resolver.access.request_cost import cost_of
from resolver.access.token_scope import scope_of
from resolver.services import Services, With
from resolver.store import Scope
from resolver.web.problems import Problem, Refused
from resolver.web.request import bearer_token

ROLES = ("maker", "dealer", "regulator", "operator")
PREFIX = "suyuan_"
"""Makes a leaked token easy to find for scanners."""

_bearer = HTTPBearer(auto_error=False, description="A token that `python -m resolver token create` printed.")


def new_token() -> str:
    """A token of 256 random bits."""
    return PREFIX + secrets.token_urlsafe(32)


def token_hash(token: str) -> bytes:
    """What is kept of a token."""
    return sha256(token.encode()).digest()


def identify(services: With, token: str) -> Caller:
    """The caller whom ``token`` names.

    :raises Refused: 401 when the token is unknown, revoked or expired.
    """
    if token in services.wrong_tokens:
        raise _unauthorised("invalid_token", "The token is unknown or was revoked.")
    with services.store.transaction(Scope()) as cursor:
        row = token_store.find_token(cursor, token_hash(token))
    if row is None or row["revoked_at"] is not None:
        services.wrong_tokens.add(token)
        raise _unauthorised("invalid_token", "The token is unknown or was revoked.")
    if row["expires_at"] <= services.clock():
        raise _unauthorised("expired_token", "The token has expired.")
    return Caller(row["org_id"], row["role"], row["label"], row["token_id"], frozenset(row["scopes"]))


def require_scope(caller: Caller, scope: str) -> None:
    """Refuse what the caller's token is not for.

    :raises Refused: 403, naming the scope that is missing.
    """
    if scope not in caller.scopes:
        problem = Problem(
            403,
            "wrong_scope",
            f"This needs a token with scope {scope}; yours has {', '.join(sorted(caller.scopes))}.",
            "Use another token, or ask an operator for one.",
            headers={"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{scope}"'},
        )
        raise Refused(problem)


def caller_of(request: Request, services: With) -> Caller | None:
    """Who sent the request, where any token will do that may read; None for the public.

    :raises Refused: 401 when the token is unknown, revoked or expired; 403 when it is for something else.
    """
    token = bearer_token(request)
    if token is None:
        return None
    found = identify(services, token)
    require_scope(found, "read")
    return found


def _require(*roles: str) -> Callable[..., Caller]:
    def caller(
        request: Request,
        services: With,
        credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    ) -> Caller:
        if credentials is None:
            raise _unauthorised("no_token", "This address needs a token.")
        found = identify(services, credentials.credentials)
        if found.role not in roles:
            raise Refused(
                Problem(
                    403,
                    "wrong_role",
                    f"A token of role {found.role} may not do this.",
                    f"Use a token of role {' or '.join(roles)}.",
                    headers={"WWW-Authenticate": 'Bearer error="insufficient_scope"'},
                )
            )
        _require_budget(request, services, found)
        require_scope(found, scope_of(request.method, request.scope["path"]))
        if is_administrative(found, request):
            with services.store.transaction(found.scope) as cursor:
                audit_request(cursor, found, request)
        return found

    return caller


def _require_budget(request: Request, services: Services, caller: Caller) -> None:
    """Hold an organisation to its own rate, from however many networks it asks.

    :raises Refused: 429.
    """
    cost = cost_of(request.method, request.url.path, request.url.query)
    wait = services.organisations.wait_s(caller.org_id, services.clock().timestamp(), cost)
    if wait:
        raise Refused(too_many_requests(wait))


def _unauthorised(reason: str, detail: str) -> Refused:
    error = "" if reason == "no_token" else ', error="invalid_token"'
    return Refused(
        Problem(
            401,
            reason,
            detail,
            "Send the header Authorization: Bearer <token>; an operator issues tokens.",
            headers={"WWW-Authenticate": f'Bearer realm="suyuan"{error}'},
        )
    )


Maker = Annotated[Caller, Depends(_require("maker"))]
Operator = Annotated[Caller, Depends(_require("operator"))]
MakerOrOperator = Annotated[Caller, Depends(_require("maker", "operator"))]
MakerOrDealer = Annotated[Caller, Depends(_require("maker", "dealer"))]
MakerOrRegulator = Annotated[Caller, Depends(_require("maker", "regulator"))]
MakerDealerOrRegulator = Annotated[Caller, Depends(_require("maker", "dealer", "regulator"))]
ReaderOwner = Annotated[Caller, Depends(_require("maker", "dealer", "operator"))]
Anyone = Annotated[Caller, Depends(_require(*ROLES))]
