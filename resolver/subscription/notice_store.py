"""Notices for a live stream, as the caller's session sees them.

Row-level security selects: the goods' owner and authorities see a case's findings, the accused only its limited form.
The gateway's ``store/notices`` has statements of its own, because it reads as the gateway for every subscriber at once.
"""

from resolver.store.session import Cursor
from schemas.explain.explanation import ExplainedFinding, Explanation, explain
from schemas.moment import to_microseconds
from schemas.notice import Notice, gtin_of, market_of

_NEXT = """
SELECT n.number, n.at, n.change, n.subject, n.kind, n.owner_org, n.case_id, n.state, n.reason,
       CASE WHEN whole THEN n.findings ELSE 1 END AS findings, CASE WHEN whole THEN n.members ELSE 1 END AS members,
       CASE WHEN whole THEN n.more ELSE 0 END AS more, scan.market_id
FROM suyuan.notice AS n LEFT JOIN suyuan.first_scan AS scan ON scan.item_id = n.subject
CROSS JOIN LATERAL (SELECT suyuan.sees(n.owner_org)) AS own (whole)
WHERE n.number > %s ORDER BY n.number LIMIT %s
"""
_BEHIND = """
SELECT subject, kind, rule, confidence, occurred_at, details FROM (
    SELECT subject, kind, rule, confidence, occurred_at, evidence -> 'details' AS details FROM suyuan.finding
    WHERE subject = %(subject)s AND kind = %(kind)s AND level = 'alert' AND withdrawn_at IS NULL
    UNION
    SELECT subject, kind, rule, confidence, occurred_at, details FROM suyuan.accused_finding
    WHERE subject = %(subject)s AND kind = %(kind)s
) AS f ORDER BY confidence DESC, occurred_at DESC LIMIT 5
"""


def last_number(cursor: Cursor) -> int:
    """The number of the platform's last notice."""
    cursor.execute("SELECT suyuan.number_notices()")
    row = cursor.execute("SELECT suyuan.last_notice() AS number").fetchone()
    return 0 if row is None else int(row["number"])


def following(cursor: Cursor, after: int, maximum: int) -> list[Notice]:
    """The next notices that the session sees, in order."""
    cursor.execute("SELECT suyuan.number_notices()")
    return [
        Notice(
            number=row["number"],
            at=row["at"],
            change=row["change"],
            subject=row["subject"],
            kind=row["kind"],
            owner_org=row["owner_org"],
            case_id=row["case_id"],
            state=row["state"],
            reason=row["reason"],
            findings=row["findings"],
            members=row["members"],
            more=row["more"],
            gtin=gtin_of(row["subject"]),
            market=market_of(row["subject"]) or row["market_id"] or "",
        )
        for row in cursor.execute(_NEXT, [after, maximum]).fetchall()
    ]


def explanation(cursor: Cursor, notice: Notice) -> Explanation:
    """What stands behind the notice's case now."""
    rows = cursor.execute(_BEHIND, {"subject": notice.subject, "kind": notice.kind}).fetchall()
    return explain(
        [
            ExplainedFinding(row["rule"], row["confidence"], to_microseconds(row["occurred_at"]), row["details"] or {})
            for row in rows
        ]
    )
