"""Evidence files of cases."""

from collections.abc import Iterator
from uuid import UUID

from resolver.store.session import Cursor, Row

PORTION_BYTES = 1 << 20


def add(
    cursor: Cursor,
    case: Row,
    *,
    sha256: bytes,
    org_id: str,
    actor: str,
    name: str,
    content_type: str,
    content: bytes,
    shared: bool,
) -> bool:
    """Store a file; False when the organisation has attached the same bytes before."""
    return (
        cursor.execute(
            "INSERT INTO suyuan.case_file"
            " (case_id, sha256, owner_org, accused_org, org_id, actor, name, content_type, content, shared)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
            [
                case["case_id"],
                sha256,
                case["owner_org"],
                case["accused_org"],
                org_id,
                actor,
                name,
                content_type,
                content,
                shared,
            ],
        ).rowcount
        == 1
    )


def listed(cursor: Cursor, case_id: UUID) -> list[Row]:
    """The files that the session sees, without their content."""
    return cursor.execute(
        "SELECT sha256, name, content_type, length(content) AS size, org_id, actor, at, shared"
        " FROM suyuan.case_file WHERE case_id = %s ORDER BY at, sha256, org_id",
        [case_id],
    ).fetchall()


def content(cursor: Cursor, case_id: UUID, sha256: bytes) -> Row | None:
    """A file's name, content_type and content."""
    return cursor.execute(
        "SELECT name, content_type, content FROM suyuan.case_file WHERE case_id = %s AND sha256 = %s"
        " ORDER BY at LIMIT 1",
        [case_id, sha256],
    ).fetchone()


def portions(cursor: Cursor, case_id: UUID, sha256: bytes) -> Iterator[bytes]:
    """A file's content, a portion at a time: no more of it is ever in memory."""
    position = 1
    while True:
        row = cursor.execute(
            "SELECT substring(content FROM %s FOR %s) AS part FROM suyuan.case_file"
            " WHERE case_id = %s AND sha256 = %s ORDER BY at LIMIT 1",
            [position, PORTION_BYTES, case_id, sha256],
        ).fetchone()
        part = b"" if row is None else bytes(row["part"])
        if not part:
            return
        yield part
        position += len(part)
