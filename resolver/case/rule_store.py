"""What closures say of rules, and which rules have fallen silent."""

from typing import Any
from uuid import UUID

from resolver.store.session import Cursor, Row
from schemas.case import PRECISION_CLOSURES

_PRECISION = """
SELECT rule, owner_org, count(*) AS closures, count(*) FILTER (WHERE confirmed) AS confirmed
FROM (
    SELECT c.rule, c.owner_org, c.confirmed,
           row_number() OVER (PARTITION BY c.rule, c.owner_org ORDER BY c.closed_at DESC, c.case_id) AS place
    FROM suyuan.rule_closure AS c LEFT JOIN suyuan.rule_status AS s USING (rule, owner_org)
    WHERE c.closed_at > coalesce(s.counted_from, '-infinity')
      AND (%(owner)s::text IS NULL OR c.owner_org = %(owner)s) AND (%(rule)s::text IS NULL OR c.rule = %(rule)s)
) AS ranked
WHERE place <= %(maximum)s GROUP BY rule, owner_org ORDER BY rule, owner_org
"""


def note_closure(cursor: Cursor, case: Row, *, confirmed: bool | None) -> list[str]:
    """Note what a closure says of the rules behind the case; returns those rules. None: it says nothing."""
    forget_closure(cursor, case["case_id"])
    if confirmed is None:
        return []
    rows = cursor.execute(
        "INSERT INTO suyuan.rule_closure (rule, case_id, owner_org, confirmed)"
        " SELECT DISTINCT f.rule, %(case)s::uuid, %(owner)s, %(confirmed)s FROM suyuan.incident_member AS m"
        " JOIN suyuan.finding AS f ON f.subject = m.subject AND f.kind = m.kind"
        " WHERE m.case_id = %(case)s AND m.left_at IS NULL AND f.level = 'alert' AND f.withdrawn_at IS NULL"
        " RETURNING rule",
        {"case": case["case_id"], "owner": case["owner_org"], "confirmed": confirmed},
    ).fetchall()
    return sorted(row["rule"] for row in rows)


def forget_closure(cursor: Cursor, case_id: UUID) -> None:
    """The case is open again: it says nothing of any rule."""
    cursor.execute("DELETE FROM suyuan.rule_closure WHERE case_id = %s", [case_id])


def precision(cursor: Cursor, *, owner: str | None = None, rule: str | None = None) -> list[Row]:
    """Per rule and owner the last closures that count: ``closures`` and ``confirmed``."""
    values: dict[str, Any] = {"owner": owner, "rule": rule, "maximum": PRECISION_CLOSURES}
    return cursor.execute(_PRECISION, values).fetchall()


def statuses(cursor: Cursor) -> list[Row]:
    """Every standing that was ever set: rule, owner_org, level, since, actor, remark."""
    return cursor.execute(
        "SELECT rule, owner_org, level, since, actor, remark FROM suyuan.rule_status ORDER BY rule, owner_org"
    ).fetchall()


def set_level(cursor: Cursor, *, rule: str, owner_org: str, level: str, actor: str, remark: str) -> None:
    """Let a rule fall silent, or speak again; closures so far count no longer once it speaks again."""
    cursor.execute(
        "INSERT INTO suyuan.rule_status AS s (rule, owner_org, level, actor, remark, counted_from)"
        " VALUES (%(rule)s, %(owner)s, %(level)s, %(actor)s, %(remark)s,"
        " CASE WHEN %(level)s = 'alert' THEN now() ELSE '-infinity' END)"
        " ON CONFLICT (rule, owner_org) DO UPDATE SET level = excluded.level, since = now(), actor = excluded.actor,"
        " remark = excluded.remark,"
        " counted_from = CASE WHEN excluded.level = 'alert' THEN now() ELSE s.counted_from END",
        {"rule": rule, "owner": owner_org, "level": level, "actor": actor, "remark": remark},
    )


def is_silent(cursor: Cursor, rule: str, owner_org: str) -> bool:
    """Whether the rule is silent for the owner's goods."""
    row = cursor.execute(
        "SELECT level FROM suyuan.rule_status WHERE rule = %s AND owner_org = %s", [rule, owner_org]
    ).fetchone()
    return row is not None and row["level"] == "watch"
