"""New API tokens: what the operator's API and the command line share."""

from datetime import datetime

from resolver.access import store as token_store
from resolver.access.authentication import new_token, token_hash
from resolver.registry import store as registry_store
from resolver.store import OPERATOR, Store
from schemas.errors import Invalid


def issue_token(
    store: Store, *, org_id: str, role: str | None, label: str, expires_at: datetime | None
) -> dict[str, object]:
    """A new token; the organisation's kind is the role that it may have.

    :raises Invalid: for an unknown organisation, or a role that is not its kind.
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
        token_store.add_token(
            cursor,
            token_hash=token_hash(token),
            org_id=org_id,
            role=organisation["kind"],
            label=label,
            expires_at=expires_at,
        )
    return {"token": token, "org_id": org_id, "role": organisation["kind"], "label": label, "expires_at": expires_at}
