"""Who observed something, by name, and whether anybody vouches for it. Pure.

An observation is *attested* when an enrolled reader, the maker's register, a proof, a tag, a code inside the pack or a
person's decision stands behind it. A consumer's phone is anybody's: it says what it likes, and from where it likes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

from resolver.text import formats
from resolver.text.formats import Language, Name
from resolver.text.reasons import say
from resolver.verdict.facts import FindingRow, HistoryRow
from schemas.assessed import ASSESSED
from schemas.evidence import Clue


class ObserverKind(StrEnum):
    """What kind of observer; ``observer.{kind}`` is its text."""

    PROOF = "proof"
    """The resolver itself, by computing the code's proof with the maker's keys."""
    REGISTER = "register"
    """The maker, by what it registered."""
    READER = "reader"
    TILL = "till"
    INSPECTOR = "inspector"
    TAG = "tag"
    INNER_CODE = "inner_code"
    PERSON = "person"
    """Somebody entitled, by deciding a case."""
    PHONE = "phone"
    """Consumers' phones: anonymous."""

    @property
    def is_attested(self) -> bool:
        """Whether anybody vouches for what it saw."""
        return self is not ObserverKind.PHONE


@dataclass(frozen=True, slots=True)
class Observer:
    """``name``: the organisation's, of a till the shop's. ``readers``: org/reader. ``events``: ids of what it saw."""

    kind: ObserverKind
    name: Name | None = None
    readers: tuple[str, ...] = ()
    events: tuple[str, ...] = ()

    def says(self, language: Language) -> str:
        """The observer in words."""
        return _phrase(self.kind, self.name, language)

    def to_json(self, language: Language) -> dict[str, Any]:
        """The observer for programs."""
        return {
            "kind": self.kind.value,
            "attested": self.kind.is_attested,
            "name": None if self.name is None else formats.show(self.name, language),
            "text": self.says(language),
            "readers": list(self.readers),
            "events": list(self.events),
        }


@lru_cache(maxsize=8192)
def _phrase(kind: ObserverKind, name: Name | None, language: Language) -> str:
    """Makers, shops and readers are few, and each is named on many pages."""
    unnamed = name is None and kind is ObserverKind.READER
    slug = "observer.reader_unnamed" if unnamed else f"observer.{kind}"
    return say(slug, language, {} if name is None else {"name": name})


PROOF = Observer(ObserverKind.PROOF)
REGISTER = Observer(ObserverKind.REGISTER)
PHONES = Observer(ObserverKind.PHONE)
TAG = Observer(ObserverKind.TAG)
INNER_CODE = Observer(ObserverKind.INNER_CODE)

_OF_RULE = {
    Clue.PAIR_MISMATCH.value: INNER_CODE,
    Clue.COUNTER_BACK.value: TAG,
}
_OF_TERM = {"inner_code": INNER_CODE}
_SALE = "retail_selling"


def observer_of(row: HistoryRow) -> Observer:
    """Who observed one event."""
    event = (str(row.event_id),)
    if row.audience == "consumer":
        return Observer(ObserverKind.PHONE, events=event)
    organisation = Name(en=row.reader_org, zh=row.reader_org)
    if row.reader is not None:
        organisation = formats.names(row.reader)
    readers = (f"{row.reader_org}/{row.reader_id}",)
    if row.audience == "inspector":
        return Observer(ObserverKind.INSPECTOR, organisation, readers, event)
    if row.biz_step == _SALE:
        return Observer(
            ObserverKind.TILL, organisation if row.site is None else formats.names(row.site), readers, event
        )
    return Observer(ObserverKind.READER, organisation, readers, event)


def recorders_of(rows: Iterable[HistoryRow]) -> tuple[Observer, ...]:
    """Who recorded these events, each once, in the order of their first; without the events, which are all of them."""
    first: dict[tuple[str, str, str | None, bool], HistoryRow] = {}
    for row in sorted(rows, key=lambda row: (row.occurred_at, row.event_id)):
        # All that an observer's name can depend on: a unit has few readers, each of which saw it several times.
        first.setdefault((row.reader_org, row.reader_id, row.read_point, row.biz_step == _SALE), row)
    return tuple(Observer(each.kind, each.name, each.readers) for each in gathered(map(observer_of, first.values())))


def cited(found: FindingRow, rows: Mapping[str, HistoryRow], *, cut: bool = False) -> tuple[Observer, ...]:
    """Who observed what a finding rests on. ``rows`` by event id; an event that is not among them has no observer.

    ``cut``: there are more events than ``rows``, and of those beyond the finding itself says who observed them. A flood
    of scans must not push out what two tills saw.

    What is evidence by itself, a tag's message or a code inside the pack, is named as well. Of the evidence that
    assessing weighed, a second sale is attested by the tills that reported it.
    """
    events = [str(event) for event in found.evidence.get("events", ())]
    observers = [observer_of(rows[event]) for event in events if event in rows]
    if cut:
        observers += [each for each in _named_in(found, events) if each.events[0] not in rows]
    if found.rule in _OF_RULE:
        observers.append(_OF_RULE[found.rule])
    if found.rule in ASSESSED:
        terms = {term.get("name") for term in _details(found).get("terms", ()) if float(term.get("nats", 0.0)) > 0}
        observers += [_OF_TERM[name] for name in sorted(terms & _OF_TERM.keys())]
        if "second_sale" in terms:
            observers += [observer_of(row) for row in rows.values() if row.biz_step == _SALE]
    return gathered(observers)


def _named_in(found: FindingRow, events: Sequence[str]) -> list[Observer]:
    """The observers whom a finding of the rules names itself: phones neither sell nor end anything."""
    details = _details(found)
    match found.rule:
        case "impossible_travel":
            words = dict(zip(events, details.get("observed_by", ()), strict=False))
            return [Observer(ObserverKind.READER, events=(event,)) for event in events if words.get(event) == "reader"]
        case "second_sale":
            sites = [details.get("first_at"), details.get("second_at")]
            return [
                Observer(ObserverKind.TILL, Name(en=site, zh=site), events=(event,))
                for event, site in zip(events, sites, strict=False)
                if site is not None
            ]
        case "after_end":
            return [Observer(ObserverKind.READER, events=(event,)) for event in events[:1]]
    return []


def gathered(observers: Iterable[Observer]) -> tuple[Observer, ...]:
    """The same observers, each kind and name once, with all of its readers and events."""
    together: dict[tuple[ObserverKind, Name | None], tuple[dict[str, None], dict[str, None]]] = {}
    for each in observers:
        readers, events = together.setdefault((each.kind, each.name), ({}, {}))
        readers.update(dict.fromkeys(each.readers))
        events.update(dict.fromkeys(each.events))
    return tuple(
        Observer(kind, name, tuple(readers), tuple(events)) for (kind, name), (readers, events) in together.items()
    )


def _details(found: FindingRow) -> Mapping[str, Any]:
    details = found.evidence.get("details")
    return details if isinstance(details, Mapping) else {}
