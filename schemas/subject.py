"""What a finding is about, as a value: the text in ``Finding.subject`` is made and read here alone. Pure.

An item is named by its id (GS1 Digital Link path without the host, ``01/{GTIN}/21/{serial}`` or ``00/{SSCC}``). Every
other subject begins with a word, so that it can't be taken for an item. Ids of organisations contain no ``/``.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

_ROLL_NUMBER = re.compile(r"0|[1-9][0-9]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class ItemSubject:
    """One item, by its id."""

    item_id: str

    def __str__(self) -> str:
        return self.item_id

    @property
    def gtin(self) -> str:
        """The GTIN of an item with a serial; empty for a container (SSCC)."""
        parts = self.item_id.split("/")
        return parts[1] if parts[0] == "01" and len(parts) > 1 else ""


@dataclass(frozen=True, slots=True)
class LaneSubject:
    """A market lane: an owner's goods, from a dealer (by its site), first scanned in a market."""

    owner_org: str
    dealer_id: str
    market_id: str

    def __str__(self) -> str:
        return f"{self.dealer_lanes}/{self.market_id}"

    @property
    def dealer_lanes(self) -> str:
        """The name of all lanes of these goods from this dealer: the lock while one of them is concluded."""
        return f"lane/{self.owner_org}/{self.dealer_id}"


@dataclass(frozen=True, slots=True)
class RollSubject:
    """A roll of labels: the ``number``-th stretch of a lot's indexes."""

    owner_org: str
    lot: str
    number: int

    def __str__(self) -> str:
        return f"roll/{self.owner_org}/{self.lot}/{self.number}"


@dataclass(frozen=True, slots=True)
class DumpingSubject:
    """An owner's expired goods in one market."""

    owner_org: str
    market_id: str

    def __str__(self) -> str:
        return f"dumping/{self.owner_org}/{self.market_id}"


@dataclass(frozen=True, slots=True)
class GuessingSubject:
    """Who tries serials of a product."""

    owner_org: str
    gtin: str

    def __str__(self) -> str:
        return f"guessing/{self.owner_org}/{self.gtin}"


@dataclass(frozen=True, slots=True)
class ForgedSubject:
    """False codes of a product that consumers read on one day (UTC, ``2026-03-01``); GTIN ``-``: of several."""

    owner_org: str
    gtin: str
    day: str

    def __str__(self) -> str:
        return f"forged/{self.owner_org}/{self.gtin}/{self.day}"


@dataclass(frozen=True, slots=True)
class SourceSubject:
    """A handset that tries codes which were never made."""

    source: str

    def __str__(self) -> str:
        return f"source/{self.source}"


@dataclass(frozen=True, slots=True)
class ReaderSubject:
    """A reader, by its organisation and its own id."""

    org_id: str
    reader_id: str

    def __str__(self) -> str:
        return f"reader/{self.org_id}/{self.reader_id}"


@dataclass(frozen=True, slots=True)
class ClaimsSubject:
    """What an organisation says of an owner's goods, without their being its to speak of."""

    owner_org: str
    org_id: str

    def __str__(self) -> str:
        return f"claims/{self.owner_org}/{self.org_id}"


@dataclass(frozen=True, slots=True)
class SiteSubject:
    """A site."""

    site_id: str

    def __str__(self) -> str:
        return f"site/{self.site_id}"


@dataclass(frozen=True, slots=True)
class OtherSubject:
    """Any other text, such as ``rule/{rule}`` of a notice about a rule's standing."""

    text: str

    def __str__(self) -> str:
        return self.text


Subject = (
    ItemSubject
    | LaneSubject
    | RollSubject
    | DumpingSubject
    | GuessingSubject
    | ForgedSubject
    | SourceSubject
    | ReaderSubject
    | ClaimsSubject
    | SiteSubject
    | OtherSubject
)


_OF_OWNER: Mapping[str, Callable[[str, str], Subject]] = {
    "dumping": DumpingSubject,
    "guessing": GuessingSubject,
    "claims": ClaimsSubject,
}


def parse_subject(text: str) -> Subject:
    """The subject in ``text``; ``str`` of it gives the same text again. Never fails."""
    subject: Subject
    match text.split("/"):
        case ["01" | "00", _, *_]:
            subject = ItemSubject(text)
        case ["lane", owner_org, *dealer_id, market_id] if dealer_id:
            subject = LaneSubject(owner_org, "/".join(dealer_id), market_id)
        case ["roll", owner_org, *lot, number] if lot and _ROLL_NUMBER.fullmatch(number):
            subject = RollSubject(owner_org, "/".join(lot), int(number))
        case ["dumping" | "guessing" | "claims" as word, owner_org, about]:
            subject = _OF_OWNER[word](owner_org, about)
        case ["forged", owner_org, gtin, day]:
            subject = ForgedSubject(owner_org, gtin, day)
        case ["source", *source] if source:
            subject = SourceSubject("/".join(source))
        case ["reader", org_id, *reader_id] if reader_id:
            subject = ReaderSubject(org_id, "/".join(reader_id))
        case ["site", *site_id] if site_id:
            subject = SiteSubject("/".join(site_id))
        case _:
            subject = OtherSubject(text)
    return subject
