"""Cases. Row-level security says which a session sees in full; its own lanes' it sees in limited form."""

from collections.abc import Mapping, Sequence
from typing import Any, LiteralString
from uuid import UUID

from resolver.store.session import Cursor, Row
from schemas.errors import Conflict

_SEEN: LiteralString = """
    SELECT case_id, subject, kind, owner_org, accused_org, opened_at, created_at, updated_at, due_from, answered_at,
           state, reason, findings, members, weight, common, merged_into, assignee, false AS limited
    FROM suyuan.incident
    UNION ALL
    SELECT case_id, subject, kind, owner_org, accused_org, opened_at, created_at, updated_at, due_from, answered_at,
           state, reason, findings, members, 0, '', merged_into, NULL, true
    FROM suyuan.accused_case
"""
_APPEALED: LiteralString = """
    EXISTS (SELECT FROM suyuan.appeal WHERE appeal.case_id = seen.case_id AND appeal.state = 'open') AS appealed
"""


def act(cursor: Cursor, actor: str, remark: str = "") -> None:
    """Say who acts in this transaction, and why: the history's triggers write it down."""
    cursor.execute(
        "SELECT set_config('suyuan.actor', %s, true), set_config('suyuan.remark', %s, true)", [actor, remark]
    )


def find(cursor: Cursor, case_id: UUID) -> Row | None:
    """The case, with ``limited`` and ``appealed``; None when the session sees none of that id."""
    return cursor.execute(
        f"SELECT seen.*, {_APPEALED} FROM ({_SEEN}) AS seen WHERE case_id = %s ORDER BY limited LIMIT 1",  # noqa: S608 -- constants
        [case_id],
    ).fetchone()


def listed(cursor: Cursor, filters: Mapping[str, Any], page: Mapping[str, Any]) -> list[Row]:
    """Cases that are not closed first, and of these the weightiest.

    ``filters``: kind (of any member), subject (of any member), state, assignee, appealed (or None), overdue_since (or
    None: from when on a case is not overdue). ``page``: as_of, limit, the last row's key (closed, weight, after) or
    None.
    """
    statement: LiteralString = (
        f"SELECT * FROM (SELECT seen.*, {_APPEALED} FROM ({_SEEN}) AS seen) AS c"  # noqa: S608 -- constants
        " WHERE created_at <= %(as_of)s"
        " AND (%(kind)s::text IS NULL OR kind = %(kind)s OR EXISTS ("
        "      SELECT FROM suyuan.incident_member AS m WHERE m.case_id = c.case_id AND m.kind = %(kind)s))"
        " AND (%(subject)s::text IS NULL OR subject = %(subject)s OR case_id IN ("
        "      SELECT case_id FROM suyuan.incident_member AS m WHERE m.subject = %(subject)s))"
        " AND (%(state)s::text IS NULL OR state = %(state)s)"
        " AND (%(assignee)s::text IS NULL OR assignee = %(assignee)s)"
        " AND (%(appealed)s::boolean IS NULL OR appealed = %(appealed)s)"
        " AND (%(overdue_since)s::timestamptz IS NULL"
        "      OR (state NOT IN ('closed', 'escalated') AND due_from <= %(overdue_since)s))"
        " AND (%(after)s::uuid IS NULL OR (state = 'closed', -weight, case_id)"
        "      > (%(closed)s::boolean, -(%(weight)s::float8), %(after)s::uuid))"
        " ORDER BY state = 'closed', -weight, case_id LIMIT %(limit)s"
    )
    return cursor.execute(statement, {**filters, **page}).fetchall()


def move(cursor: Cursor, case_id: UUID, *, from_state: str, to_state: str, reason: str | None) -> None:
    """Move a case that still is in ``from_state``.

    :raises Conflict: when another moved it meanwhile.
    """
    moved = cursor.execute(
        "UPDATE suyuan.incident SET state = %s, reason = %s, updated_at = now() WHERE case_id = %s AND state = %s",
        [to_state, reason, case_id, from_state],
    ).rowcount
    if not moved:
        raise Conflict(
            "moved_on", f"The case is no longer {from_state}.", "Read the case again, then decide.", field="state"
        )


def assign(cursor: Cursor, case_id: UUID, assignee: str | None) -> None:
    """Say who works on a case; None for nobody."""
    cursor.execute(
        "UPDATE suyuan.incident SET assignee = %s, updated_at = now() WHERE case_id = %s", [assignee, case_id]
    )


def comment(cursor: Cursor, case: Row, *, org_id: str, actor: str, text: str, shared: bool, action: str) -> Row:
    """Add an entry to a case's history; returns it."""
    row = cursor.execute(
        "INSERT INTO suyuan.case_entry (case_id, owner_org, accused_org, org_id, actor, action, remark, shared)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s) RETURNING entry_id, at, org_id, actor, action, remark, shared",
        [case["case_id"], case["owner_org"], case["accused_org"], org_id, actor, action, text, shared],
    ).fetchone()
    if row is None:
        raise AssertionError("an insertion returns its row")
    return row


def entries(cursor: Cursor, case_id: UUID) -> list[Row]:
    """The history that the session sees, oldest first."""
    return cursor.execute(
        "SELECT entry_id, at, org_id, actor, action, from_state, to_state, reason, remark, shared"
        " FROM suyuan.case_entry WHERE case_id = %s ORDER BY entry_id",
        [case_id],
    ).fetchall()


def findings(cursor: Cursor, case: Row) -> list[Row]:
    """The standing alerts behind a case, each rule's strongest first; of a limited case only its lanes' numbers."""
    if case["limited"]:
        return cursor.execute(
            "SELECT rule, kind, level, subject, occurred_at, confidence, details FROM suyuan.accused_finding"
            " WHERE case_id = %s ORDER BY confidence DESC, occurred_at DESC LIMIT 100",
            [case["case_id"]],
        ).fetchall()
    return cursor.execute(
        "SELECT f.finding_id, f.rule, f.kind, f.level, f.subject, f.owner_org, f.occurred_at, f.detected_at,"
        " f.confidence, f.evidence, f.evidence -> 'details' AS details"
        " FROM suyuan.incident_member AS m JOIN suyuan.finding AS f ON f.subject = m.subject AND f.kind = m.kind"
        " WHERE m.case_id = %s AND m.left_at IS NULL AND f.level = 'alert' AND f.withdrawn_at IS NULL"
        " ORDER BY row_number() OVER (PARTITION BY f.rule ORDER BY f.confidence DESC, f.occurred_at DESC),"
        "          m.leads DESC, f.confidence DESC, f.occurred_at DESC, f.finding_id LIMIT 100",
        [case["case_id"]],
    ).fetchall()


def reader_keys(cursor: Cursor, readers: Sequence[tuple[str, str]]) -> list[Row]:
    """The public keys of these readers (organisation, reader), as far as the session sees them."""
    return cursor.execute(
        "SELECT k.org_id, k.reader_id, k.kid, k.public_key, k.created_at, k.revoked_at FROM suyuan.reader_key AS k"
        " JOIN unnest(%s::text[], %s::text[]) AS r (org_id, reader_id) USING (org_id, reader_id)"
        " ORDER BY k.org_id, k.reader_id, k.kid",
        [[org for org, _ in readers], [reader for _, reader in readers]],
    ).fetchall()
