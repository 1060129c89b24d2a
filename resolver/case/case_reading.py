"""A case as the session may read it: found by its id, and with all that belongs to it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from resolver.case import appeal_store, calendar_store, document, file_store, member_store
from resolver.case import store as case_store
from resolver.store import Cursor, Row
from schemas.errors import Conflict, Forbidden, NotFound

FIRST_MEMBERS = 20
"""Members that a case shows by itself; GET …/members has all."""


def find_case(cursor: Cursor, case_id: UUID) -> Row:
    """The case, in limited form when the caller is only the accused.

    :raises NotFound: it does not exist, or is not the caller's.
    """
    case = case_store.find(cursor, case_id)
    if case is None:
        raise NotFound("not_found", "There is no such case here.", "GET /api/v1/cases lists what you may see.")
    return case


def find_whole(cursor: Cursor, case_id: UUID) -> Row:
    """The case, in full.

    :raises NotFound: as :func:`find_case`.
    :raises Forbidden: the caller is only the accused.
    """
    case = find_case(cursor, case_id)
    if case["limited"]:
        raise Forbidden(
            "accused_only", "The accused may comment, attach and appeal.", "The goods' owner decides on the case."
        )
    return case


def find_decidable(cursor: Cursor, case_id: UUID) -> Row:
    """The case, in full, for who decides on it.

    :raises NotFound: as :func:`find_case`.
    :raises Forbidden: as :func:`find_whole`.
    :raises Conflict: another case goes on for it.
    """
    case = find_whole(cursor, case_id)
    if case["merged_into"] is not None:
        going_on = case["merged_into"]
        raise Conflict("merged", "Another case goes on for this one.", f"Decide on case {going_on}.", field="case_id")
    return case


def read_document(cursor: Cursor, case: Row, now: datetime) -> dict[str, Any]:
    """The case with its evidence, explanation, history, files and appeals, as far as the session may read them."""
    findings = case_store.findings(cursor, case)
    counted = member_store.counted(cursor, [case["case_id"]]).get(case["case_id"])
    return {
        **document.case_json(case, now, calendar_store.calendar(cursor), counted),
        "merged": member_store.merged(cursor, case["case_id"]),
        "first_members": member_store.members(cursor, case, {**member_store.FIRST, "limit": FIRST_MEMBERS}),
        "explanation": document.explanation_of(findings).to_json(),
        "evidence": [document.finding_json(row, limited=case["limited"]) for row in findings],
        "history": case_store.entries(cursor, case["case_id"]),
        "files": file_store.listed(cursor, case["case_id"]),
        "appeals": appeal_store.listed(cursor, case["case_id"]),
    }
