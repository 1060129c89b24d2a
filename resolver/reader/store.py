"""Readers as principals: enrolment, keys, revocation, health, settings."""

from datetime import datetime
from typing import Any

from psycopg import errors
from psycopg.types.json import Jsonb

from resolver.store.session import Cursor, Row
from schemas.errors import Invalid


def add_enrolment(
    cursor: Cursor,
    *,
    token_hash: bytes,
    org_id: str,
    reader_id: str,
    site_id: str | None,
    reader_class: str,
    created_by: str,
    expires_at: datetime,
) -> None:
    """Insert a new token's hash, with the reader that it is for.

    :raises Invalid: for an unknown organisation or site.
    """
    try:
        cursor.execute(
            "INSERT INTO suyuan.enrolment (token_hash, org_id, reader_id, site_id, class, created_by, expires_at)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s)",
            [token_hash, org_id, reader_id, site_id, reader_class, created_by, expires_at],
        )
    except errors.ForeignKeyViolation as error:
        if "site" in (error.diag.constraint_name or ""):
            raise Invalid("unknown_site", f"There is no site {site_id!r}.", field="site_id") from None
        raise Invalid(
            "unknown_organisation", f"There is no organisation {org_id!r}.", "Register it first.", field="org_id"
        ) from None


def site_owner(cursor: Cursor, site_id: str) -> str | None:
    """Whose site it is, None when there is none of this id."""
    row = cursor.execute("SELECT org_id FROM suyuan.site WHERE site_id = %s", [site_id]).fetchone()
    return None if row is None else str(row["org_id"])


def redeem(cursor: Cursor, token_hash: bytes, kid: bytes, public_key: bytes) -> Row:
    """Redeem a token: ``outcome`` (see ``suyuan.redeem_enrolment``), ``org_id``, ``reader_id``, ``site_id``."""
    row = cursor.execute("SELECT * FROM suyuan.redeem_enrolment(%s, %s, %s)", [token_hash, kid, public_key]).fetchone()
    return row or {"outcome": "unknown"}


def revoke_reader(cursor: Cursor, org_id: str, reader_id: str) -> bool:
    """Revoke a reader with all its keys; False when there is none of this id."""
    return (
        cursor.execute(
            "UPDATE suyuan.reader SET revoked_at = coalesce(revoked_at, now()) WHERE org_id = %s AND reader_id = %s",
            [org_id, reader_id],
        ).rowcount
        == 1
    )


def set_class(cursor: Cursor, org_id: str, reader_id: str, reader_class: str) -> bool:
    """Set a reader's class; False when there is none of this id."""
    return (
        cursor.execute(
            "UPDATE suyuan.reader SET class = %s WHERE org_id = %s AND reader_id = %s",
            [reader_class, org_id, reader_id],
        ).rowcount
        == 1
    )


def set_settings(cursor: Cursor, org_id: str, reader_id: str, settings: dict[str, Any]) -> int | None:
    """Set what the reader should work by; gives the revision, or None when there is no such reader."""
    try:
        row = cursor.execute(
            "INSERT INTO suyuan.reader_settings (org_id, reader_id, settings) VALUES (%s, %s, %s)"
            " ON CONFLICT (org_id, reader_id) DO UPDATE SET settings = excluded.settings,"
            " revision = reader_settings.revision + 1, updated_at = now() RETURNING revision",
            [org_id, reader_id, Jsonb(settings)],
        ).fetchone()
    except errors.ForeignKeyViolation:
        return None
    return None if row is None else int(row["revision"])


_READERS = """
SELECT r.org_id, r.reader_id, r.site_id, r.class AS reader_class, r.created_at, r.revoked_at, h.last_seen, h.online,
       h.status_at, h.firmware,
       h.clock_offset_us, s.settings, s.revision AS settings_revision,
       s.published_revision = s.revision AS settings_published,
       (SELECT coalesce(json_agg(json_build_object(
            'kid', encode(k.kid, 'hex'), 'created_at', k.created_at,
            'introduced_by', encode(k.introduced_by, 'hex'), 'revoked_at', k.revoked_at)
            ORDER BY k.created_at, k.kid), '[]')
        FROM suyuan.reader_key AS k WHERE k.org_id = r.org_id AND k.reader_id = r.reader_id) AS keys
FROM suyuan.reader AS r
LEFT JOIN suyuan.reader_health AS h USING (org_id, reader_id)
LEFT JOIN suyuan.reader_settings AS s USING (org_id, reader_id)
WHERE (r.org_id, r.reader_id) > (%s, %s) AND (%s::text IS NULL OR r.org_id = %s)
ORDER BY r.org_id, r.reader_id LIMIT %s
"""


def readers(cursor: Cursor, after: tuple[str, str], org_id: str | None, limit: int) -> list[Row]:
    """The readers that the caller may see, with their keys and health, by organisation and id."""
    return cursor.execute(_READERS, [*after, org_id, org_id, limit]).fetchall()
