"""A rule is a fold over one item's history in event time: a state, one sighting at a time, and conclusions on the way.

So evaluation can resume where it stopped. What a fold concludes from a sighting it does not withdraw while the history
only grows at its end. After a late sighting, or a change of registered facts, the whole history is re-evaluated.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Protocol

from gateway.rules.history import Sighting, Unit
from schemas.event import Action, Audience
from schemas.finding import Finding, Kind, Level

State = Any
"""What a fold remembers: JSON types only, None before the first sighting. It is saved in the item's row."""

Witness = tuple[str, int]
"""A sighting as evidence: its event id and event time in microseconds."""


@dataclass(frozen=True, slots=True)
class Card:
    """What people need to know about a rule: name in findings, suspected cause, meaning, benign causes."""

    name: str
    kind: Kind
    about: str
    innocent_causes: str


@dataclass(frozen=True, slots=True)
class FirstScan:
    """Where an item was first scanned by a consumer, ``km`` outside its territory, and which dealer had it before.

    ``voice`` tells the networks apart that a lane's scans came through (:func:`gateway.rules.territory.voice_of`).
    """

    at: Witness
    dealer_id: str
    market_id: str
    off_territory: bool
    km: float
    voice: int = 0


Conclusion = Finding | FirstScan


class Manner(NamedTuple):
    """How an item was seen, of which there are few: what decides whether a sighting can wake a fold.

    ``contained``: it is a sighting of a container that the item was in.
    """

    biz_step: str
    action: Action
    audience: Audience
    site_kind: str | None
    contained: bool


class Fold(Protocol):
    """One rule. :meth:`step` is pure: the same unit, state and sighting give the same result.

    ``final``: the state True is the fold's last one, from which nothing follows any more.
    """

    final: ClassVar[bool] = False

    @property
    def card(self) -> Card:
        """The rule's card."""

    def concerns(self, unit: Unit) -> bool:
        """False when no sighting of the unit can lead to a conclusion, whatever its index: the fold is then skipped."""

    def wakes(self, manner: Manner) -> bool:  # noqa: ARG002 -- a fold that says nothing about it is always stepped
        """False when such a sighting leaves the state None as it is, and nothing follows: the step is then skipped."""
        return True

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
    """The finding of a rule about ``unit`` from this evidence; its time is that of the latest evidence."""
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
