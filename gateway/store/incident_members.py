"""Members of incidents: the alerts about one subject with one suspected cause, as they stand and as they are stored."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

from gateway.incident.cause import Cause, Known
from gateway.incident.continuation import MemberKey
from gateway.incident.grouping import Member, members_of
from gateway.store.connection import Connection
from schemas.finding import Finding, Kind, Level
from schemas.moment import to_datetime, to_microseconds

_ALERTS = """
SELECT subject, kind, min(owner_org) OVER (PARTITION BY subject, kind), occurred_at, confidence,
       jsonb_strip_nulls(jsonb_build_object(
           'units', evidence #> '{details,units}', 'surfaced', evidence #> '{details,surfaced}',
           'observed', evidence #> '{details,observed}', 'dealer', evidence #> '{details,dealer}'))
FROM suyuan.finding WHERE subject = ANY (%s) AND level = 'alert' AND withdrawn_at IS NULL
"""

_KNOWN = """
SELECT s.item_id, coalesce(f.dealer_id, ''), coalesce(f.market_id, ''), coalesce(b.lot, '')
FROM suyuan.item_state AS s
LEFT JOIN suyuan.first_scan AS f USING (item_id)
LEFT JOIN suyuan.batch AS b ON b.org_id = s.owner_org AND b.batch_number = s.batch_number
WHERE s.item_id = ANY (%s)
"""

_MEMBER: LiteralString = """
SELECT subject, kind, owner_org, common, goods, leads, first_at, last_at, confidence, units, findings, case_id,
       left_at IS NULL
FROM suyuan.incident_member
"""

_OF_SUBJECTS: LiteralString = "WHERE subject = ANY (%s)"
_BESIDE: LiteralString = "WHERE left_at IS NULL AND common = ANY (%s) AND subject <> ALL (%s)"

_UPSERT = """
INSERT INTO suyuan.incident_member AS m
    (subject, kind, owner_org, case_id, common, goods, leads, first_at, last_at, findings, confidence, units)
SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::uuid[], %s::text[], %s::text[], %s::bool[],
                     %s::timestamptz[], %s::timestamptz[], %s::integer[], %s::float8[], %s::integer[])
ON CONFLICT (subject, kind) DO UPDATE SET
    owner_org = excluded.owner_org, case_id = excluded.case_id, common = excluded.common, goods = excluded.goods,
    leads = excluded.leads, first_at = excluded.first_at, last_at = excluded.last_at, findings = excluded.findings,
    confidence = excluded.confidence, units = excluded.units, left_at = NULL,
    joined_at = CASE WHEN m.case_id = excluded.case_id THEN m.joined_at ELSE now() END
"""

_LEAVE = """
UPDATE suyuan.incident_member AS m SET left_at = now(), findings = 0
FROM unnest(%s::text[], %s::text[]) AS gone (subject, kind) WHERE m.subject = gone.subject AND m.kind = gone.kind
"""


@dataclass(frozen=True, slots=True)
class StoredMember:
    """A member as it is stored, with its case; ``stands``: it has not left."""

    member: Member
    case_id: UUID
    stands: bool


def members_among(connection: Connection, items: Collection[str]) -> list[str]:
    """Those of ``items`` of which an alert stands."""
    if not items:
        return []
    rows = connection.execute(
        "SELECT DISTINCT subject FROM suyuan.incident_member WHERE subject = ANY (%s) AND left_at IS NULL",
        [sorted(items)],
    ).fetchall()
    return [subject for (subject,) in rows]


def pending_subjects(connection: Connection, limit: int) -> list[str]:
    """Some of the subjects whose alerts were stored before there were groups."""
    rows = connection.execute(
        "SELECT DISTINCT subject FROM suyuan.incident_member WHERE common LIKE 'pending/%%' AND left_at IS NULL"
        " ORDER BY subject LIMIT %s",
        [limit],
    ).fetchall()
    return [subject for (subject,) in rows]


def standing(connection: Connection, subjects: Sequence[str]) -> list[Member]:
    """The members that the standing alerts about ``subjects`` make."""
    findings = [
        (owner, Finding("", Kind(kind), Level.ALERT, subject, to_microseconds(at), confidence, (), details))
        for subject, kind, owner, at, confidence, details in connection.execute(_ALERTS, [subjects]).fetchall()
    ]
    items = sorted({finding.subject for _, finding in findings})
    known = {item: Known(*rest) for item, *rest in connection.execute(_KNOWN, [items]).fetchall()} if items else {}
    return members_of(findings, known)


def stored(connection: Connection, subjects: Sequence[str]) -> list[StoredMember]:
    """The members that are stored of ``subjects``, standing or not."""
    return _members(connection, _OF_SUBJECTS, [subjects])


def stored_beside(connection: Connection, common: Sequence[str], subjects: Sequence[str]) -> list[StoredMember]:
    """The standing members with one of these things in ``common``, but those of ``subjects``."""
    return _members(connection, _BESIDE, [common, subjects])


def upsert(connection: Connection, members: Sequence[tuple[Member, UUID]]) -> None:
    """Store members, each with its case."""
    if not members:
        return
    rows = [
        (
            each.subject,
            each.kind.value,
            each.owner_org,
            case_id,
            each.cause.common,
            each.cause.goods,
            each.cause.leads,
            to_datetime(each.first),
            to_datetime(each.last),
            each.findings,
            each.confidence,
            each.units,
        )
        for each, case_id in members
    ]
    connection.execute(_UPSERT, [list(column) for column in zip(*rows, strict=True)])


def leave(connection: Connection, keys: Iterable[MemberKey]) -> None:
    """Members of which no alert stands any more leave their incidents."""
    if gone := sorted(keys):
        connection.execute(_LEAVE, [[subject for subject, _ in gone], [kind for _, kind in gone]])


def _members(connection: Connection, which: LiteralString, values: Sequence[Any]) -> list[StoredMember]:
    return [
        StoredMember(
            Member(
                subject=subject,
                kind=Kind(kind),
                owner_org=owner_org,
                cause=Cause(common, goods, leads=leads),
                first=to_microseconds(first_at),
                last=to_microseconds(last_at),
                confidence=confidence,
                units=units,
                findings=findings,
            ),
            case_id,
            stands,
        )
        for (
            subject,
            kind,
            owner_org,
            common,
            goods,
            leads,
            first_at,
            last_at,
            confidence,
            units,
            findings,
            case_id,
            stands,
        ) in connection.execute(_MEMBER + which, values).fetchall()
    ]
