"""A rule is a fold over one unit's history in event time: a state, one sighting at a time, and conclusions on the way.

So judging can go on where it stopped. What a fold concludes from a history it concludes sighting by sighting, and never
takes back while the history only grows at its end; a late sighting, or other facts, mean folding from the beginning.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from gateway.rules.history import Sighting, Unit
from schemas.finding import Finding, Kind, Level

State = Any
"""What a fold remembers: JSON types only, None before the first sighting. It is kept in the store beside the item."""

Witness = tuple[str, int]
"""A sighting as evidence: its event id and event time in microseconds."""


@dataclass(frozen=True, slots=True)
class Card:
    """What people need to know about a rule: name in findings, suspected cause, meaning, innocent causes."""

    name: str
    kind: Kind
    about: str
    innocent_causes: str


@dataclass(frozen=True, slots=True)
class FirstScan:
    """Where a unit was first scanned by a consumer, and which dealer had it last before."""

    at: Witness
    dealer_id: str
    market_id: str
    off_territory: bool
    km: float


Conclusion = Finding | FirstScan


class Fold(Protocol):
    """One rule. :meth:`step` is pure: the same unit, state and sighting give the same answer."""

    @property
    def card(self) -> Card:
        """The rule's card."""

    def concerns(self, unit: Unit) -> bool:
        """False when no sighting of the unit can lead to anything, whatever its index: the fold is then left out."""

    def step(self, unit: Unit, state: State, sighting: Sighting) -> tuple[State, Iterable[Conclusion]]:
        """The state after ``sighting``, and what follows from it."""


def witness(sighting: Sighting) -> Witness:
    """The sighting as evidence."""
    return sighting.event_id, sighting.occurred_at


def finding(
    card: Card,
    level: Level,
    unit: Unit,
    evidence: Iterable[Witness],
    confidence: float,
    **details: Any,  # noqa: ANN401 -- JSON values
) -> Finding:
    """The finding of a rule about ``unit`` from this evidence; it happened when the last of it did."""
    witnesses = tuple(evidence)
    return Finding(
        rule=card.name,
        kind=card.kind,
        level=level,
        subject=unit.item_id,
        occurred_at=max(at for _, at in witnesses),
        confidence=confidence,
        events=tuple(event_id for event_id, _ in witnesses),
        details=details,
    )
