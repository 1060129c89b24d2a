"""The timeline of a page: stays with their steps, gaps and consumers' scans, as lines to read, newest first. Pure."""

from dataclasses import dataclass
from itertools import groupby

from resolver.consumer.itinerary import Itinerary
from resolver.text import formats
from resolver.text.formats import Language
from resolver.text.pages import page_text
from resolver.text.places import rough_place
from resolver.text.reasons import say, step_name
from resolver.verdict.chain import (
    NO_SIGNATURES,
    ConsumerScan,
    Gap,
    ProvenanceChain,
    Signatures,
    Step,
)

MAX_STEPS = 40
"""More would make the page too heavy for a phone; programs get all."""
_MAX_PLACES = 4
_MAX_READERS = 3


@dataclass(frozen=True, slots=True)
class Moment:
    """One step of a stay. ``machine`` is the time for programs; ``via`` the container that was recorded, if one was."""

    title: str
    when: str
    machine: str
    via: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A stay at one place, a gap, or the consumers' scans (``kind``).

    ``mark`` is the place's number on the map; ``readers`` says which readers reported the stay, signed or not.
    """

    kind: str
    title: str
    who: str = ""
    mark: str = ""
    moments: tuple[Moment, ...] = ()
    readers: str = ""


@dataclass(frozen=True, slots=True)
class Timeline:
    """The entries, newest first, and how many steps are left out at the end."""

    entries: tuple[Entry, ...]
    left_out: int


def timeline(
    chain: ProvenanceChain, way: Itinerary, language: Language, signatures: Signatures = NO_SIGNATURES
) -> Timeline:
    """The timeline of a chain; place numbers come from its itinerary."""
    marks = way.marks or {}
    steps = chain.steps[-MAX_STEPS:]
    before = {gap.before.event_id: gap for gap in chain.gaps if gap.before is not None}
    entries: list[Entry] = []
    for _, group in groupby(steps, key=lambda step: (step.place_key, step.who, step.org_id)):
        stay = tuple(group)
        entries += [_gap(before[step.event_id], language) for step in stay if step.event_id in before]
        entries.append(_stay(stay, marks.get(stay[0].event_id, ""), language, signatures))
    entries += [_gap(gap, language) for gap in chain.gaps if gap.before is None]
    if chain.scans:
        entries.append(_scans(chain.scans, language))
    return Timeline(tuple(reversed(entries)), len(chain.steps) - len(steps))


def container_name(item_id: str) -> str:
    """A container's item id as people write it: ``SSCC …`` with its last six digits, or the id itself."""
    key, _, value = item_id.partition("/")
    return f"SSCC …{value[-6:]}" if key == "00" else item_id


def _stay(steps: tuple[Step, ...], mark: str, language: Language, signatures: Signatures) -> Entry:
    first = steps[0]
    who = formats.name_of(first.who, language) if first.who is not None else first.org_id
    place = _place(first, language)
    moments = tuple(_moment(step, language) for step in reversed(steps))
    return Entry("stay", place, who, mark, moments, _readers(steps, language, signatures))


def _place(step: Step, language: Language) -> str:
    if step.site is not None:
        return formats.name_of(step.site, language)
    rough = rough_place(step.where)
    return step.read_point or (
        page_text("timeline.nowhere", language) if rough is None else formats.show(rough, language)
    )


def _readers(steps: tuple[Step, ...], language: Language, signatures: Signatures) -> str:
    """Which readers reported a stay, those whose signatures were checked apart from the others."""
    sentences = []
    for slug, signed in (("timeline.signed", True), ("timeline.unsigned", False)):
        names = [step.reader_name for step in steps if (step.event_id in signatures) is signed]
        if names:
            sentences.append(
                page_text(slug, language, {"readers": ", ".join(list(dict.fromkeys(names))[:_MAX_READERS])})
            )
    return ("；" if language == "zh" else "; ").join(sentences)


def _moment(step: Step, language: Language) -> Moment:
    return Moment(
        step_name(step.biz_step, language),
        formats.moment(step.occurred_at, language),
        formats.machine_time(step.occurred_at),
        page_text("timeline.via", language, {"container": container_name(step.via)}) if step.via else "",
    )


def _gap(gap: Gap, language: Language) -> Entry:
    return Entry("transit" if gap.kind == "in_transit" else "gap", say(f"gap.{gap.kind}", language))


def _scans(scans: tuple[ConsumerScan, ...], language: Language) -> Entry:
    """Consumers' scans as one entry: how many, the first and the latest, roughly where."""
    ends = [("timeline.looks_first", scans[0]), ("timeline.looks_last", scans[-1])][: min(2, len(scans))]
    moments = tuple(
        Moment(
            page_text(slug, language),
            formats.moment(scan.occurred_at, language),
            formats.machine_time(scan.occurred_at),
        )
        for slug, scan in reversed(ends)
    )
    places: list[str] = []
    for scan in scans:
        place = rough_place(scan.where)
        if place is not None and formats.show(place, language) not in places:
            places.append(formats.show(place, language))
    where = ("、" if language == "zh" else ", ").join(places[:_MAX_PLACES]) + ("…" if len(places) > _MAX_PLACES else "")
    return Entry("looks", page_text("timeline.looks", language, {"count": len(scans)}), where, moments=moments)
