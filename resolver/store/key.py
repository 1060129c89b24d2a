"""Keys and prefixes: what the keyring is built from, and new keys."""

from datetime import datetime

from psycopg import errors

from resolver.store.session import Cursor, Row


def prefixes(cursor: Cursor) -> list[Row]:
    """All company prefixes: ``prefix``, ``org_id``."""
    return cursor.execute("SELECT prefix, org_id FROM suyuan.company_prefix").fetchall()


def seal_keys(cursor: Cursor) -> list[Row]:
    """All sealing key numbers, newest first: ``org_id``, ``key_number``, ``revoked_at``."""
    return cursor.execute(
        "SELECT org_id, key_number, revoked_at FROM suyuan.seal_key ORDER BY org_id, created_at DESC, key_number DESC"
    ).fetchall()


def signing_keys(cursor: Cursor) -> list[Row]:
    """All signing keys: ``kid``, ``org_id``, ``public_key``, ``not_before``, ``not_after``, ``revoked_at``."""
    return cursor.execute(
        "SELECT kid, org_id, public_key, not_before, not_after, revoked_at FROM suyuan.signing_key ORDER BY kid"
    ).fetchall()


def usable_signing_keys(cursor: Cursor, org_id: str, now: datetime) -> list[str]:
    """The organisation's key ids that may sign at ``now``, the one that lasts longest first."""
    rows = cursor.execute(
        "SELECT kid FROM suyuan.signing_key WHERE org_id = %s AND revoked_at IS NULL"
        " AND not_before <= %s AND not_after > %s ORDER BY not_after DESC, kid",
        [org_id, now, now],
    ).fetchall()
    return [row["kid"] for row in rows]


def newest_seal_key(cursor: Cursor, org_id: str) -> int | None:
    """The key number under which the organisation's next batch is sealed, None when it has none."""
    row = cursor.execute(
        "SELECT key_number FROM suyuan.seal_key WHERE org_id = %s AND revoked_at IS NULL"
        " ORDER BY created_at DESC, key_number DESC LIMIT 1",
        [org_id],
    ).fetchone()
    return None if row is None else int(row["key_number"])


def add_signing_key(
    cursor: Cursor, *, kid: str, org_id: str, public_key: bytes, not_before: datetime, not_after: datetime
) -> bool:
    """Register a public key. False when the key id is taken.

    :raises LookupError: there is no such organisation.
    """
    try:
        added = cursor.execute(
            "INSERT INTO suyuan.signing_key (kid, org_id, public_key, not_before, not_after)"
            " VALUES (%s, %s, %s, %s, %s) ON CONFLICT (kid) DO NOTHING",
            [kid, org_id, public_key, not_before, not_after],
        )
    except errors.ForeignKeyViolation:
        raise LookupError(org_id) from None
    return added.rowcount == 1
