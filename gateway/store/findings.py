"""Findings: concluded, added, withdrawn. Who changes alerts regroups incidents at the transaction's end."""

from collections.abc import Sequence
from datetime import datetime

from psycopg.types.json import Jsonb

from gateway.store.connection import Connection
from gateway.store.incidents import regroup
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
  AND NOT EXISTS (
      SELECT FROM suyuan.item_state AS s WHERE s.item_id = f.subject AND s.forgotten_at >= f.detected_at)
RETURNING f.subject, f.level = 'alert'
"""
# What was found before a person was taken out of the item's events stands: it rests on what can't be read again.

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


Owned = tuple[str, Finding]
"""The organisation whose goods a finding is about, and the finding."""


def conclude(connection: Connection, subjects: Sequence[str], findings: Sequence[Owned], changed: set[str]) -> None:
    """Make ``findings`` all findings of the rules about ``subjects``: others of theirs are withdrawn.

    Findings from other sources (evidence that the resolver saw, assessment) stay. The subjects whose alerts changed are
    added to ``changed``: :func:`gateway.store.incidents.regroup` is to be called with them before the commit.
    """
    changed |= _conclude(connection, subjects, findings, sorted(STANDING | ASSESSED), among=False)


def conclude_assessed(connection: Connection, subjects: Sequence[str], findings: Sequence[Owned]) -> None:
    """Make ``findings`` all findings of assessment about ``subjects``; those of the rules stay.

    Items are locked first, in the order in which judging locks them, so that their incidents count both; incidents are
    regrouped.
    """
    parsed = [parse_subject(subject) for subject in subjects]
    items = sorted(subject.item_id for subject in parsed if isinstance(subject, ItemSubject) and subject.gtin)
    connection.execute("SELECT FROM suyuan.item_state WHERE item_id = ANY (%s) ORDER BY item_id FOR UPDATE", [items])
    for lanes in sorted({subject.dealer_lanes for subject in parsed if isinstance(subject, LaneSubject)}):
        lock_dealer(connection, lanes)
    regroup(connection, _conclude(connection, subjects, findings, sorted(ASSESSED), among=True))


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
) -> set[str]:
    """``findings`` are all that stand of ``rules`` (``among``), or of every rule but these (not ``among``).

    Returns the subjects whose alerts changed.
    """
    if not subjects:
        return set()
    unique = _unique(findings)
    rows = connection.execute(_WITHDRAW, [list(subjects), list(rules), among, *_keys(unique)])
    return {subject for subject, alert in rows if alert} | _upsert(connection, unique)


def add(connection: Connection, findings: Sequence[Owned], changed: set[str]) -> None:
    """Add findings to those that stand. ``changed`` as in :func:`conclude`."""
    changed |= _upsert(connection, _unique(findings))


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
