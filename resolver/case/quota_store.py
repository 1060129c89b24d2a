"""What one organisation may add to one case: each has a quota of its own, so that the accused can't use up the owner's.

The counts are of rows that were inserted already, under a lock of the organisation in the case: whoever exceeds a quota
takes its own transaction back, and two at a time can't both be the last.
"""

from collections.abc import Sequence
from typing import Any, LiteralString
from uuid import UUID

from resolver.store.session import Cursor
from schemas.errors import Conflict

MAX_FILES = 30
MAX_FILE_BYTES = 64 << 20
MAX_COMMENTS = 300
MAX_ENTRIES_A_DAY = 100
"""Entries of any kind, moves among them: each is a row for good, and most are told to the others."""
MAX_APPEALS = 5


def lock(cursor: Cursor, case_id: UUID, org_id: str) -> None:
    """Let the organisation's additions to the case come one after the other, until the transaction ends."""
    cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"suyuan.case/{case_id}/{org_id}"])


def require_files(cursor: Cursor, case_id: UUID, org_id: str) -> None:
    """Hold the organisation's files to their quota.

    :raises Conflict: there is one too many, or they are too large together.
    """
    files, size = _count(
        cursor,
        "SELECT count(*) AS n, coalesce(sum(length(content)), 0) AS size FROM suyuan.case_file"
        " WHERE case_id = %s AND org_id = %s",
        [case_id, org_id],
    )
    if files > MAX_FILES or size > MAX_FILE_BYTES:
        raise Conflict(
            "too_many_files",
            f"An organisation attaches at most {MAX_FILES} files and {MAX_FILE_BYTES} bytes to a case.",
            "Join files, or leave some out.",
        )


def require_entries(cursor: Cursor, case_id: UUID, org_id: str) -> None:
    """Hold the organisation's entries in the history to their quota.

    :raises Conflict: there is one too many.
    """
    comments, today = _count(
        cursor,
        "SELECT count(*) FILTER (WHERE action = 'comment') AS n,"
        " count(*) FILTER (WHERE at > now() - interval '1 day') AS size FROM suyuan.case_entry"
        " WHERE case_id = %s AND org_id = %s",
        [case_id, org_id],
    )
    if comments > MAX_COMMENTS:
        raise Conflict(
            "too_many_comments",
            f"An organisation writes at most {MAX_COMMENTS} comments on a case.",
            "Attach a file that says the rest.",
        )
    if today > MAX_ENTRIES_A_DAY:
        raise Conflict(
            "too_many_entries",
            f"An organisation adds at most {MAX_ENTRIES_A_DAY} entries a day to a case.",
            "Go on tomorrow.",
        )


def require_appeals(cursor: Cursor, case_id: UUID, org_id: str) -> None:
    """Hold the accused's appeals to their quota.

    :raises Conflict: there is one too many.
    """
    appeals, _ = _count(
        cursor,
        "SELECT count(*) AS n, 0 AS size FROM suyuan.appeal WHERE case_id = %s AND org_id = %s",
        [case_id, org_id],
    )
    if appeals > MAX_APPEALS:
        raise Conflict(
            "too_many_appeals",
            f"A case has at most {MAX_APPEALS} appeals, withdrawn ones among them.",
            "Comment on the case instead.",
        )


def _count(cursor: Cursor, statement: LiteralString, values: Sequence[Any]) -> tuple[int, int]:
    row = cursor.execute(statement, values).fetchone()
    return (0, 0) if row is None else (int(row["n"]), int(row["size"]))
