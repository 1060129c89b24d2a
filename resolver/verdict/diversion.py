"""Diversion: a unit that was seen outside the area that it was made for, and what a page may say of it. Pure.

Consumers' phones alone accuse no dealer's goods on a page: where they say to have been is a note. The word needs a till
or an inspector who saw the unit there, or that somebody entitled has confirmed the lane's diversion.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from resolver.text import formats
from resolver.text.formats import Name, Value
from resolver.verdict.facts import FindingRow, HistoryRow, UnitFacts
from resolver.verdict.observer import PHONES, Observer, ObserverKind, cited, gathered, observer_of
from resolver.verdict.reason import Reason
from resolver.verdict.suspicion import where
from schemas.geodesy import certain_distance_km
from schemas.rule_thresholds import MIN_TRAVEL_KM
from schemas.subject import LaneSubject, parse_subject

LANE_SHARE = 2 / 3
"""A lane is in alert from three times what travel explains: at least two of three items there were diverted."""
ATTESTED = 0.9
"""How surely a unit of such a lane is diverted that a till or an inspector saw there. A judgement."""


@dataclass(frozen=True, slots=True)
class Diversion:
    """The reasons, or, where it does not accuse, the notes; how surely the unit was diverted."""

    reasons: list[Reason]
    accuses: bool
    confidence: float


def diversion(facts: UnitFacts, rows: Mapping[str, HistoryRow]) -> Diversion | None:
    """What a unit off its territory amounts to, when its dealer's lane there is suspected. ``rows`` by event id."""
    found = [
        each
        for each in facts.findings
        if each.kind == "diverted" and not isinstance(parse_subject(each.subject), LaneSubject)
    ]
    if not found or not (facts.lane_incident or facts.lane_confirmed):
        return None
    last = max(found, key=lambda each: (each.occurred_at, each.finding_id))
    observers = gathered((*cited(last, rows), *map(observer_of, _seen_there(last, rows))))
    attested = any(each.kind.is_attested for each in observers)
    if not attested and not facts.lane_confirmed:
        return Diversion([_off_territory("note.off_territory", facts, last, observers)], False, last.confidence)
    first = _off_territory("reason.off_territory", facts, last, observers)
    lane = Reason("reason.lane_excess", observed_by=(PHONES,))
    if facts.lane_confirmed:
        maker = Name(en="the maker", zh="品牌方") if facts.maker is None else formats.names(facts.maker)
        lane = Reason("reason.lane_confirmed", observed_by=(Observer(ObserverKind.PERSON, maker),))
    return Diversion([first, lane], True, max(ATTESTED if attested else LANE_SHARE, last.confidence))


def _off_territory(slug: str, facts: UnitFacts, found: FindingRow, observers: tuple[Observer, ...]) -> Reason:
    events = tuple(str(event) for event in found.evidence.get("events", ()))
    first, batch = facts.first_scan, facts.batch
    if first is None or first.market is None or batch is None or not batch.territory:
        return Reason(f"{slug}_somewhere", {}, events, observers)
    params: dict[str, Value] = {
        "territory": formats.joined([formats.names(market) for market in batch.territory]),
        "market": formats.names(first.market),
        "on": formats.china_day(first.occurred_at),
    }
    return Reason(slug, params, events, observers)


def _seen_there(found: FindingRow, rows: Mapping[str, HistoryRow]) -> list[HistoryRow]:
    """What tills and inspectors saw of the unit where the phones were. Other readers' goods may only have passed by."""
    events = {str(event) for event in found.evidence.get("events", ())}
    places = [place for event in events & rows.keys() if (place := where(rows[event])) is not None]
    return [
        row
        for row in rows.values()
        if (row.audience == "inspector" or (row.biz_step == "retail_selling" and row.audience != "consumer"))
        and (here := where(row)) is not None
        and any(certain_distance_km(here, place) <= MIN_TRAVEL_KM for place in places)
    ]
