"""A case as people read it: where it stands, by when they have to act, and why it was raised. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from schemas.case import Calendar, State, deadlines, moves
from schemas.explain.cause_words import cause_words
from schemas.explain.explanation import ExplainedFinding, Explanation, explain
from schemas.moment import to_microseconds

_FULL = (
    "case_id subject kind owner_org accused_org opened_at created_at updated_at state reason findings members"
    " merged_into assignee appealed limited"
).split()
_LIMITED_DETAILS = frozenset("observed expected scans market dealer p least_observed".split())
"""What the accused reads of a lane's numbers."""


def case_json(
    case: Mapping[str, Any], now: datetime, calendar: Calendar, counted: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The case with its deadlines, the states to which it may be moved, and what its members have in common.

    ``counted``: how many of its members suspect what, None for the accused.
    """
    due = deadlines(case["due_from"], calendar)
    state = State(case["state"])
    waits = state in (State.NEW, State.ACTIVE, State.INVESTIGATING)
    return {
        **{name: case[name] for name in _FULL},
        **({} if case["limited"] else common_json(case, counted)),
        "deadlines": {
            "answer_due": due.answer,
            "answered_at": case["answered_at"],
            "answer_overdue": waits and case["answered_at"] is None and now > due.answer,
            "escalation_due": due.escalation if waits else None,
        },
        "moves": [] if case["limited"] or case["merged_into"] is not None else list(moves(state)),
    }


def common_json(incident: Mapping[str, Any], counted: Mapping[str, Any] | None) -> dict[str, Any]:
    """What the members of an incident have in common: in words, by suspected cause, and how much that weighs."""
    counts = counted or {"kinds": {}, "leads": 0}
    words = cause_words(incident["common"], incident["members"], counts["leads"])
    return {"cause": words.to_json(), "kinds": counts["kinds"], "weight": round(incident["weight"], 3)}


def explanation_of(findings: Iterable[Mapping[str, Any]]) -> Explanation:
    """The explanation of an incident by rows of its findings."""
    return explain(
        [
            ExplainedFinding(row["rule"], row["confidence"], to_microseconds(row["occurred_at"]), details_of(row))
            for row in findings
        ]
    )


def details_of(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """A finding's numbers."""
    details: Mapping[str, Any] = row["details"] if "details" in row else row["evidence"].get("details", {})
    return details or {}


def finding_json(row: Mapping[str, Any], *, limited: bool) -> dict[str, Any]:
    """A finding as it is shown: to the accused, only the lane's own numbers."""
    if not limited:
        return {name: value for name, value in row.items() if name != "details"}
    shown = {name: value for name, value in details_of(row).items() if name in _LIMITED_DETAILS}
    return {name: value for name, value in row.items() if name != "details"} | {"details": shown}
