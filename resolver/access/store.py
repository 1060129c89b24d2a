"""API tokens at rest (only their hashes), and the audit log of accesses."""

from typing import Any, LiteralString
from uuid import UUID

from resolver.store.session import Cursor, Row

MAX_DAYS = 90
"""So long a token lasts at most."""

_SHOWN: LiteralString = (
    "token_id, org_id, role, label, scopes, created_at, created_by, expires_at, revoked_at, last_used_at"
)
_ADD_TOKEN: LiteralString = f"""
INSERT INTO suyuan.api_token (token_hash, org_id, role, label, scopes, created_by, expires_at)
SELECT %(token_hash)s, %(org_id)s, %(role)s, %(label)s, %(scopes)s::text[], %(created_by)s, until
FROM (SELECT coalesce(%(expires_at)s::timestamptz, now() + make_interval(days => %(days)s)) AS until) AS wish
WHERE until > now() AND until <= now() + make_interval(days => %(days)s, mins => 1)
RETURNING {_SHOWN}
"""  # noqa: S608 -- names of our own


def find_token(cursor: Cursor, token_hash: bytes) -> Row | None:
    """The token's ``token_id``, ``org_id``, ``role``, ``label``, ``scopes``, ``expires_at`` and ``revoked_at``.

    Its use is noted if the last one that was noted is an hour ago: no write a request.
    """
    row = cursor.execute(
        "SELECT token_id, org_id, role, label, scopes, expires_at, revoked_at,"
        " coalesce(last_used_at < now() - interval '1 hour', true) AS is_to_be_noted"
        " FROM suyuan.api_token WHERE token_hash = %s",
        [token_hash],
    ).fetchone()
    if row is not None and row["is_to_be_noted"]:
        cursor.execute("SELECT suyuan.token_was_used(%s)", [row["token_id"]])
    return row


def add_token(cursor: Cursor, token_hash: bytes, fields: dict[str, Any]) -> Row | None:
    """Keep a new token's hash; gives what is shown of it. None: it would last longer than 90 days, or has ended.

    ``fields``: ``org_id``, ``role``, ``label``, ``scopes``, ``created_by``, and ``expires_at``, None for 90 days.
    """
    return cursor.execute(_ADD_TOKEN, fields | {"token_hash": token_hash, "days": MAX_DAYS}).fetchone()


def tokens(cursor: Cursor, org_id: str | None) -> list[Row]:
    """The tokens of an organisation, or all: without their hashes, the newest first."""
    return cursor.execute(
        f"SELECT {_SHOWN} FROM suyuan.api_token WHERE %s::text IS NULL OR org_id = %s"  # noqa: S608 -- names of our own
        " ORDER BY created_at DESC, token_id LIMIT 1000",
        [org_id, org_id],
    ).fetchall()


def token_of(cursor: Cursor, token_id: UUID) -> Row | None:
    """One token as it is shown, None when there is none."""
    return cursor.execute(
        f"SELECT {_SHOWN} FROM suyuan.api_token WHERE token_id = %s",  # noqa: S608 -- names of our own
        [token_id],
    ).fetchone()


def revoke_token(cursor: Cursor, token_id: UUID, org_id: str | None) -> str | None:
    """Revoke a token, of this organisation if one is given; gives its organisation, None: there is no such token."""
    row = cursor.execute("SELECT suyuan.revoke_token(%s, %s) AS org_id", [token_id, org_id]).fetchone()
    return None if row is None else row["org_id"]


def revoke_tokens(cursor: Cursor, org_id: str, label: str) -> int:
    """Revoke the organisation's tokens of that label; how many there were."""
    return cursor.execute(
        "UPDATE suyuan.api_token SET revoked_at = now() WHERE org_id = %s AND label = %s AND revoked_at IS NULL",
        [org_id, label],
    ).rowcount


def add_access(
    cursor: Cursor,
    *,
    org_id: str,
    token_label: str,
    request: str,
    act: str = "change",
    body_digest: bytes | None = None,
) -> None:
    """Add a row to the audit log: who asked, and the request line cut at 2,000 characters; ``act``: look or change."""
    cursor.execute(
        "INSERT INTO suyuan.oversight_log (org_id, token_label, act, request, body_digest) VALUES (%s, %s, %s, %s, %s)",
        [org_id, token_label, act, request[:2000], body_digest],
    )
