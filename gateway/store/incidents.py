"""Incidents, as they follow from the alerts that stand (:mod:`gateway.incident`).

Regrouping is the last thing that a transaction does, and done once: what incidents may have in common is locked after
items and dealers, so that two workers don't wait for each other.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import LiteralString
from uuid import UUID

from gateway.incident.continuation import Continued, MemberKey, StoredCase, candidates, continued
from gateway.incident.grouping import Member, group
from gateway.store import incident_member_changes, incident_members
from gateway.store.connection import Connection
from gateway.store.incident_members import StoredMember
from schemas.case import State
from schemas.finding import Kind
from schemas.moment import to_datetime, to_microseconds

# In the order of what is locked, not of the names.
_LOCK = """
SELECT pg_advisory_xact_lock(key)
FROM (SELECT DISTINCT hashtextextended(common, 1) AS key FROM unnest(%s::text[]) AS c (common) ORDER BY key) AS keys
"""

# A case that closed because its evidence was gone, or that went on as another, opens again as new; one that a person
# closed only when its members have doubled since, and are three more.
_OPENS_AGAIN: LiteralString = """i.state = 'closed' AND (i.reason IN ('evidence_withdrawn', 'merged')
        OR excluded.members >= greatest(2 * i.decided_members, i.decided_members + 3))"""

_UPSERT_CASES: LiteralString = f"""
INSERT INTO suyuan.incident AS i (case_id, subject, kind, owner_org, opened_at, findings, members, weight, common)
SELECT * FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::integer[], %s::integer[],
                     %s::float8[], %s::text[]) AS n (case_id)
ORDER BY case_id
ON CONFLICT (case_id) DO UPDATE SET
    subject = excluded.subject, kind = excluded.kind, opened_at = excluded.opened_at, findings = excluded.findings,
    members = excluded.members, weight = excluded.weight, common = excluded.common, merged_into = NULL,
    updated_at = now(),
    state = CASE WHEN {_OPENS_AGAIN} THEN 'new' ELSE i.state END,
    reason = CASE WHEN {_OPENS_AGAIN} THEN NULL ELSE i.reason END
WHERE (i.subject, i.kind, i.opened_at, i.findings, i.members, i.weight, i.common, i.merged_into)
    IS DISTINCT FROM (excluded.subject, excluded.kind, excluded.opened_at, excluded.findings, excluded.members,
                      excluded.weight, excluded.common, NULL)
"""  # noqa: S608 -- a condition of our own

_CLOSE = """
UPDATE suyuan.incident SET findings = 0, members = 0, weight = 0, updated_at = now(), state = 'closed',
    reason = coalesce(reason, 'evidence_withdrawn')
WHERE case_id = ANY (%s) AND members > 0
"""

# The case that goes on has to be answered no later than the one that it goes on for.
_MERGE = """
WITH pair AS (SELECT * FROM unnest(%(merged)s::uuid[], %(into)s::uuid[]) AS p (merged, "into")),
     due AS (
        UPDATE suyuan.incident AS i SET due_from = first.due_from
        FROM (SELECT "into", min(due_from) AS due_from FROM pair JOIN suyuan.incident ON case_id = merged
              WHERE state <> 'closed' GROUP BY "into") AS first
        WHERE i.case_id = first."into" AND i.due_from > first.due_from)
UPDATE suyuan.incident AS i SET merged_into = pair."into", findings = 0, members = 0, weight = 0, updated_at = now(),
    state = 'closed', reason = coalesce(i.reason, 'merged')
FROM pair WHERE i.case_id = pair.merged OR i.merged_into = pair.merged
"""


def regroup(connection: Connection, changed: Collection[str], moved: Collection[str] = ()) -> None:
    """Let incidents follow from the alerts that stand.

    ``changed``: subjects whose alerts changed. ``moved``: items of which something else was learnt, which may change
    what they have in common with others; only those that are members count.
    """
    subjects = sorted({*changed, *incident_members.members_among(connection, moved)})
    if not subjects:
        return
    alerts, before, common = _locked(connection, subjects)
    beside = incident_members.stored_beside(connection, common, subjects)
    incidents = group([*alerts, *(each.member for each in beside)])
    stored = [*before, *beside]
    cases = _cases(connection, {each.case_id for each in stored} | candidates(incidents))
    _write(connection, continued(incidents, _claims(stored, cases), cases), before, beside)


def regroup_pending(connection: Connection, limit: int) -> int:
    """Group some of the incidents from before there were groups; returns how many."""
    subjects = incident_members.pending_subjects(connection, limit)
    regroup(connection, subjects)
    return len(subjects)


def _locked(connection: Connection, subjects: Sequence[str]) -> tuple[list[Member], list[StoredMember], list[str]]:
    """What stands of ``subjects``, what is stored of them, and what they have in common with others: locked.

    What that is becomes certain only once it is locked. When it proves to be more, all locks are given back and taken
    again, in one order, so that no two workers can wait for each other.
    """
    wanted: set[str] = set()
    while True:
        connection.execute("SAVEPOINT causes")
        if wanted:
            connection.execute(_LOCK, [sorted(wanted)])
        alerts, before = incident_members.standing(connection, subjects), incident_members.stored(connection, subjects)
        common = {each.cause.common for each in alerts} | {each.member.cause.common for each in before}
        if common <= wanted:
            connection.execute("RELEASE SAVEPOINT causes")
            return alerts, before, sorted(wanted)
        connection.execute("ROLLBACK TO SAVEPOINT causes")
        wanted |= common


def _claims(stored: Sequence[StoredMember], cases: Mapping[UUID, StoredCase]) -> dict[MemberKey, UUID]:
    """By member its case. Who comes back has none if that went on elsewhere, or accuses a dealer whose lane is gone."""
    present = {each.case_id for each in stored if each.stands}
    return {
        each.member.key: each.case_id
        for each in stored
        if each.stands or each.case_id in present or _may_return(each, cases.get(each.case_id))
    }


def _may_return(each: StoredMember, case: StoredCase | None) -> bool:
    return case is not None and not case.members and (each.member.cause.leads or not case.accuses)


def _cases(connection: Connection, case_ids: Collection[UUID]) -> dict[UUID, StoredCase]:
    rows = connection.execute(
        "SELECT case_id, kind, state, created_at, members, merged_into IS NOT NULL, accused_org IS NOT NULL"
        " FROM suyuan.incident WHERE case_id = ANY (%s)",
        [sorted(case_ids)],
    ).fetchall()
    return {
        case_id: StoredCase(case_id, Kind(kind), State(state), to_microseconds(created_at), members, merged, accuses)
        for case_id, kind, state, created_at, members, merged, accuses in rows
    }


def _write(
    connection: Connection, result: Sequence[Continued], before: Sequence[StoredMember], beside: Sequence[StoredMember]
) -> None:
    """Write what follows: ``before`` is what was stored of the changed subjects, ``beside`` what stands beside them."""
    known = {each.member.key: each for each in before}
    now = {member.key: (member, each.case_id) for each in result for member in each.incident.members}
    case_of_rest = [(each, now.pop(each.member.key)[1]) for each in beside]
    _upsert_cases(connection, result)
    incident_member_changes.move(
        connection, [(each, case_id) for each, case_id in case_of_rest if case_id != each.case_id]
    )
    incident_member_changes.upsert(
        connection,
        [now[key] for key in sorted(now) if key not in known or now[key] != _as_it_stands(known[key])],
    )
    incident_member_changes.leave(connection, [key for key, each in known.items() if each.stands and key not in now])
    merged = {gone: each.case_id for each in result for gone in each.merged}
    if merged:
        connection.execute(_MERGE, {"merged": list(merged), "into": list(merged.values())})
    used = {each.case_id for each in result} | merged.keys()
    over = {each.case_id for each in (*before, *beside) if each.stands} - used
    if over:
        connection.execute(_CLOSE, [sorted(over)])


def _as_it_stands(each: StoredMember) -> tuple[Member, UUID] | None:
    return (each.member, each.case_id) if each.stands else None


def _upsert_cases(connection: Connection, result: Sequence[Continued]) -> None:
    if not result:
        return
    rows = [
        (
            each.case_id,
            each.incident.leading.subject,
            each.incident.kind.value,
            each.incident.leading.owner_org,
            to_datetime(each.incident.opened_at),
            sum(member.findings for member in each.incident.members),
            each.incident.size,
            round(each.incident.weight, 6),
            each.incident.leading.cause.common,
        )
        for each in result
    ]
    connection.execute(_UPSERT_CASES, [list(column) for column in zip(*rows, strict=True)])
