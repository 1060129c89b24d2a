"""Dynamic tags on units, and the messages of theirs that were presented."""

from datetime import datetime

from resolver.store.session import Cursor, Row
from schemas.errors import Conflict


def add_tag(cursor: Cursor, *, uid: bytes, org_id: str, item_id: str) -> None:
    """Put a tag on a unit. Repeating it changes nothing.

    :raises Conflict: when the tag is on another unit.
    """
    cursor.execute(
        "INSERT INTO suyuan.tag (uid, org_id, item_id) VALUES (%s, %s, %s) ON CONFLICT (uid) DO NOTHING",
        [uid, org_id, item_id],
    )
    tag = find_tag(cursor, uid)
    if tag is None or (tag["org_id"], tag["item_id"]) != (org_id, item_id):
        raise Conflict("exists", f"Tag {uid.hex()} is on another item already.", "Check the UID.", field="uid")


def find_tag(cursor: Cursor, uid: bytes) -> Row | None:
    """The tag's ``org_id`` and ``item_id``, as far as the caller may see it."""
    return cursor.execute("SELECT org_id, item_id FROM suyuan.tag WHERE uid = %s", [uid]).fetchone()


def lock_tag(cursor: Cursor, uid: bytes) -> None:
    """Lock the tag until the transaction ends, so that no other one compares its counters meanwhile."""
    cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('suyuan/tag/' || %s, 0))", [uid.hex()])


def newest_counter(cursor: Cursor, uid: bytes) -> int | None:
    """The highest counter that was presented; None before the first."""
    row = cursor.execute("SELECT max(counter) AS newest FROM suyuan.tag_read WHERE uid = %s", [uid]).fetchone()
    return None if row is None or row["newest"] is None else int(row["newest"])


def find_read(cursor: Cursor, uid: bytes, counter: int) -> Row | None:
    """When and by which phone (``read_at``, ``handset``) this very message was presented first."""
    return cursor.execute(
        "SELECT read_at, handset FROM suyuan.tag_read WHERE uid = %s AND counter = %s", [uid, counter]
    ).fetchone()


def note_read(cursor: Cursor, *, uid: bytes, org_id: str, counter: int, at: datetime, handset: str | None) -> None:
    """Record a message that is presented for the first time."""
    cursor.execute(
        "INSERT INTO suyuan.tag_read (uid, org_id, counter, read_at, handset) VALUES (%s, %s, %s, %s, %s)"
        " ON CONFLICT (uid, counter) DO NOTHING",
        [uid, org_id, counter, at, handset],
    )
