"""Notices of cases, the subscriptions to them, and how far each subscription has got."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import LiteralString
from uuid import UUID

from gateway.store.connection import Connection
from schemas.explain.explanation import ExplainedFinding, Explanation, explain
from schemas.moment import to_microseconds
from schemas.notice import Interest, Notice, gtin_of, market_of


@dataclass(frozen=True, slots=True)
class Subscription:
    """One subscription to notices. ``cursor``: the number of the last notice that was delivered or skipped.

    ``channel`` is ``webhook``, ``email`` or ``mqtt``; ``failures`` counts failed deliveries in a row. ``overseer``: the
    subscriber is a regulator, whose access to others' data is logged; ``operator``: it is told of everybody's keys.
    """

    subscription_id: UUID
    org_id: str
    channel: str
    target: str
    language: str
    interest: Interest
    secret_number: int
    cursor: int
    failures: int
    overseer: bool
    operator: bool = False


_DUE: LiteralString = """
SELECT s.subscription_id, s.org_id, s.channel, s.target, s.language, s.kinds, s.gtins, s.markets, s.changes,
       s.secret_number, s.cursor, s.failures, o.kind = 'regulator', o.kind = 'operator'
FROM suyuan.subscription AS s JOIN suyuan.organisation AS o USING (org_id)
WHERE s.paused_at IS NULL AND s.next_try_at <= now()
  AND s.cursor < (SELECT max(number) FROM suyuan.notice)
ORDER BY s.next_try_at, s.subscription_id
"""

_NEXT: LiteralString = """
SELECT n.number, n.at, n.change, n.subject, n.kind, n.owner_org, n.case_id, n.state, n.reason,
       CASE WHEN whole THEN n.findings ELSE 1 END, CASE WHEN whole THEN n.members ELSE 1 END,
       CASE WHEN whole THEN n.more ELSE 0 END, coalesce(scan.market_id, '')
FROM suyuan.notice AS n LEFT JOIN suyuan.first_scan AS scan ON scan.item_id = n.subject
CROSS JOIN LATERAL (SELECT n.owner_org = %(org)s OR %(overseer)s) AS own (whole)
WHERE n.number > %(cursor)s AND (n.owner_org = %(org)s OR n.accused_org = %(org)s
       OR (CASE WHEN n.kind = 'key' THEN %(operator)s ELSE %(overseer)s END))
ORDER BY n.number LIMIT %(page_size)s
"""

_BEHIND: LiteralString = """
SELECT f.subject, f.kind, f.rule, f.confidence, f.occurred_at, f.evidence -> 'details'
FROM unnest(%s::text[], %s::text[]) AS i (subject, kind) CROSS JOIN LATERAL (
    SELECT subject, kind, rule, confidence, occurred_at, evidence FROM suyuan.finding
    WHERE subject = i.subject AND kind = i.kind AND level = 'alert' AND withdrawn_at IS NULL
    ORDER BY confidence DESC, occurred_at DESC LIMIT 5) AS f
"""


def number_notices(connection: Connection) -> None:
    """Give numbers to the notices that were committed since the last call, and their places to the audit log's rows."""
    connection.execute("SELECT suyuan.number_notices(), suyuan.chain_audit()")


def due_subscriptions(connection: Connection) -> list[Subscription]:
    """The subscriptions that may have notices to deliver now."""
    return [
        Subscription(
            subscription_id=subscription_id,
            org_id=org_id,
            channel=channel,
            target=target,
            language=language,
            interest=Interest(*map(frozenset, (kinds, gtins, markets, changes))),
            secret_number=secret_number,
            cursor=cursor,
            failures=failures,
            overseer=overseer,
            operator=operator,
        )
        for (
            subscription_id,
            org_id,
            channel,
            target,
            language,
            kinds,
            gtins,
            markets,
            changes,
            secret_number,
            cursor,
            failures,
            overseer,
            operator,
        ) in connection.execute(_DUE)
    ]


def last_number(connection: Connection) -> int:
    """The greatest number given to a notice; 0 when there is none."""
    row = connection.execute("SELECT coalesce(max(number), 0) FROM suyuan.notice").fetchone()
    return 0 if row is None else int(row[0])


def next_notices(connection: Connection, subscription: Subscription, page_size: int) -> list[Notice]:
    """The next notices that the subscriber may see, by number, whether its filters want them or not."""
    rows = connection.execute(
        _NEXT,
        {
            "cursor": subscription.cursor,
            "org": subscription.org_id,
            "overseer": subscription.overseer,
            "operator": subscription.operator,
            "page_size": page_size,
        },
    )
    return [
        Notice(
            number=number,
            at=at,
            change=change,
            subject=subject,
            kind=kind,
            owner_org=owner_org,
            case_id=case_id,
            state=state,
            reason=reason,
            findings=findings,
            members=members,
            more=more,
            gtin=gtin_of(subject),
            market=market_of(subject) or market,
        )
        for (
            number,
            at,
            change,
            subject,
            kind,
            owner_org,
            case_id,
            state,
            reason,
            findings,
            members,
            more,
            market,
        ) in rows
    ]


def explanations(connection: Connection, notices: Sequence[Notice]) -> dict[tuple[str, str], Explanation]:
    """The explanations of the notices' cases from the findings that stand now, by subject and kind."""
    cases = sorted({(notice.subject, notice.kind) for notice in notices})
    found: dict[tuple[str, str], list[ExplainedFinding]] = {case: [] for case in cases}
    rows = connection.execute(_BEHIND, [[subject for subject, _ in cases], [kind for _, kind in cases]])
    for subject, kind, rule, confidence, occurred_at, details in rows:
        found[subject, kind].append(ExplainedFinding(rule, confidence, to_microseconds(occurred_at), details or {}))
    return {case: explain(findings) for case, findings in found.items()}


def advance(connection: Connection, subscription: Subscription, number: int, *, delivered: bool) -> bool:
    """Move the cursor to ``number``. ``delivered``: that notice was delivered, not filtered out.

    Returns False when the subscription was paused or deleted meanwhile.
    """
    return (
        connection.execute(
            "UPDATE suyuan.subscription SET cursor = greatest(cursor, %(number)s),"
            " failures = CASE WHEN %(delivered)s THEN 0 ELSE failures END,"
            " last_error = CASE WHEN %(delivered)s THEN '' ELSE last_error END,"
            " delivered_at = CASE WHEN %(delivered)s THEN now() ELSE delivered_at END"
            " WHERE subscription_id = %(id)s AND paused_at IS NULL",
            {"number": number, "delivered": delivered, "id": subscription.subscription_id},
        ).rowcount
        == 1
    )


def note_failure(connection: Connection, subscription_id: UUID, detail: str, wait_s: int, *, final: bool) -> None:
    """Record a failed delivery; retry in ``wait_s`` seconds, or when ``final`` not before a person resumes it."""
    connection.execute(
        "UPDATE suyuan.subscription SET failures = failures + 1, last_error = %s,"
        " next_try_at = now() + make_interval(secs => %s), paused_at = CASE WHEN %s THEN now() END"
        " WHERE subscription_id = %s",
        [detail, wait_s, final, subscription_id],
    )


def log_access(connection: Connection, subscription: Subscription, notice: Notice) -> None:
    """Log that a regulator was notified of another organisation's goods, like its other requests."""
    connection.execute(
        "INSERT INTO suyuan.oversight_log (org_id, token_label, request) VALUES (%s, %s, %s)",
        [subscription.org_id, f"subscription {subscription.subscription_id}", f"NOTICE {notice.number}"],
    )


def escalate_overdue(connection: Connection, days: int) -> int:
    """Escalate the cases that are open longer than ``days``; returns their number."""
    row = connection.execute("SELECT suyuan.escalate_overdue(%s)", [days]).fetchone()
    return 0 if row is None else int(row[0])
