"""Where conclusions are kept: findings and incidents, first scans and what they add up to in a lane."""

from collections.abc import Iterable, Sequence

from psycopg.types.json import Jsonb

from gateway.rules.territory import FirstScan, LaneCount
from gateway.store.connection import Connection
from gateway.store.moment import to_datetime, to_microseconds
from schemas.finding import Finding

_WITHDRAW = """
UPDATE suyuan.finding AS f SET withdrawn_at = now()
WHERE f.subject = ANY (%s) AND f.withdrawn_at IS NULL
  AND NOT EXISTS (
      SELECT FROM unnest(%s::text[], %s::timestamptz[], %s::bytea[]) AS kept (subject, occurred_at, finding_id)
      WHERE kept.subject = f.subject AND kept.occurred_at = f.occurred_at AND kept.finding_id = f.finding_id)
RETURNING f.subject, f.level = 'alert'
"""

_CONCLUDE = """
INSERT INTO suyuan.finding AS f
    (subject, occurred_at, finding_id, owner_org, rule, kind, level, confidence, evidence)
SELECT * FROM unnest(%s::text[], %s::timestamptz[], %s::bytea[], %s::text[], %s::text[], %s::text[], %s::text[],
                     %s::float8[], %s::jsonb[])
ON CONFLICT (subject, occurred_at, finding_id) DO UPDATE SET
    level = excluded.level, confidence = excluded.confidence, evidence = excluded.evidence, withdrawn_at = NULL
WHERE f.withdrawn_at IS NOT NULL OR f.level <> excluded.level OR f.evidence <> excluded.evidence
RETURNING f.subject, f.level = 'alert'
"""

# One incident per subject and suspected cause. It closes by itself when the last of its findings has been withdrawn,
# and opens again, as new, when one comes back; a state that a person gave it stays.
_REGROUP = """
INSERT INTO suyuan.incident AS i (subject, kind, owner_org, opened_at, findings, state)
SELECT subject, kind, min(owner_org), min(occurred_at), count(*) FILTER (WHERE withdrawn_at IS NULL),
       CASE WHEN bool_and(withdrawn_at IS NOT NULL) THEN 'closed' ELSE 'new' END
FROM suyuan.finding WHERE subject = ANY (%s) AND level = 'alert'
GROUP BY subject, kind
ORDER BY subject, kind
ON CONFLICT (subject, kind) DO UPDATE SET
    findings = excluded.findings,
    opened_at = least(i.opened_at, excluded.opened_at),
    updated_at = now(),
    state = CASE WHEN excluded.findings = 0 THEN 'closed'
                 WHEN i.findings = 0 AND i.state = 'closed' THEN 'new'
                 ELSE i.state END
WHERE i.findings <> excluded.findings OR i.opened_at > excluded.opened_at
"""


def conclude(connection: Connection, subjects: Sequence[str], findings: Sequence[tuple[str, Finding]]) -> None:
    """Make ``findings`` (each with its owner) all that is held about ``subjects``; what they lack is withdrawn."""
    # One row a key: a rule that said the same twice must not make the store refuse the events.
    unique = {(each.subject, each.occurred_at, each.finding_id): (owner, each) for owner, each in findings}
    ordered = [unique[key] for key in sorted(unique)]
    keys: list[list[object]] = [
        [finding.subject for _, finding in ordered],
        [to_datetime(finding.occurred_at) for _, finding in ordered],
        [finding.finding_id for _, finding in ordered],
    ]
    changed = {subject for subject, alert in connection.execute(_WITHDRAW, [list(subjects), *keys]) if alert}
    if ordered:
        rows = connection.execute(
            _CONCLUDE,
            [
                *keys,
                [owner for owner, _ in ordered],
                [finding.rule for _, finding in ordered],
                [finding.kind.value for _, finding in ordered],
                [finding.level.value for _, finding in ordered],
                [finding.confidence for _, finding in ordered],
                [Jsonb(finding.evidence()) for _, finding in ordered],
            ],
        )
        changed |= {subject for subject, _ in rows}
    if changed:
        connection.execute(_REGROUP, [sorted(changed)])


def add(connection: Connection, owner_org: str, finding: Finding) -> None:
    """Hold one more finding about a subject, beside those that are there."""
    connection.execute(
        _CONCLUDE,
        [
            [finding.subject],
            [to_datetime(finding.occurred_at)],
            [finding.finding_id],
            [owner_org],
            [finding.rule],
            [finding.kind.value],
            [finding.level.value],
            [finding.confidence],
            [Jsonb(finding.evidence())],
        ],
    )
    connection.execute(_REGROUP, [[finding.subject]])


def note_first_scans(connection: Connection, scans: Iterable[tuple[str, str, FirstScan]]) -> set[tuple[str, str]]:
    """Keep each unit's first scan (item id, owner, scan); returns the (owner, dealer) pairs whose lanes changed."""
    changed: set[tuple[str, str]] = set()
    for item_id, owner_org, scan in sorted(scans, key=lambda each: each[0]):
        before = connection.execute(
            "SELECT owner_org, dealer_id, market_id, off_territory, occurred_at"
            " FROM suyuan.first_scan WHERE item_id = %s",
            [item_id],
        ).fetchone()
        after = (owner_org, scan.dealer_id, scan.market_id, scan.off_territory, to_datetime(scan.sighting.occurred_at))
        if before == after:
            continue
        connection.execute(
            """
            INSERT INTO suyuan.first_scan (item_id, owner_org, dealer_id, market_id, off_territory, occurred_at)
            VALUES (%s, %s, %s, %s, %s, %s)
            ON CONFLICT (item_id) DO UPDATE SET dealer_id = excluded.dealer_id, market_id = excluded.market_id,
                off_territory = excluded.off_territory, occurred_at = excluded.occurred_at
            """,
            [item_id, *after],
        )
        changed.add((owner_org, scan.dealer_id))
        if before is not None:
            changed.add((str(before[0]), str(before[1])))
    return changed


def lane_counts(connection: Connection, owner_org: str, dealer_id: str) -> tuple[int, tuple[LaneCount, ...]]:
    """How many first scans a dealer's goods of one owner have, and how they spread over foreign markets.

    Holds the dealer until the end of the transaction: two workers must not conclude from counts that both are changing.
    """
    connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"lane/{owner_org}/{dealer_id}"])
    rows = connection.execute(
        """
        SELECT market_id, count(*), count(*) FILTER (WHERE off_territory), min(occurred_at) FILTER (WHERE off_territory)
        FROM suyuan.first_scan WHERE owner_org = %s AND dealer_id = %s GROUP BY market_id ORDER BY market_id
        """,
        [owner_org, dealer_id],
    ).fetchall()
    counts = tuple(LaneCount(market, off, to_microseconds(since)) for market, _, off, since in rows if off)
    return sum(scans for _, scans, _, _ in rows), counts
