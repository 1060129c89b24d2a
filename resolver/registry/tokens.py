"""New tokens and signing keys: what the operator's API and the command line share."""

from datetime import datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from resolver.access import store as token_store
from resolver.access.authentication import new_token, token_hash
from resolver.key import store as key_store
from resolver.mint.issuer import forget_private_key, keep_private_key, new_key_id
from resolver.registry import store as registry_store
from resolver.store import Scope, Store
from resolver.web.problems import refused

_ATTEMPTS = 50
_YEAR = timedelta(days=365.25)


def issue_token(
    store: Store, *, org_id: str, role: str | None, label: str, expires_at: datetime | None
) -> dict[str, object]:
    """A new token; the organisation's kind is the role that it may have.

    :raises Refused: 422 for an unknown organisation, or a role that is not its kind.
    """
    token = new_token()
    with store.transaction(Scope()) as cursor:
        found = registry_store.organisation(cursor, org_id)
        if found is None:
            raise refused(
                422,
                "unknown_organisation",
                f"There is no organisation {org_id!r}.",
                "Register it first.",
                field="org_id",
            )
        if role is not None and role != found["kind"]:
            raise refused(
                422,
                "wrong_role",
                f"{org_id!r} is a {found['kind']}; its tokens have that role.",
                f"Use role {found['kind']}.",
                field="role",
            )
        token_store.add_token(
            cursor,
            token_hash=token_hash(token),
            org_id=org_id,
            role=found["kind"],
            label=label,
            expires_at=expires_at,
        )
    return {"token": token, "org_id": org_id, "role": found["kind"], "label": label, "expires_at": expires_at}


def create_signing_key(store: Store, key_dir: Path, *, org_id: str, now: datetime, years: int) -> str:
    """A new signing key, on disk before the store knows it; its key id.

    :raises Refused: 422 for an unknown organisation, 409 when no key id is free.
    :raises Misconfigured: the key folder can't be written.
    """
    for _ in range(_ATTEMPTS):
        kid, key = new_key_id(), Ed25519PrivateKey.generate()
        try:
            keep_private_key(key_dir, kid, key)
        except FileExistsError:
            continue
        if _registered(store, key_dir, kid, key, org_id, now, years):
            return kid
    raise refused(409, "no_key_id", "No free key id was found.", "Remove key files that were never registered.")


def _registered(
    store: Store, key_dir: Path, kid: str, key: Ed25519PrivateKey, org_id: str, now: datetime, years: int
) -> bool:
    done = False
    try:
        with store.transaction(Scope()) as cursor:
            done = key_store.add_signing_key(
                cursor,
                kid=kid,
                org_id=org_id,
                public_key=key.public_key().public_bytes_raw(),
                not_before=now,
                not_after=now + years * _YEAR,
            )
    except LookupError:
        raise refused(
            422, "unknown_organisation", f"There is no organisation {org_id!r}.", "Register it first.", field="org_id"
        ) from None
    finally:
        if not done:
            forget_private_key(key_dir, kid)
    return done
