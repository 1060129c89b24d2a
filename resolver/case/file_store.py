"""Evidence files of cases."""

from uuid import UUID

from resolver.store.session import Cursor, Row
from schemas.errors import Conflict

MAX_FILES = 100


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
    """Store a file; False when the organisation has attached the same bytes before.

    :raises Conflict: when the case has as many files as it may have.
    """
    row = cursor.execute("SELECT count(*) AS n FROM suyuan.case_file WHERE case_id = %s", [case["case_id"]]).fetchone()
    if row is not None and row["n"] >= MAX_FILES:
        raise Conflict("too_many_files", f"A case has at most {MAX_FILES} files.", "Join files, or leave some out.")
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
