"""Appeals of accused dealers."""

from uuid import UUID

from psycopg import errors

from resolver.store.session import Cursor, Row
from schemas.errors import Conflict

_COLUMNS = "appeal_id, case_id, org_id, filed_at, actor, statement, state, decided_at, decided_by, decision"


def file(cursor: Cursor, case: Row, *, org_id: str, actor: str, statement: str) -> UUID:
    """File an appeal; its id.

    :raises Conflict: when one is open.
    """
    try:
        row = cursor.execute(
            "INSERT INTO suyuan.appeal (case_id, owner_org, org_id, actor, statement) VALUES (%s, %s, %s, %s, %s)"
            " RETURNING appeal_id",
            [case["case_id"], case["owner_org"], org_id, actor, statement],
        ).fetchone()
    except errors.UniqueViolation:
        raise Conflict(
            "appeal_open", "An appeal of this case is open.", "Add a comment or a file to the case instead."
        ) from None
    if row is None:
        raise AssertionError("an insertion returns its row")
    appeal_id: UUID = row["appeal_id"]
    return appeal_id


def decide(cursor: Cursor, case_id: UUID, appeal_id: UUID, *, state: str, by: str, decision: str) -> None:
    """Withdraw, uphold or reject an open appeal.

    :raises Conflict: when it is not open (any more).
    """
    decided = cursor.execute(
        "UPDATE suyuan.appeal SET state = %s, decided_at = now(), decided_by = %s, decision = %s"
        " WHERE case_id = %s AND appeal_id = %s AND state = 'open'",
        [state, by, decision, case_id, appeal_id],
    ).rowcount
    if not decided:
        raise Conflict(
            "no_open_appeal", "No open appeal of that id belongs to this case.", "Read the case again.", field="id"
        )


def listed(cursor: Cursor, case_id: UUID) -> list[Row]:
    """The appeals that the session sees, oldest first."""
    return cursor.execute(
        f"SELECT {_COLUMNS} FROM suyuan.appeal WHERE case_id = %s ORDER BY filed_at, appeal_id",  # noqa: S608 -- constant
        [case_id],
    ).fetchall()
