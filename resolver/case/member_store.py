"""Members of incidents: the alerts about one subject with one suspected cause."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from resolver.store.session import Cursor, Row

_MEMBERS = """
SELECT subject, kind, findings, confidence, units, leads, first_at, last_at, joined_at
FROM suyuan.incident_member
WHERE case_id = %(case)s AND left_at IS NULL
  AND (%(at)s::timestamptz IS NULL
       OR (NOT leads, first_at, subject, kind) > (%(single)s::boolean, %(at)s, %(subject)s, %(kind)s))
ORDER BY NOT leads, first_at, subject, kind LIMIT %(limit)s
"""

_ACCUSED = """
SELECT subject, kind, count(*)::integer AS findings, max(confidence) AS confidence, NULL::integer AS units,
       true AS leads, min(occurred_at) AS first_at, max(occurred_at) AS last_at, NULL::timestamptz AS joined_at
FROM suyuan.accused_finding WHERE case_id = %(case)s
GROUP BY subject, kind
HAVING %(at)s::timestamptz IS NULL OR (min(occurred_at), subject, kind) > (%(at)s, %(subject)s, %(kind)s)
ORDER BY min(occurred_at), subject, kind LIMIT %(limit)s
"""


def members(cursor: Cursor, case: Row, page: Mapping[str, Any]) -> list[Row]:
    """The standing members of a case: those about the common cause first, then by time. Of a limited case its lanes.

    ``page``: limit, and the last row's key (single: not about the common cause; at, subject, kind) or None.
    """
    return cursor.execute(_ACCUSED if case["limited"] else _MEMBERS, {"case": case["case_id"], **page}).fetchall()


FIRST = {"single": None, "at": None, "subject": None, "kind": None}
"""The key before the first row."""


def counted(cursor: Cursor, case_ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    """By case how many standing members suspect what (``kinds``), and how many are about all (``leads``)."""
    rows = cursor.execute(
        "SELECT case_id, sum(leads)::integer AS leads, jsonb_object_agg(kind, count ORDER BY kind) AS kinds FROM ("
        " SELECT case_id, kind, count(*) AS count, count(*) FILTER (WHERE leads) AS leads FROM suyuan.incident_member"
        " WHERE case_id = ANY (%s) AND left_at IS NULL GROUP BY case_id, kind) AS k GROUP BY case_id",
        [list(case_ids)],
    ).fetchall()
    return {row["case_id"]: {"kinds": row["kinds"], "leads": row["leads"]} for row in rows}


def merged(cursor: Cursor, case_id: UUID) -> list[UUID]:
    """The cases for which this one goes on."""
    rows = cursor.execute(
        "SELECT case_id FROM suyuan.incident WHERE merged_into = %s ORDER BY created_at, case_id", [case_id]
    ).fetchall()
    return [row["case_id"] for row in rows]
