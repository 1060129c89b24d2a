"""The page's bar: what must stand behind a suspicion of copies before a page may say "copied". Pure.

Strangers alone never get a genuine unit called a copy: what their phones say is told as "also seen elsewhere: compare".
"Copied" needs an attested observation among what the finding cites, or a person's decision in a case. Owner and
authority are told by other means, and have a lower bar.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from resolver.verdict.facts import FindingRow, HistoryRow
from resolver.verdict.observer import Observer, cited

SUSPICIONS = ("copied", "ended")
"""Kinds of findings that speak of more than one object under one code."""
TRAVEL = "impossible_travel"
_TWO_SIDED = (TRAVEL, "second_sale")
"""Two observations contradict each other: a stranger on one side, or a claim that is no fact, contradicts nobody."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """A suspicion of copies, and who observed what it cites. ``accuses``: it stands above the bar."""

    finding: FindingRow
    observed_by: tuple[Observer, ...]
    accuses: bool


def weighed(findings: Iterable[FindingRow], rows: Mapping[str, HistoryRow], *, cut: bool = False) -> list[Weighed]:
    """The suspicions that a page tells, in order of event time. ``rows``: the unit's history by event id.

    ``cut``: the history has more than ``rows`` (:func:`resolver.verdict.observer.cited`).

    Alerts of copies, and watches of impossible travel, which are what two phones far apart amount to. Other watches are
    silent.
    """
    suspicions = [
        Weighed(found, observers := cited(found, rows, cut=cut), found.level == "alert" and _clears(found, observers))
        for found in findings
        if found.kind in SUSPICIONS and (found.level == "alert" or (found.rule == TRAVEL and found.level == "watch"))
    ]
    return sorted(suspicions, key=lambda each: (each.finding.occurred_at, each.finding.finding_id))


def _clears(found: FindingRow, observers: Sequence[Observer]) -> bool:
    attested = {event for each in observers if each.kind.is_attested for event in each.events}
    if found.rule in _TWO_SIDED:
        events = set(map(str, found.evidence.get("events", ())))
        return bool(events) and attested >= events
    return any(each.kind.is_attested for each in observers)
