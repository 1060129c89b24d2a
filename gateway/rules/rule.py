"""A rule: a pure function from a unit's history to findings, with what people need to know about it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from gateway.rules.history import History, Unit
from schemas.finding import Finding, Kind, Level


@dataclass(frozen=True, slots=True)
class Card:
    """What people need to know about a rule: its name in findings, the suspected cause, what else it may be."""

    name: str
    kind: Kind
    about: str
    innocent_causes: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that judges one unit by its history."""

    card: Card
    judge: Callable[[Unit, History], Iterator[Finding]]


def finding(
    rule: str,
    kind: Kind,
    level: Level,
    unit: Unit,
    sightings: History,
    confidence: float,
    **details: object,
) -> Finding:
    """The finding of ``rule`` about ``unit`` from these sightings; it happened when the last of them did."""
    return Finding(
        rule=rule,
        kind=kind,
        level=level,
        subject=unit.item_id,
        occurred_at=max(sighting.occurred_at for sighting in sightings),
        confidence=confidence,
        events=tuple(sighting.event_id for sighting in sightings),
        details=details,
    )
