"""Suspicions of copies in words: what accuses, what is only told, and what a person has decided. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from resolver.text import formats
from resolver.text.formats import Name, Value
from resolver.text.places import rough_place
from resolver.verdict.bar import TRAVEL, Weighed
from resolver.verdict.facts import Decision, HistoryRow
from resolver.verdict.observer import Observer, ObserverKind, gathered
from resolver.verdict.reason import Reason
from schemas.assessed import ASSESSED
from schemas.geodesy import Position, certain_distance_km, distance_km, least_travel_hours

CONFIRMED = 0.99
"""How surely a unit is copied that somebody entitled has confirmed to be: people err, rarely. A judgement."""
_SOMEWHERE = Name(en="at a place not recorded", zh="未记录的地点")


def accusations(above: Sequence[Weighed], rows: Mapping[str, HistoryRow]) -> list[Reason]:
    """The reasons of suspicions above the bar: the first, the last, and how many lie between."""
    shown, others = [*above[:1], *above[1:][-1:]], above[1:-1]
    reasons = [_accusation(each, rows) for each in shown]
    if others:
        events = tuple(event for each in others for event in _events(each))
        observers = gathered(observer for each in others for observer in each.observed_by)
        reasons.append(Reason("reason.more_evidence", {"count": len(others)}, events, observers))
    return reasons


def decided(decision: Decision) -> Reason:
    """The reason that somebody entitled has confirmed copies."""
    by = Name(en=decision.org_id, zh=decision.org_id) if decision.by is None else formats.names(decision.by)
    params: dict[str, Value] = {"by": by, "on": formats.china_day(decision.at)}
    return Reason("reason.case_confirmed", params, (), (Observer(ObserverKind.PERSON, by),))


def seen_elsewhere(below: Sequence[Weighed], rows: Mapping[str, HistoryRow]) -> Reason | None:
    """What suspicions below the bar amount to on a page: where else the code was seen, and what to compare."""
    if not below:
        return None
    events = tuple(dict.fromkeys(event for each in below for event in _events(each)))
    observers = gathered(observer for each in below for observer in each.observed_by)
    placed = [row for row in _in_order(rows[event] for event in events if event in rows) if where(row) is not None]
    if len(placed) < 2:
        return Reason("note.seen_elsewhere", {}, events, observers)
    params = _two_places(*_farthest_apart(placed))
    apart = params["first_place"] != params["second_place"]
    return Reason("note.seen_at_both" if apart else "note.seen_elsewhere", params if apart else {}, events, observers)


def where(row: HistoryRow) -> Position | None:
    """Where an event was, as far as it is known."""
    if row.latitude is None or row.longitude is None:
        return None
    return Position(row.latitude, row.longitude, row.radius_m or 0.0)


def _accusation(suspicion: Weighed, rows: Mapping[str, HistoryRow]) -> Reason:
    found, events = suspicion.finding, _events(suspicion)
    seen = _in_order(rows[event] for event in events if event in rows)
    if len(seen) >= 2 and found.rule not in ASSESSED:
        first, second = seen[0], seen[-1]
        times: dict[str, Value] = {"first_at": first.occurred_at, "second_at": second.occurred_at}
        if found.kind == "ended":
            return Reason(*_end(first, second, times), events, suspicion.observed_by)
        here, there = where(first), where(second)
        if found.rule == TRAVEL and here is not None and there is not None:
            params = _two_places(first, second) | {
                "distance_km": formats.about_km(distance_km(here, there)),
                "apart": second.occurred_at - first.occurred_at,
                "needed": timedelta(hours=least_travel_hours(certain_distance_km(here, there))),
            }
            return Reason("reason.impossible_travel", params, events, suspicion.observed_by)
    on = formats.china_day(found.occurred_at)
    return Reason("reason.suspected_copy", {"on": on}, events, suspicion.observed_by)


def _end(first: HistoryRow, second: HistoryRow, times: dict[str, Value]) -> tuple[str, dict[str, Value]]:
    if not first.biz_step == second.biz_step == "retail_selling":
        return "reason.seen_after_end", times
    return "reason.sold_twice", times | {"first_by": _till(first), "second_by": _till(second)}


def _till(row: HistoryRow) -> Name:
    if row.site is not None:
        return formats.names(row.site)
    name = row.read_point or row.reader_org
    return Name(en=name, zh=name)


def _two_places(first: HistoryRow, second: HistoryRow) -> dict[str, Value]:
    return {
        "first_at": first.occurred_at,
        "second_at": second.occurred_at,
        "first_place": rough_place(where(first)) or _SOMEWHERE,
        "second_place": rough_place(where(second)) or _SOMEWHERE,
    }


def _farthest_apart(rows: Sequence[HistoryRow]) -> tuple[HistoryRow, HistoryRow]:
    """The first sighting, and the one farthest from it."""
    first = rows[0]
    return first, max(rows[1:], key=lambda row: _km(first, row))


def _km(one: HistoryRow, other: HistoryRow) -> float:
    here, there = where(one), where(other)
    return 0.0 if here is None or there is None else distance_km(here, there)


def _events(suspicion: Weighed) -> tuple[str, ...]:
    return tuple(map(str, suspicion.finding.evidence.get("events", ())))


def _in_order(rows: Iterable[HistoryRow]) -> list[HistoryRow]:
    return sorted(rows, key=lambda row: (row.occurred_at, row.event_id))
