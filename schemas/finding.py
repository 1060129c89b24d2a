"""Findings: what a rule concluded about a subject, and from which events."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import Any


class Kind(StrEnum):
    """The suspected cause."""

    FORGED = "forged"
    """The code was not made by the GTIN's owner."""
    UNKNOWN = "unknown"
    """The code is sealed with our key, but no such unit was registered."""
    EARLY = "early"
    """Seen before its unit was commissioned: labels may have been stolen."""
    COPIED = "copied"
    """One code, several objects."""
    ENDED = "ended"
    """Seen again after its unit was sold twice, destroyed or decommissioned."""
    DIVERTED = "diverted"
    """Sold outside the territory that its batch was made for (窜货)."""
    RECALLED = "recalled"
    EXPIRED = "expired"
    GUESSED = "guessed"
    """Somebody tries serials until one fits: no unit is accused."""
    DEVICE = "device"
    """A reader contradicts itself; the goods are not accused."""


class Level(StrEnum):
    """What a finding asks for: a fact is shown to whoever scans, a watch is silent, an alert needs a person to act."""

    FACT = "fact"
    WATCH = "watch"
    ALERT = "alert"


@dataclass(frozen=True, slots=True)
class Finding:
    """One conclusion. Its identity is a hash of rule, subject and evidence: judging again changes nothing.

    ``subject`` is the text of a :data:`schemas.subject.Subject`. ``occurred_at`` is the event time in microseconds of
    the event that completed the evidence. ``events`` are event ids (UUIDs as text); ``details`` are the numbers that a
    person needs to follow the conclusion, JSON types only.
    """

    rule: str
    kind: Kind
    level: Level
    subject: str
    occurred_at: int
    confidence: float
    events: tuple[str, ...]
    details: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def finding_id(self) -> bytes:
        """16 bytes that name this conclusion from this evidence."""
        evidence = "\n".join(["suyuan/v1/finding", self.rule, self.subject, *sorted(self.events)])
        return sha256(evidence.encode()).digest()[:16]

    def evidence(self) -> dict[str, Any]:
        """The evidence as it is stored and shown."""
        return {"events": list(self.events), "details": dict(self.details)}
