"""New signing keys: the private key is on the disk before the store knows the public one."""

from datetime import datetime, timedelta
from pathlib import Path

from resolver.key import store as key_store
from resolver.mint.signing_key import WrittenKey, remove_signing_key, write_signing_key
from resolver.store import Scope, Store
from schemas.errors import Conflict, Invalid

_ATTEMPTS = 50
_YEAR = timedelta(days=365.25)


def create_signing_key(store: Store, key_dir: Path, *, org_id: str, now: datetime, years: int) -> str:
    """A new key id, whose key may sign from ``now`` for ``years``.

    :raises Invalid: for an unknown organisation.
    :raises Conflict: when no key id is free.
    :raises Misconfigured: the key folder can't be written.
    """
    for _ in range(_ATTEMPTS):
        try:
            written = write_signing_key(key_dir)
        except FileExistsError:
            continue
        if _is_registered(store, key_dir, written, org_id, now, years):
            return written.kid
    raise Conflict("no_key_id", "No free key id was found.", "Remove key files that were never registered.")


def _is_registered(store: Store, key_dir: Path, written: WrittenKey, org_id: str, now: datetime, years: int) -> bool:
    """True when the store took the public key; else its file is removed."""
    registered = False
    try:
        with store.transaction(Scope(org_id)) as cursor:
            registered = key_store.add_signing_key(
                cursor, **written._asdict(), org_id=org_id, not_before=now, not_after=now + years * _YEAR
            )
    except LookupError:
        raise Invalid(
            "unknown_organisation", f"There is no organisation {org_id!r}.", "Register it first.", field="org_id"
        ) from None
    finally:
        if not registered:
            remove_signing_key(key_dir, written.kid)
    return registered
