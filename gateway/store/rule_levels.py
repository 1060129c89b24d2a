"""Rules whose alerts were lowered to watches for an owner's goods, and what that does to findings."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from gateway.store.connection import Connection
from schemas.finding import Finding, Level

Lowered = frozenset[tuple[str, str]]
"""Pairs of owner and rule."""


def rule_levels(connection: Connection, owners: Iterable[str]) -> Lowered:
    """The rules whose alerts are to be watches, for these owners' goods."""
    rows = connection.execute(
        "SELECT owner_org, rule FROM suyuan.rule_status WHERE level = 'watch' AND owner_org = ANY (%s)",
        [sorted(set(owners))],
    )
    return frozenset((owner, rule) for owner, rule in rows)


def lowered(findings: Sequence[tuple[str, Finding]], lowered_rules: Lowered) -> list[tuple[str, Finding]]:
    """The findings with their owners, alerts of lowered rules as watches. Pure; their identities do not change."""
    return [
        (owner, replace(finding, level=Level.WATCH))
        if finding.level is Level.ALERT and (owner, finding.rule) in lowered_rules
        else (owner, finding)
        for owner, finding in findings
    ]
