"""What subscribers are told of a case, as a CloudEvents 1.0 event in JSON (structured mode). Pure.

A notice has one number for ever, which is the event's id: whoever gets it twice can tell.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from schemas.explain.explanation import Explanation
from schemas.subject import ForgedSubject, GuessingSubject, ItemSubject, LaneSubject, parse_subject

CONTENT_TYPE = "application/cloudevents+json"
CHANGES = ("opened", "evidence", "state", "escalated", "closed", "reopened", "appealed", "decided", "rule", "key")
"""``rule``: how a rule stands; ``key``: what happens to a key, of which operators are told as well."""
KEY = "key"
"""The kind of notices about keys."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One change of one case. ``gtin`` and ``market`` are empty where the subject has none.

    ``members``: how many subjects the case's alerts are about, ``more`` of them since the notice before.
    """

    number: int
    at: datetime
    change: str
    subject: str
    kind: str
    owner_org: str
    case_id: UUID | None = None
    state: str = ""
    reason: str | None = None
    findings: int = 0
    members: int = 1
    more: int = 0
    gtin: str = ""
    market: str = ""

    def to_event(self, explanation: Explanation) -> dict[str, Any]:
        """The event (CloudEvents 1.0, section 3)."""
        return {
            "specversion": "1.0",
            "id": str(self.number),
            "source": "/suyuan/alerts",
            "type": f"suyuan.alert.{self.change}",
            "subject": self.subject,
            "time": self.at.isoformat(),
            "datacontenttype": "application/json",
            "data": {
                "case_id": None if self.case_id is None else str(self.case_id),
                "subject": self.subject,
                "kind": self.kind,
                "change": self.change,
                "state": self.state,
                "reason": self.reason,
                "findings": self.findings,
                "members": self.members,
                "more": self.more,
                "owner_org": self.owner_org,
                "gtin": self.gtin or None,
                "market": self.market or None,
                "explanation": explanation.to_json(),
            },
        }


@dataclass(frozen=True, slots=True)
class Interest:
    """What a subscriber wants to hear of; an empty set means all."""

    kinds: frozenset[str] = field(default_factory=frozenset)
    gtins: frozenset[str] = field(default_factory=frozenset)
    markets: frozenset[str] = field(default_factory=frozenset)
    changes: frozenset[str] = field(default_factory=frozenset)

    def covers(self, notice: Notice) -> bool:
        """Whether the subscriber is told of ``notice``."""
        wishes = ((self.kinds, notice.kind), (self.gtins, notice.gtin), (self.markets, notice.market))
        return all(not wanted or value in wanted for wanted, value in (*wishes, (self.changes, notice.change)))


def gtin_of(subject: str) -> str:
    """The GTIN of the item or the product that a subject is about, empty for other subjects."""
    parsed = parse_subject(subject)
    return parsed.gtin if isinstance(parsed, ItemSubject | GuessingSubject | ForgedSubject) else ""


def market_of(subject: str) -> str:
    """The market of a lane's subject, empty for other subjects."""
    parsed = parse_subject(subject)
    return parsed.market_id if isinstance(parsed, LaneSubject) else ""
