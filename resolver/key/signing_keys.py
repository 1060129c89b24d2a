"""New signing keys, on disk before the store knows them."""

from datetime import datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from resolver.errors import Conflict, Invalid
from resolver.key import store as key_store
from resolver.mint.issuer import forget_private_key, keep_private_key, new_key_id
from resolver.store import Scope, Store

_ATTEMPTS = 50


_YEAR = timedelta(days=365.25)


def create_signing_key(store: Store, key_dir: Path, *, org_id: str, now: datetime, years: int) -> str:
    """A new signing key, on disk before the store knows it; its key id.

    :raises Invalid: for an unknown organisation.
    :raises Conflict: when no key id is free.
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
    raise Conflict("no_key_id", "No free key id was found.", "Remove key files that were never registered.")


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
        raise Invalid(
            "unknown_organisation", f"There is no organisation {org_id!r}.", "Register it first.", field="org_id"
        ) from None
    finally:
        if not done:
            forget_private_key(key_dir, kid)
    return done
