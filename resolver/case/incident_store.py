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
SELECT subject, kind, owner_org, opened_at, updated_at, findings, members, weight, common, state, reason, case_id,
       merged_into
FROM suyuan.incident AS i
WHERE created_at <= %(as_of)s
  AND (%(kind)s::text IS NULL OR kind = %(kind)s OR EXISTS (
       SELECT FROM suyuan.incident_member AS m WHERE m.case_id = i.case_id AND m.kind = %(kind)s))
  AND (%(subject)s::text IS NULL OR case_id IN (
       SELECT case_id FROM suyuan.incident_member AS m WHERE m.subject = %(subject)s))
  AND (%(state)s::text IS NULL OR state = %(state)s)
  AND (%(after)s::uuid IS NULL OR (state = 'closed', -weight, case_id)
       > (%(closed)s::boolean, -(%(weight)s::float8), %(after)s::uuid))
ORDER BY state = 'closed', -weight, case_id LIMIT %(limit)s
"""


def incidents(cursor: Cursor, filters: Mapping[str, str | None], page: Mapping[str, Any]) -> Cursor:
    """Incidents whose cases are not closed first, and of these the weightiest.

    ``filters``: kind and subject (of any member), state. ``page``: as_of, limit, and the last row's key (closed,
    weight, after) or None.
    """
    return cursor.execute(_INCIDENTS, {**filters, **page})


def incident_findings(cursor: Cursor, incidents: Sequence[Row], maximum: int) -> list[Row]:
    """The standing alerts behind incidents with their case's id, at most ``maximum`` an incident.

    The strongest of each rule comes first; those about the common cause before the others, then the most certain.
    """
    return cursor.execute(
        "SELECT i.case_id, f.* FROM unnest(%s::uuid[]) AS i (case_id) CROSS JOIN LATERAL ("
        " SELECT f.finding_id, f.rule, f.kind, f.level, f.subject, f.owner_org, f.occurred_at, f.detected_at,"
        "        f.confidence, f.evidence, m.leads"
        " FROM suyuan.incident_member AS m JOIN suyuan.finding AS f ON f.subject = m.subject AND f.kind = m.kind"
        " WHERE m.case_id = i.case_id AND m.left_at IS NULL AND f.level = 'alert' AND f.withdrawn_at IS NULL"
        " ORDER BY row_number() OVER (PARTITION BY f.rule ORDER BY f.confidence DESC, f.occurred_at DESC),"
        "          m.leads DESC, f.confidence DESC, f.occurred_at DESC, f.finding_id LIMIT %s) AS f",
        [[incident["case_id"] for incident in incidents], maximum],
    ).fetchall()
