"""API tokens at rest (only their hashes), and the audit log of accesses."""

from datetime import datetime

from resolver.store.session import Cursor, Row


def find_token(cursor: Cursor, token_hash: bytes) -> Row | None:
    """The token's ``org_id``, ``role``, ``label``, ``expires_at`` and ``revoked_at``."""
    return cursor.execute(
        "SELECT org_id, role, label, expires_at, revoked_at FROM suyuan.api_token WHERE token_hash = %s", [token_hash]
    ).fetchone()


def add_token(
    cursor: Cursor, *, token_hash: bytes, org_id: str, role: str, label: str, expires_at: datetime | None
) -> None:
    """Keep a new token's hash."""
    cursor.execute(
        "INSERT INTO suyuan.api_token (token_hash, org_id, role, label, expires_at) VALUES (%s, %s, %s, %s, %s)",
        [token_hash, org_id, role, label, expires_at],
    )


def revoke_tokens(cursor: Cursor, org_id: str, label: str) -> int:
    """Revoke the organisation's tokens of that label; how many there were."""
    return cursor.execute(
        "UPDATE suyuan.api_token SET revoked_at = now() WHERE org_id = %s AND label = %s AND revoked_at IS NULL",
        [org_id, label],
    ).rowcount


def add_access(cursor: Cursor, *, org_id: str, token_label: str, request: str) -> None:
    """Add a row to the audit log: who asked, and the request line cut at 2,000 characters."""
    cursor.execute(
        "INSERT INTO suyuan.oversight_log (org_id, token_label, request) VALUES (%s, %s, %s)",
        [org_id, token_label, request[:2000]],
    )
