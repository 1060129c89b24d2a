"""Notes of a verdict: facts about a unit that accuse nobody. Pure."""

from collections.abc import Mapping

from resolver.text import formats
from resolver.text.formats import Value
from resolver.text.places import rough_place
from resolver.verdict.earlier_scans import EarlierScans
from resolver.verdict.facts import HistoryRow, UnitFacts
from resolver.verdict.observer import PHONES, cited
from resolver.verdict.reason import Reason


def seen_early(facts: UnitFacts, rows: Mapping[str, HistoryRow]) -> list[Reason]:
    """That the code was seen before the maker put it into use. ``rows``: the unit's history by event id."""
    early = [each for each in facts.findings if each.kind == "early" and each.level == "alert"]
    if not early:
        return []
    first = min(early, key=lambda each: (each.occurred_at, each.finding_id))
    events = tuple(str(event) for event in first.evidence.get("events", ()))
    on = formats.china_day(first.occurred_at)
    return [Reason("note.seen_early", {"on": on}, events, cited(first, rows))]


def scanned_before(earlier: EarlierScans) -> list[Reason]:
    """Who looked before: nobody, this phone alone, or others."""
    first = earlier.first_other
    if first is None:
        return [Reason("note.only_you", {"count": earlier.own}) if earlier.own else Reason("note.first_look")]
    params: dict[str, Value] = {"count": earlier.others, "first_at": first.occurred_at}
    place = rough_place(first.where)
    slug = "note.looked_at" if place is None else "note.looked_at_near"
    if place is not None:
        params |= {"place": place}
    notes = [Reason(slug, params, (str(first.event_id),), (PHONES,))]
    return [*notes, Reason("note.your_scans", {"count": earlier.own})] if earlier.own else notes
