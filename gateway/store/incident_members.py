"""Members of incidents: the alerts about one subject with one suspected cause, as they stand and as they are stored."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from gateway.incident.cause import Cause, Known
from gateway.incident.grouping import Member, members_of
from gateway.store.connection import Connection
from schemas.finding import Finding, Kind, Level
from schemas.moment import to_microseconds

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

_STORED = """
SELECT subject, kind, owner_org, common, goods, leads, first_at, last_at, confidence, units, findings, case_id,
       left_at IS NULL
FROM suyuan.incident_member WHERE subject = ANY (%s)
"""

# Alike members of one day as one row, named after the earliest: however many they are, a dealer's or a lot's are some
# rows a day. Times are in microseconds; their texts, all of one length, are in the order of the numbers.
_BESIDE = """
SELECT substring(min(lpad(first::text, 17, '0') || subject) FROM 18), kind, min(owner_org), common, goods, leads,
       min(first), max(last), sum(confidence * units) / sum(units), sum(units), sum(findings), case_id, count(*)
FROM (
    SELECT *, (extract(epoch FROM first_at) * 1000000)::bigint AS first,
           (extract(epoch FROM last_at) * 1000000)::bigint AS last
    FROM suyuan.incident_member
    WHERE left_at IS NULL AND common = ANY (%(common)s) AND subject <> ALL (%(subjects)s)
) AS m
GROUP BY kind, common, goods, leads, case_id, first / 86400000000, CASE WHEN leads THEN subject END
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
    rows = connection.execute(_STORED, [subjects]).fetchall()
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
        ) in rows
    ]


def stored_beside(connection: Connection, common: Sequence[str], subjects: Sequence[str]) -> list[StoredMember]:
    """The standing members with one of these things in ``common``, but those of ``subjects``: alike ones as one."""
    rows = connection.execute(_BESIDE, {"common": common, "subjects": subjects}).fetchall()
    return [
        StoredMember(
            Member(
                subject=subject,
                kind=Kind(kind),
                owner_org=owner_org,
                cause=Cause(common_key, goods, leads=leads),
                first=first,
                last=last,
                confidence=confidence,
                units=int(units),
                findings=int(findings),
                count=count,
            ),
            case_id,
            stands=True,
        )
        for (
            subject,
            kind,
            owner_org,
            common_key,
            goods,
            leads,
            first,
            last,
            confidence,
            units,
            findings,
            case_id,
            count,
        ) in rows
    ]
