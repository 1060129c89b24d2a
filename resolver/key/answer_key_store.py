"""The history of the keys that sign answers: which signed when, and which were revoked."""

from resolver.store.session import Cursor
from resolver.web.signatures import PublishedKey
from schemas.errors import NotFound
from schemas.public_key import read_public_key


def published(cursor: Cursor) -> list[PublishedKey]:
    """All keys, the newest first."""
    rows = cursor.execute(
        "SELECT public_key, not_before, not_after, revoked_at FROM suyuan.answer_key "
        " ORDER BY not_before DESC NULLS LAST, key_id"
    )
    return [PublishedKey(**row | {"public_key": read_public_key(bytes(row["public_key"]))}) for row in rows]


def begin(cursor: Cursor, key_id: str, public_key: bytes) -> None:
    """Record that this key signs from now on. Others end in a day: until then a process may have one of them yet."""
    cursor.execute(
        "INSERT INTO suyuan.answer_key (key_id, public_key) VALUES (%s, %s)"
        " ON CONFLICT (key_id) DO UPDATE SET not_after = NULL WHERE answer_key.not_after IS NOT NULL",
        [key_id, public_key],
    )
    cursor.execute(
        "UPDATE suyuan.answer_key SET not_after = now() + interval '1 day' WHERE key_id <> %s AND not_after IS NULL",
        [key_id],
    )


def add_former(cursor: Cursor, key_id: str, public_key: bytes) -> bool:
    """Add a key that signed before there was a history; False when it is there already."""
    added = cursor.execute(
        "INSERT INTO suyuan.answer_key (key_id, public_key, not_before, not_after) VALUES (%s, %s, NULL, now())"
        " ON CONFLICT (key_id) DO NOTHING",
        [key_id, public_key],
    )
    return added.rowcount == 1


def revoke(cursor: Cursor, key_id: str, reason: str) -> None:
    """Revoke a key: nothing that it signed proves anything any more. The first revocation's time and reason stay.

    :raises NotFound: there is no such key.
    """
    row = cursor.execute(
        "UPDATE suyuan.answer_key SET revoked_at = coalesce(revoked_at, now()),"
        " revocation_reason = coalesce(revocation_reason, %s) WHERE key_id = %s RETURNING key_id",
        [reason, key_id],
    ).fetchone()
    if row is None:
        raise NotFound("unknown_key", f"There is no answer key {key_id}.", "The directory of keys lists them.")
