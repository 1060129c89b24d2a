"""Which rules have fallen silent for whose goods, and what that does to findings."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from gateway.store.connection import Connection
from schemas.finding import Finding, Level

Quiet = frozenset[tuple[str, str]]
"""Pairs of owner and rule."""


def rule_levels(connection: Connection, owners: Iterable[str]) -> Quiet:
    """The rules whose alerts are to be watches, for these owners' goods."""
    rows = connection.execute(
        "SELECT owner_org, rule FROM suyuan.rule_status WHERE level = 'watch' AND owner_org = ANY (%s)",
        [sorted(set(owners))],
    )
    return frozenset((owner, rule) for owner, rule in rows)


def lowered(findings: Sequence[tuple[str, Finding]], quiet: Quiet) -> list[tuple[str, Finding]]:
    """The findings, each behind its owner, with the alerts of silent rules as watches. Pure: identities stay."""
    return [
        (owner, replace(finding, level=Level.WATCH))
        if finding.level is Level.ALERT and (owner, finding.rule) in quiet
        else (owner, finding)
        for owner, finding in findings
    ]
