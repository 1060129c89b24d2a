"""Keys of readers: who let each in, the room that a reader has for them, and revocation with what a key introduced."""

from datetime import datetime
from typing import LiteralString

from resolver.store.session import Cursor

ROTATIONS_A_DAY = 4
"""Keys that a reader may introduce by itself within 24 hours: one is usual, and a failed attempt may be repeated."""


def live_key(cursor: Cursor, org_id: str, reader_id: str, kid: bytes) -> bytes | None:
    """The public key of this key id, None when there is none, or it or the reader has been revoked."""
    row = cursor.execute(
        "SELECT k.public_key FROM suyuan.reader AS r JOIN suyuan.reader_key AS k USING (org_id, reader_id)"
        " WHERE r.org_id = %s AND r.reader_id = %s AND k.kid = %s AND r.revoked_at IS NULL AND k.revoked_at IS NULL",
        [org_id, reader_id, kid],
    ).fetchone()
    return None if row is None else bytes(row["public_key"])


def has_room(cursor: Cursor, org_id: str, reader_id: str) -> bool:
    """Whether the reader may have one more live key; its row stays locked until the transaction ends."""
    row = cursor.execute("SELECT suyuan.has_room_for_key(%s, %s) AS room", [org_id, reader_id]).fetchone()
    return row is not None and bool(row["room"])


def rotated_enough(cursor: Cursor, org_id: str, reader_id: str) -> bool:
    """Whether the reader has introduced as many keys of late as it may."""
    row = cursor.execute(
        "SELECT count(*) AS rotations FROM suyuan.reader_key WHERE org_id = %s AND reader_id = %s"
        " AND introduced_by IS NOT NULL AND created_at > now() - interval '24 hours'",
        [org_id, reader_id],
    ).fetchone()
    return row is not None and int(row["rotations"]) >= ROTATIONS_A_DAY


def introduce(cursor: Cursor, org_id: str, reader_id: str, by: bytes, kid: bytes, public_key: bytes) -> bool:
    """Add a key that the key ``by`` has signed for; False when the reader has another key of this id."""
    added = cursor.execute(
        "INSERT INTO suyuan.reader_key (org_id, reader_id, kid, public_key, introduced_by) VALUES (%s, %s, %s, %s, %s)"
        " ON CONFLICT DO NOTHING",
        [org_id, reader_id, kid, public_key, by],
    )
    return added.rowcount == 1


_FALLEN: LiteralString = """
WITH RECURSIVE fallen AS (
    SELECT kid FROM suyuan.reader_key WHERE org_id = %(org)s AND reader_id = %(reader)s AND kid = %(kid)s
    UNION
    SELECT k.kid FROM suyuan.reader_key AS k JOIN fallen AS f ON k.introduced_by = f.kid
    WHERE k.org_id = %(org)s AND k.reader_id = %(reader)s AND %(successors)s::boolean
      AND (f.kid <> %(kid)s OR k.created_at >= coalesce(%(since)s::timestamptz, '-infinity'))
)
UPDATE suyuan.reader_key AS k SET revoked_at = coalesce(k.revoked_at, now()) FROM fallen
WHERE k.org_id = %(org)s AND k.reader_id = %(reader)s AND k.kid = fallen.kid RETURNING k.kid
"""


def revoke(
    cursor: Cursor, org_id: str, reader_id: str, kid: bytes, *, successors: bool, since: datetime | None
) -> list[bytes]:
    """Revoke a key; gives the ids of all that are revoked by it, none when there is no such key. The first time counts.

    ``successors``: with the keys that it introduced at ``since`` (None: ever) or later, and all that these introduced.
    """
    # As in has_room: no successor is added meanwhile.
    cursor.execute(
        "SELECT FROM suyuan.reader WHERE org_id = %s AND reader_id = %s FOR NO KEY UPDATE", [org_id, reader_id]
    )
    rows = cursor.execute(
        _FALLEN, {"org": org_id, "reader": reader_id, "kid": kid, "successors": successors, "since": since}
    )
    return sorted(bytes(row["kid"]) for row in rows)
