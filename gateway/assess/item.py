"""One looked-at item as the store keeps it. Pure."""

from dataclasses import dataclass

from gateway.evidence.item import ItemEvidence


@dataclass(frozen=True, slots=True)
class Stamped:
    """What is kept of a mark beside the mark itself: who read it, when it arrived, and the event."""

    reader: str
    received: int
    event_id: str


@dataclass(frozen=True, slots=True)
class Kept:
    """One item as it is kept. ``events``: the event behind each look, by (time, handset); ``case``: what it was in."""

    item_id: str
    known: bool
    evidence: ItemEvidence
    stamps: tuple[Stamped, ...]
    """In the order of the evidence's marks."""
    events: dict[tuple[int, str], str]
    case: str
    lot: str
    index: int
    expires_at: int | None
    made: bool
    territory: frozenset[str] = frozenset()
    """The markets that its batch was made for; empty: anywhere."""

    @property
    def gtin(self) -> str:
        """The GTIN in the item's id; empty where it is no unit."""
        parts = self.item_id.split("/")
        return parts[1] if parts[0] == "01" and len(parts) > 1 else ""
