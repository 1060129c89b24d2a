"""Evidence that only the resolver sees, of a copy or of guessing: how it is handed to the gateway.

It goes the way of consumers' scans (the outbox) and becomes a finding. Unlike what rules conclude from an item's
history, it is not concluded anew with each event, so that judging again must not take it back.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from schemas.errors import InvalidEvent
from schemas.finding import Finding, Kind, Level
from schemas.subject import GuessingSubject


class Clue(StrEnum):
    """What was seen. The names are those of the findings."""

    PAIR_MISMATCH = "pair_mismatch"
    """The code outside a pack and the one inside it are of different units. Two packs on one table look the same."""
    COUNTER_BACK = "counter_back"
    """A tag's message, never presented before, is older than one that was: it was recorded, the tag is a copy's."""
    ENUMERATION = "enumeration"
    """One network tried false serials of one product by the hundred. The item is the product, ``01/{GTIN}``."""


GUESSES_TO_ALERT = 100
"""False serials of one product from one network within the resolver's window (five minutes): no person misreads
so many."""

STANDING = frozenset(clue.value for clue in Clue)
"""The findings that judging an item's history again leaves alone."""

_WEIGHT = {
    Clue.PAIR_MISMATCH: (Kind.COPIED, Level.WATCH, 0.6),
    Clue.COUNTER_BACK: (Kind.COPIED, Level.ALERT, 0.95),
    Clue.ENUMERATION: (Kind.GUESSED, Level.ALERT, 0.9),
}
"""How much a clue says: judgements, not measurements. A mismatch alone asks to scan again, so it is silent."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One clue about an item. ``at`` is microseconds, UTC; ``details`` are JSON values for people."""

    evidence_id: UUID
    clue: Clue
    item_id: str
    owner_org: str
    at: int
    details: Mapping[str, Any] = field(default_factory=dict)

    def to_fields(self) -> dict[str, Any]:
        """The JSON object of the outbox row. Its member ``clue`` tells it from a scan."""
        return asdict(self) | {"evidence_id": str(self.evidence_id), "clue": self.clue.value}

    def to_finding(self) -> Finding:
        """The finding that the gateway keeps."""
        kind, level, confidence = _WEIGHT[self.clue]
        guessed = self.clue is Clue.ENUMERATION
        return Finding(
            rule=self.clue.value,
            kind=kind,
            level=level,
            subject=str(GuessingSubject(self.owner_org, self.item_id[3:])) if guessed else self.item_id,
            occurred_at=self.at,
            confidence=confidence,
            events=(str(self.evidence_id),),
            details=self.details,
        )


def is_evidence(fields: Mapping[str, Any]) -> bool:
    """True for an outbox row that holds evidence, false for a scan."""
    return "clue" in fields


def evidence_from_fields(fields: Mapping[str, Any]) -> Evidence:
    """The evidence in an outbox row.

    :raises InvalidEvent: it is none.
    """
    try:
        known = {"evidence_id": UUID(fields["evidence_id"]), "clue": Clue(fields["clue"])}
        return Evidence(**(dict(fields) | known))
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise InvalidEvent("unreadable", f"not evidence: {error}"[:200], field="clue") from None
