"""Where conclusions are kept: findings, and the incidents that they make."""

from collections.abc import Sequence

from psycopg.types.json import Jsonb

from gateway.store.connection import Connection
from gateway.store.lanes import lock_dealer
from gateway.store.rule_levels import lowered, rule_levels
from schemas.assessed import ASSESSED
from schemas.evidence import STANDING
from schemas.finding import Finding, Level
from schemas.moment import to_datetime
from schemas.subject import ItemSubject, LaneSubject, parse_subject

_WITHDRAW = """
UPDATE suyuan.finding AS f SET withdrawn_at = now()
WHERE f.subject = ANY (%s) AND f.withdrawn_at IS NULL AND (f.rule = ANY (%s)) = %s
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

# One incident per subject and suspected cause. It closes by itself when the last of its findings has been withdrawn (or
# is no alert any more), and opens again, as new, when one comes back; a state that a person gave it stays. History,
# deadlines and notices follow from the row by triggers.
_REGROUP = """
INSERT INTO suyuan.incident AS i (subject, kind, owner_org, opened_at, findings, state, reason)
SELECT subject, kind, owner_org, opened_at, findings, CASE WHEN findings = 0 THEN 'closed' ELSE 'new' END,
       CASE WHEN findings = 0 THEN 'evidence_withdrawn' END
FROM (
    SELECT subject, kind, min(owner_org) AS owner_org,
           coalesce(min(occurred_at) FILTER (WHERE level = 'alert'), min(occurred_at)) AS opened_at,
           count(*) FILTER (WHERE withdrawn_at IS NULL AND level = 'alert') AS findings
    FROM suyuan.finding AS f
    WHERE subject = ANY (%s) AND (level = 'alert' OR EXISTS (
        SELECT FROM suyuan.incident AS o WHERE o.subject = f.subject AND o.kind = f.kind))
    GROUP BY subject, kind
) AS grouped
ORDER BY subject, kind
ON CONFLICT (subject, kind) DO UPDATE SET
    findings = excluded.findings,
    opened_at = least(i.opened_at, excluded.opened_at),
    updated_at = now(),
    state = CASE WHEN excluded.findings = 0 THEN 'closed'
                 WHEN i.findings = 0 AND i.reason = 'evidence_withdrawn' THEN 'new'
                 ELSE i.state END,
    reason = CASE WHEN excluded.findings = 0 THEN coalesce(i.reason, 'evidence_withdrawn')
                  WHEN i.findings = 0 AND i.reason = 'evidence_withdrawn' THEN NULL
                  ELSE i.reason END
WHERE i.findings <> excluded.findings OR i.opened_at > excluded.opened_at
"""


Owned = tuple[str, Finding]
"""A finding, behind the organisation whose goods it is about."""


def conclude(connection: Connection, subjects: Sequence[str], findings: Sequence[Owned]) -> None:
    """Make ``findings`` all that the rules hold about ``subjects``; what they lack is withdrawn.

    What was found otherwise (evidence of carriers, assessing) is not theirs, and stays.
    """
    _conclude(connection, subjects, findings, sorted(STANDING | ASSESSED), mine=False)


def conclude_assessed(connection: Connection, subjects: Sequence[str], findings: Sequence[Owned]) -> None:
    """Make ``findings`` all that assessing holds about ``subjects``; what the rules found stays.

    Items are held first, as judging holds them, so that their incidents count what both have found.
    """
    parsed = [parse_subject(subject) for subject in subjects]
    items = sorted(subject.item_id for subject in parsed if isinstance(subject, ItemSubject) and subject.gtin)
    connection.execute("SELECT FROM suyuan.item_state WHERE item_id = ANY (%s) ORDER BY item_id FOR UPDATE", [items])
    for lanes in sorted({subject.dealer_lanes for subject in parsed if isinstance(subject, LaneSubject)}):
        lock_dealer(connection, lanes)
    _conclude(connection, subjects, findings, sorted(ASSESSED), mine=True)


def assessed_subjects(connection: Connection, owner_org: str) -> list[str]:
    """The subjects about which a finding of assessing stands."""
    rows = connection.execute(
        "SELECT DISTINCT subject FROM suyuan.finding WHERE owner_org = %s AND rule = ANY (%s) AND withdrawn_at IS NULL"
        " ORDER BY subject",
        [owner_org, sorted(ASSESSED)],
    )
    return [subject for (subject,) in rows]


def _conclude(
    connection: Connection, subjects: Sequence[str], findings: Sequence[Owned], rules: Sequence[str], *, mine: bool
) -> None:
    if not subjects:
        return
    unique = _unique(findings)
    names = _names(unique)
    rows = connection.execute(_WITHDRAW, [list(subjects), list(rules), mine, *names])
    changed = {subject for subject, alert in rows if alert}
    _regroup(connection, changed | _hold(connection, unique))


def add(connection: Connection, findings: Sequence[Owned]) -> None:
    """Hold more findings, beside those that are there."""
    _regroup(connection, _hold(connection, _unique(findings)))


def _unique(findings: Sequence[Owned]) -> list[Owned]:
    """One row a key, in order: a rule that said the same twice must not make the store refuse the events."""
    keyed = {(each.subject, each.occurred_at, each.finding_id): (owner, each) for owner, each in findings}
    return [keyed[key] for key in sorted(keyed)]


def _names(findings: Sequence[Owned]) -> list[list[object]]:
    return [
        [finding.subject for _, finding in findings],
        [to_datetime(finding.occurred_at) for _, finding in findings],
        [finding.finding_id for _, finding in findings],
    ]


def _hold(connection: Connection, findings: Sequence[Owned]) -> set[str]:
    """Write findings; returns the subjects of those that are new or different."""
    if not findings:
        return set()
    owners = {owner for owner, finding in findings if finding.level is Level.ALERT}
    if owners:
        findings = lowered(findings, rule_levels(connection, owners))
    rows = connection.execute(
        _CONCLUDE,
        [
            *_names(findings),
            [owner for owner, _ in findings],
            [finding.rule for _, finding in findings],
            [finding.kind.value for _, finding in findings],
            [finding.level.value for _, finding in findings],
            [finding.confidence for _, finding in findings],
            [Jsonb(finding.evidence()) for _, finding in findings],
        ],
    )
    return {subject for subject, _ in rows}


def _regroup(connection: Connection, subjects: set[str]) -> None:
    if subjects:
        connection.execute(_REGROUP, [sorted(subjects)])
