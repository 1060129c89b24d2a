"""New API tokens: what the operator's API and the command line share."""

from collections.abc import Sequence
from datetime import datetime

from resolver.access import store as token_store
from resolver.access.authentication import new_token, token_hash
from resolver.access.token_scope import LEAST
from resolver.registry import store as registry_store
from resolver.store import OPERATOR, Store
from schemas.errors import Invalid


def issue_token(
    store: Store,
    *,
    org_id: str,
    role: str | None,
    label: str,
    expires_at: datetime | None,
    scopes: Sequence[str] = LEAST,
    created_by: str = "",
) -> dict[str, object]:
    """A new token, which is shown this once; the organisation's kind is the role that it may have.

    ``expires_at`` None: in 90 days, the longest that it may last. ``scopes``: see :mod:`resolver.access.token_scope`.

    :raises Invalid: for an unknown organisation, a role that is not its kind, or a time that is past or too far off.
    """
    token = new_token()
    with store.transaction(OPERATOR) as cursor:
        organisation = registry_store.organisation(cursor, org_id)
        if organisation is None:
            raise Invalid(
                "unknown_organisation",
                f"There is no organisation {org_id!r}.",
                "Register it first.",
                field="org_id",
            )
        if role is not None and role != organisation["kind"]:
            raise Invalid(
                "wrong_role",
                f"{org_id!r} is a {organisation['kind']}; its tokens have that role.",
                f"Use role {organisation['kind']}.",
                field="role",
            )
        fields = {
            "org_id": org_id,
            "role": organisation["kind"],
            "label": label,
            "scopes": list(scopes),
            "created_by": created_by,
            "expires_at": expires_at,
        }
        row = token_store.add_token(cursor, token_hash(token), fields)
    if row is None:
        raise Invalid(
            "wrong_expiry",
            f"A token lasts at most {token_store.MAX_DAYS} days from now.",
            "Give an earlier time, or none.",
            field="expires_at",
        )
    return {"token": token, **row}
