"""Findings, and the incidents that they are grouped into."""

from collections.abc import Sequence
from datetime import datetime

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
      SELECT FROM unnest(%s::text[], %s::timestamptz[], %s::bytea[]) AS standing (subject, occurred_at, finding_id)
      WHERE standing.subject = f.subject AND standing.occurred_at = f.occurred_at
        AND standing.finding_id = f.finding_id)
RETURNING f.subject, f.level = 'alert'
"""

_UPSERT = """
INSERT INTO suyuan.finding AS f
    (subject, occurred_at, finding_id, owner_org, rule, kind, level, confidence, evidence)
SELECT * FROM unnest(%s::text[], %s::timestamptz[], %s::bytea[], %s::text[], %s::text[], %s::text[], %s::text[],
                     %s::float8[], %s::jsonb[])
ON CONFLICT (subject, occurred_at, finding_id) DO UPDATE SET
    level = excluded.level, confidence = excluded.confidence, evidence = excluded.evidence, withdrawn_at = NULL
WHERE f.withdrawn_at IS NOT NULL OR f.level <> excluded.level OR f.evidence <> excluded.evidence
RETURNING f.subject, f.level = 'alert'
"""

# One incident for each subject and suspected cause. It closes by itself when the last of its findings is withdrawn, or
# is no alert any more, and reopens as new when one comes back; a state that a person gave it stays. Triggers on the
# row write history, deadlines and notices.
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
"""The organisation whose goods a finding is about, and the finding."""


def conclude(connection: Connection, subjects: Sequence[str], findings: Sequence[Owned]) -> None:
    """Make ``findings`` all findings of the rules about ``subjects``: others of theirs are withdrawn.

    Findings from other sources (evidence that the resolver saw, assessment) stay.
    """
    _conclude(connection, subjects, findings, sorted(STANDING | ASSESSED), among=False)


def conclude_assessed(connection: Connection, subjects: Sequence[str], findings: Sequence[Owned]) -> None:
    """Make ``findings`` all findings of assessment about ``subjects``; those of the rules stay.

    Items are locked first, in the order in which judging locks them, so that their incidents count both.
    """
    parsed = [parse_subject(subject) for subject in subjects]
    items = sorted(subject.item_id for subject in parsed if isinstance(subject, ItemSubject) and subject.gtin)
    connection.execute("SELECT FROM suyuan.item_state WHERE item_id = ANY (%s) ORDER BY item_id FOR UPDATE", [items])
    for lanes in sorted({subject.dealer_lanes for subject in parsed if isinstance(subject, LaneSubject)}):
        lock_dealer(connection, lanes)
    _conclude(connection, subjects, findings, sorted(ASSESSED), among=True)


def assessed_subjects(connection: Connection, owner_org: str) -> list[str]:
    """The subjects about which a finding of assessment stands."""
    rows = connection.execute(
        "SELECT DISTINCT subject FROM suyuan.finding WHERE owner_org = %s AND rule = ANY (%s) AND withdrawn_at IS NULL"
        " ORDER BY subject",
        [owner_org, sorted(ASSESSED)],
    )
    return [subject for (subject,) in rows]


def _conclude(
    connection: Connection, subjects: Sequence[str], findings: Sequence[Owned], rules: Sequence[str], *, among: bool
) -> None:
    """``findings`` are all that stand of ``rules`` (``among``), or of every rule but these (not ``among``)."""
    if not subjects:
        return
    unique = _unique(findings)
    rows = connection.execute(_WITHDRAW, [list(subjects), list(rules), among, *_keys(unique)])
    changed = {subject for subject, alert in rows if alert}
    _regroup(connection, changed | _upsert(connection, unique))


def add(connection: Connection, findings: Sequence[Owned]) -> None:
    """Add findings to those that stand."""
    _regroup(connection, _upsert(connection, _unique(findings)))


def stated_guesses(connection: Connection, owner_org: str, rule: str, at: datetime) -> dict[str, int]:
    """By subject, how many guesses the findings of ``rule`` about an owner's products at that very time state."""
    rows = connection.execute(
        "SELECT subject, (evidence -> 'details' ->> 'guesses')::bigint FROM suyuan.finding"
        " WHERE owner_org = %s AND detected_at >= %s AND rule = %s AND occurred_at = %s AND withdrawn_at IS NULL",
        [owner_org, at, rule, at],
    )
    return {subject: guesses or 0 for subject, guesses in rows}


def _unique(findings: Sequence[Owned]) -> list[Owned]:
    """One row for each key, in order: a rule that finds the same twice must not make the store refuse the events."""
    keyed = {
        (finding.subject, finding.occurred_at, finding.finding_id): (owner, finding) for owner, finding in findings
    }
    return [keyed[key] for key in sorted(keyed)]


def _keys(findings: Sequence[Owned]) -> list[list[object]]:
    return [
        [finding.subject for _, finding in findings],
        [to_datetime(finding.occurred_at) for _, finding in findings],
        [finding.finding_id for _, finding in findings],
    ]


def _upsert(connection: Connection, findings: Sequence[Owned]) -> set[str]:
    """Insert findings, or update those that differ; returns the subjects of these."""
    if not findings:
        return set()
    owners = {owner for owner, finding in findings if finding.level is Level.ALERT}
    if owners:
        findings = lowered(findings, rule_levels(connection, owners))
    rows = connection.execute(
        _UPSERT,
        [
            *_keys(findings),
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
