"""Judging, inside the transaction that stored the events.

Rules are folds over an item's history in event time. Where all news (the item's own events, and those of containers
that it is or was in) comes after what was folded before, judging goes on from there; where it doesn't (a late event,
other facts), the whole history is folded anew. Both ways give the same findings, so that nothing depends on the order
of arrival.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from struct import Struct

from gateway.rules import unit_folds
from gateway.rules.fold import FirstScan, Fold
from gateway.rules.history import History, Sighting, bound_of, in_order, observer_of
from gateway.rules.judgement import Judgement, Positioned, begin, concerned, proceed
from gateway.rules.territory import lane_excess
from gateway.store import assessment_due, findings, item_state, lanes
from gateway.store.connection import Connection
from gateway.store.events import Row
from gateway.store.findings import Owned
from gateway.store.histories import histories
from gateway.store.item_state import Dossier, Kept, Touched
from schemas.event import Audience
from schemas.finding import lane_subject
from schemas.geodesy import Position

RuleFailed = Callable[[str], None]
"""Called with a rule's name when it raised: the event is stored all the same, and the failure counted."""

_RADIUS = Struct("f")

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Judged:
    """What to keep of items, what was found about them, and where units were scanned first (None: nowhere yet)."""

    kept: list[Kept] = field(default_factory=list)
    found: list[Owned] = field(default_factory=list)
    scans: dict[str, tuple[str, FirstScan | None]] = field(default_factory=dict)


def judge(connection: Connection, rows: Sequence[Row], *, all_new: bool, rule_failed: RuleFailed) -> None:
    """Judge every item of ``rows`` (just stored), and what is inside the containers among them.

    ``all_new``: none of the rows was there before; only then is it known what each item gained.
    """
    known = item_state.markets(connection)
    folds = unit_folds(tuple(known.values()))
    gained = _sightings(connection, rows) if all_new else {}
    going_on: list[Dossier] = []
    starting: list[Dossier] = []
    unread: dict[str, int | None] = {}
    opened = item_state.open_dossiers(connection, _touched(rows), known)
    for each in opened.dossiers:
        name = each.unit.item_id
        goes_on = all_new and _goes_on(each, gained.get(name, ()))
        (going_on if goes_on else starting).append(each)
        if not goes_on:
            unread[name] = None
        elif each.disturbed is not None:
            unread[name] = _folded_until(each)
    names = [each.unit.item_id for each in starting]
    read = histories(connection, unread, opened.since, opened.until)
    more = _fold(folds, going_on, gained | read, rule_failed, anew=False)
    anew = _fold(folds, starting, read, rule_failed, anew=True)
    findings.add(connection, more.found)
    findings.conclude(connection, names, anew.found)
    item_state.keep(connection, more.kept + anew.kept)
    looked_at = {each.unit.item_id for each in going_on + starting if each.scans}
    looked_at.update(kept.item_id for kept in more.kept + anew.kept if kept.scans)
    assessment_due.note(connection, looked_at)
    for (owner_org, dealer_id), changes in sorted(lanes.note_first_scans(connection, more.scans | anew.scans).items()):
        scans, counts = lanes.change_lanes(connection, owner_org, dealer_id, changes)
        subjects = [lane_subject(owner_org, dealer_id, market) for market in sorted(known)]
        excess = [(owner_org, finding) for finding in lane_excess(owner_org, dealer_id, scans, counts)]
        findings.conclude(connection, subjects, excess)


def _touched(rows: Sequence[Row]) -> Touched:
    news: dict[str, int] = {}
    packed: dict[str, set[str]] = {}
    latest = 0
    for row in rows:
        item, at = row.checked.item_id, row.event.occurred_at
        latest = max(at, latest)
        news[item] = min(at, news.get(item, at))
        for child in row.children:
            packed.setdefault(child.item_id, set()).add(item)
            news[child.item_id] = min(at, news.get(child.item_id, at))
    items = {row.checked.item_id for row in rows}
    packing = {item for containers in packed.values() for item in containers}
    return Touched(news, items, packing, packed, latest)


def _sightings(connection: Connection, rows: Sequence[Row]) -> dict[str, History]:
    """What each item gained, from the rows at hand."""
    sites = item_state.sites(connection, (row.event.read_point for row in rows if row.event.read_point is not None))
    gained: dict[str, list[Sighting]] = {}
    places: dict[tuple[float, float, float], Position] = {}
    position: Position | None
    for row in rows:
        event = row.event
        site = sites.get(event.read_point) if event.read_point is not None else None
        if event.position is not None:
            place = event.position.latitude, event.position.longitude, event.position.radius_m
            position = places.get(place) or places.setdefault(place, _as_stored(event.position))
        else:
            position = None if site is None else site.position
        sighting = Sighting(
            event_id=str(row.event_id),
            occurred_at=event.occurred_at,
            biz_step=event.biz_step,
            action=event.action,
            disposition=event.disposition,
            audience=event.audience,
            observer=observer_of(event.audience, event.handset, row.reader_org, row.reader_id),
            read_point=event.read_point,
            site_kind=None if site is None else site.kind,
            position=position,
            bound=bound_of(row.clock_bound_s),
        )
        gained.setdefault(row.checked.item_id, []).append(sighting)
    return {item: in_order(sightings) for item, sightings in gained.items()}


def _as_stored(position: Position) -> Position:
    """The position as it will be read again: the store keeps four bytes of a radius."""
    return Position(position.latitude, position.longitude, *_RADIUS.unpack(_RADIUS.pack(position.radius_m)))


def _goes_on(each: Dossier, gained: History) -> bool:
    """Whether all news comes behind what was folded, so that none of that has to be read again."""
    if each.disturbed is not None:
        until = _folded_until(each)
        return until is not None and each.disturbed > until
    if not gained:
        return False
    if each.judgement is None:
        return each.events == 0 and not each.contained
    return each.judgement.until is None or gained[0].place_in_order > each.judgement.until


def _folded_until(each: Dossier) -> int | None:
    """The time of the last sighting that was folded, in microseconds."""
    return None if each.judgement is None or each.judgement.until is None else each.judgement.until[0]


def _fold(
    folds: Sequence[Fold],
    dossiers: Sequence[Dossier],
    read: Mapping[str, History],
    rule_failed: RuleFailed,
    *,
    anew: bool,
) -> _Judged:
    def failed(rule: str, error: Exception) -> None:
        _log.error("rule %s failed", rule, exc_info=error)
        rule_failed(rule)

    judged = _Judged()
    start = begin(folds)
    by_facts: dict[str, tuple[Positioned, ...]] = {}
    for each in dossiers:
        unit, sightings = each.unit, read[each.unit.item_id]
        if not sightings:  # what was heard of a container happened when this item was not in it
            continue
        before: Judgement = start if anew or each.judgement is None else each.judgement
        if each.facts not in by_facts:
            by_facts[each.facts] = concerned(folds, unit)
        after, conclusions = proceed(by_facts[each.facts], unit, before, sightings, failed)
        if anew:
            judged.scans[unit.item_id] = (unit.owner_org, None)
        for conclusion in conclusions:
            if isinstance(conclusion, FirstScan):
                judged.scans[unit.item_id] = (unit.owner_org, conclusion)
            else:
                judged.found.append((unit.owner_org, conclusion))
        own = [sighting for sighting in sightings if sighting.via is None]
        judged.kept.append(
            Kept(
                item_id=unit.item_id,
                judgement=after,
                facts=each.facts,
                first=own[0].occurred_at if own else None,
                last=own[-1].occurred_at if own else None,
                events=len(own),
                scans=sum(sighting.audience is Audience.CONSUMER for sighting in own),
                anew=anew,
            )
        )
    return judged
