"""One item with the evidence about it and what its maker registered, as a pass of assessing reads it. Pure."""

from dataclasses import dataclass

from gateway.evidence.item import ItemEvidence
from schemas.subject import ItemSubject


@dataclass(frozen=True, slots=True)
class MarkSource:
    """Where a custody mark came from: the reader, when its event arrived (microseconds, UTC), and the event's id."""

    reader: str
    received: int
    event_id: str


@dataclass(frozen=True, slots=True)
class EvidenceItem:
    """One item: its evidence, and its batch's registration.

    ``known``: its code proves itself (sealed or signed). ``events``: the event behind each scan, by (time, handset).
    ``case``: the container that it was first packed in, or its own id. ``made``: its commissioning was reported.
    """

    item_id: str
    known: bool
    evidence: ItemEvidence
    stamps: tuple[MarkSource, ...]
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
        """The GTIN in the item's id; empty for a container."""
        return ItemSubject(self.item_id).gtin


@dataclass(frozen=True, slots=True)
class AccusedItem:
    """An item that standing alerts suspect of copies: with what probability, and the ids of the events behind them."""

    item_id: str
    probability: float
    events: tuple[str, ...]
