"""Revocation of keys. The first revocation's time and reason stay."""

from resolver.store.session import Cursor, Row
from schemas.errors import NotFound


def revoke_seal_key(cursor: Cursor, org_id: str, key_number: int, reason: str) -> Row:
    """Revoke a sealing key number. The first revocation's time and reason stay.

    :raises NotFound: when the organisation has no such number.
    """
    row = cursor.execute(
        "UPDATE suyuan.seal_key SET revoked_at = coalesce(revoked_at, now()),"
        " revocation_reason = coalesce(revocation_reason, %s) WHERE org_id = %s AND key_number = %s"
        " RETURNING org_id, key_number, revoked_at, revocation_reason",
        [reason, org_id, key_number],
    ).fetchone()
    if row is None:
        raise NotFound("unknown_key", f"{org_id} has no sealing key number {key_number}.")
    return row


def revoke_signing_key(cursor: Cursor, org_id: str, kid: str, reason: str) -> Row:
    """Revoke a signing key. The first revocation's time and reason stay.

    :raises NotFound: when the organisation has no such key.
    """
    row = cursor.execute(
        "UPDATE suyuan.signing_key SET revoked_at = coalesce(revoked_at, now()),"
        " revocation_reason = coalesce(revocation_reason, %s) WHERE org_id = %s AND kid = %s"
        " RETURNING org_id, kid, revoked_at, revocation_reason",
        [reason, org_id, kid],
    ).fetchone()
    if row is None:
        raise NotFound("unknown_key", f"{org_id} has no signing key {kid!r}.")
    return row
