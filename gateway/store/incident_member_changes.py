"""Changes to members of incidents: they join, go to another case, and leave."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from gateway.incident.continuation import MemberKey
from gateway.incident.grouping import DAY_US, Member
from gateway.store.connection import Connection
from gateway.store.incident_members import StoredMember
from schemas.moment import to_datetime

_UPSERT = """
INSERT INTO suyuan.incident_member AS m
    (subject, kind, owner_org, case_id, common, goods, leads, first_at, last_at, findings, confidence, units)
SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::uuid[], %s::text[], %s::text[], %s::bool[],
                     %s::timestamptz[], %s::timestamptz[], %s::integer[], %s::float8[], %s::integer[])
ON CONFLICT (subject, kind) DO UPDATE SET
    owner_org = excluded.owner_org, case_id = excluded.case_id, common = excluded.common, goods = excluded.goods,
    leads = excluded.leads, first_at = excluded.first_at, last_at = excluded.last_at, findings = excluded.findings,
    confidence = excluded.confidence, units = excluded.units, left_at = NULL,
    joined_at = CASE WHEN m.left_at IS NULL AND m.case_id = excluded.case_id THEN m.joined_at ELSE now() END
"""

_MOVE = """
UPDATE suyuan.incident_member AS m SET case_id = n.case_id, joined_at = now()
FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::bool[], %s::timestamptz[], %s::uuid[])
    AS n (old, kind, common, goods, leads, since, case_id)
WHERE m.case_id = n.old AND m.left_at IS NULL AND m.kind = n.kind AND m.common = n.common AND m.goods = n.goods
  AND m.leads = n.leads AND m.first_at >= n.since AND m.first_at < n.since + interval '1 day'
"""

_LEAVE = """
UPDATE suyuan.incident_member AS m SET left_at = now(), findings = 0
FROM unnest(%s::text[], %s::text[]) AS gone (subject, kind) WHERE m.subject = gone.subject AND m.kind = gone.kind
"""


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


def move(connection: Connection, moves: Sequence[tuple[StoredMember, UUID]]) -> None:
    """Let members, which :func:`stored_beside` found, be of another case."""
    if not moves:
        return
    rows = [
        (
            each.case_id,
            each.member.kind.value,
            each.member.cause.common,
            each.member.cause.goods,
            each.member.cause.leads,
            to_datetime(each.member.first // DAY_US * DAY_US),
            case_id,
        )
        for each, case_id in moves
    ]
    connection.execute(_MOVE, [list(column) for column in zip(*rows, strict=True)])


def leave(connection: Connection, keys: Iterable[MemberKey]) -> None:
    """Members of which no alert stands any more leave their incidents."""
    if gone := sorted(keys):
        connection.execute(_LEAVE, [[subject for subject, _ in gone], [kind for _, kind in gone]])
