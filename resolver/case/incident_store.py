"""Findings and incidents, paged by key."""

from collections.abc import Mapping, Sequence
from typing import Any, LiteralString

from resolver.store.session import Cursor, Row

_FINDINGS: LiteralString = """
SELECT finding_id, rule, kind, level, subject, owner_org, occurred_at, detected_at, confidence, evidence
FROM suyuan.finding
WHERE withdrawn_at IS NULL AND detected_at <= %(as_of)s
  AND (%(subject)s::text IS NULL OR subject = %(subject)s) AND (%(kind)s::text IS NULL OR kind = %(kind)s)
  AND (%(level)s::text IS NULL OR level = %(level)s)
  AND (%(at)s::timestamptz IS NULL OR (detected_at, subject, finding_id) > (%(at)s, %(after_subject)s, %(after_id)s))
ORDER BY detected_at, subject, finding_id LIMIT %(limit)s
"""


def findings(cursor: Cursor, filters: Mapping[str, str | None], page: Mapping[str, Any]) -> Cursor:
    """Standing findings in order of detection.

    ``filters``: subject, kind, level. ``page``: as_of, limit, the last row's key (at, after_subject, after_id) or None.
    """
    return cursor.execute(_FINDINGS, {**filters, **page})


_INCIDENTS: LiteralString = """
SELECT subject, kind, owner_org, opened_at, updated_at, findings, state, reason, case_id
FROM suyuan.incident
WHERE opened_at <= %(as_of)s
  AND (%(kind)s::text IS NULL OR kind = %(kind)s) AND (%(state)s::text IS NULL OR state = %(state)s)
  AND (%(at)s::timestamptz IS NULL OR (opened_at, subject, kind) > (%(at)s, %(after_subject)s, %(after_kind)s))
ORDER BY opened_at, subject, kind LIMIT %(limit)s
"""


def incidents(cursor: Cursor, filters: Mapping[str, str | None], page: Mapping[str, Any]) -> Cursor:
    """Incidents in order of opening.

    ``filters``: kind, state. ``page``: as_of, limit, and the last row's key (at, after_subject, after_kind) or None.
    """
    return cursor.execute(_INCIDENTS, {**filters, **page})


def incident_findings(cursor: Cursor, incidents: Sequence[Row], maximum: int) -> list[Row]:
    """The standing alerts behind incidents, newest first, at most ``maximum`` an incident."""
    return cursor.execute(
        "SELECT f.* FROM unnest(%s::text[], %s::text[]) AS i (subject, kind) CROSS JOIN LATERAL ("
        " SELECT finding_id, rule, kind, level, subject, owner_org, occurred_at, detected_at, confidence, evidence"
        " FROM suyuan.finding WHERE subject = i.subject AND kind = i.kind AND withdrawn_at IS NULL"
        " ORDER BY occurred_at DESC LIMIT %s) AS f",
        [[incident["subject"] for incident in incidents], [incident["kind"] for incident in incidents], maximum],
    ).fetchall()
