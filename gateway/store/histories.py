"""Histories: an item's own events, and those of the containers that it was in, while it was in them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from struct import Struct
from typing import LiteralString, NamedTuple

from gateway.authority.carrying import FamilyRecord, Histories
from gateway.authority.custody import Goods
from gateway.authority.walk import PackingMark
from gateway.rules.containment import carried
from gateway.rules.history import History, Sighting, bound_of, in_order, observer_of
from gateway.store.connection import Connection
from gateway.store.containers import direct_stays, packing_marks
from gateway.store.event_row import EventRow
from gateway.store.sites import Site, sites
from schemas.event import NETWORK_SOURCES, Action, Audience
from schemas.geodesy import SITE_RADIUS_M, Position
from schemas.moment import to_datetime

# A look-up costs a tenth of what an enumeration's constructor does, once a row.
_ACTIONS = {str(action): action for action in Action}
_AUDIENCES = {str(audience): audience for audience in Audience}

_FLOAT4 = Struct("f")

# One question about many items, not one that joins what contains what: the bounds leave out whole partitions, and there
# is an index for the rest whatever the planner believes.
_EVENTS: LiteralString = """
SELECT item_id, event_id::text, (extract(epoch FROM occurred_at) * 1000000)::bigint, biz_step, action, disposition,
       audience, handset, reader_org, reader_id, read_point, latitude, longitude, radius_m, clock_bound_s, source,
       destination, network, (extract(epoch FROM recorded_at) * 1000000)::bigint
FROM suyuan.event WHERE item_id = ANY (%b) AND occurred_at >= %s AND occurred_at <= %s
"""


class _StoredRow(NamedTuple):
    """A row of ``_EVENTS``, in the order of its columns; ``occurred_at`` in microseconds."""

    item_id: str
    event_id: str
    occurred_at: int
    biz_step: str
    action: str
    disposition: str | None
    audience: str
    handset: str | None
    reader_org: str
    reader_id: str
    read_point: str | None
    latitude: float | None
    longitude: float | None
    radius_m: float | None
    clock_bound_s: int
    source: str | None
    destination: str | None
    network: str | None
    recorded_at: int


def gained_histories(connection: Connection, rows: Sequence[EventRow], now: int) -> dict[str, History]:
    """What each item gained by ``rows``, all of them stored just ``now``: as :func:`histories` would read it back."""
    registered = sites(connection, _places((row.event.read_point, row.event.destination) for row in rows))
    gained: dict[str, list[Sighting]] = {}
    positions: dict[tuple[float, float, float], Position] = {}
    position: Position | None
    for row in rows:
        event = row.event
        site = None if event.read_point is None else registered.get(event.read_point)
        if site is not None and not site.is_of(row.reader_org, now):
            site = None
        if event.position is not None:
            place = event.position.latitude, event.position.longitude, event.position.radius_m
            position = positions.get(place) or positions.setdefault(place, _as_stored(event.position))
        else:
            position = None if site is None else site.position
        sighting = Sighting(
            str(row.event_id),
            event.occurred_at,
            event.biz_step,
            event.action,
            event.disposition,
            event.audience,
            observer_of(event.audience, event.handset, row.reader_org, row.reader_id),
            event.read_point,
            None if site is None else site.kind,
            position,
            bound_of(row.clock_bound_s),
            None,
            event.source in NETWORK_SOURCES,
            row.reader_org,
            row.reader_id,
            None if site is None else site.org_id,
            _addressed(event.destination, registered, now),
            None,
            row.network,
            now,
        )
        gained.setdefault(row.checked.item_id, []).append(sighting)
    return {item: in_order(sightings) for item, sightings in gained.items()}


def _as_stored(position: Position) -> Position:
    """The position as it will be read back: the column of the radius is a float4."""
    return Position(position.latitude, position.longitude, *_FLOAT4.unpack(_FLOAT4.pack(position.radius_m)))


def _places(of_events: Iterable[tuple[str | None, str | None]]) -> set[str]:
    """Sites that events may name, by read point and destination."""
    return {place for places in of_events for place in places if place is not None}


def _addressed(destination: str | None, registered: Mapping[str, Site], recorded_at: int) -> str | None:
    """The organisation that a shipment is addressed to: by one of its sites, or by its own id.

    By the sites that were registered when it was recorded, whenever it is read: or else whoever registers a site under
    an id that was named before would be the addressee of what was sent then.
    """
    if destination is None:
        return None
    site = registered.get(destination)
    return destination if site is None or recorded_at < site.since else site.org_id


def family_histories(
    connection: Connection, items: Collection[str], goods: Mapping[str, Goods], since: int, until: int
) -> dict[str, History]:
    """Each item's whole history where others than its owner speak of it, or of what it was in: claims are marked.

    ``goods``: of the items and of all that they were ever in. Otherwise as :func:`histories`.
    """
    if not items:
        return {}
    marks = packing_marks(connection, items)
    rows = _read(connection, {*items, *_containers(marks)}, since, until)
    sightings = _Sightings(connection, rows)
    own: dict[str, list[Sighting]] = {}
    for row in rows:
        own.setdefault(row.item_id, []).append(sightings.of(row, None))
    whole = Histories(FamilyRecord(own, marks, goods))
    return {item: whole.of(item) for item in items}


def _containers(marks: Mapping[str, Sequence[PackingMark]]) -> set[str]:
    return {mark.container for of_item in marks.values() for mark in of_item}


def _read(connection: Connection, items: Collection[str], since: int, until: int) -> list[_StoredRow]:
    # fetchall(): iterating a cursor costs twice as much a row.
    selected = connection.execute(_EVENTS, [list(items), to_datetime(since), to_datetime(until)], binary=True)
    return list(map(_StoredRow._make, selected.fetchall()))


def histories(connection: Connection, after: Mapping[str, int | None], since: int, until: int) -> dict[str, History]:
    """Each item's own events and those of the containers that it was in, while it was in them, in event time.

    ``after``: the items, and the time up to which each one's history is not wanted (None: all of it is). No event of
    theirs, or of what they were in, lies outside ``since`` and ``until``. All are microseconds.
    """
    if not after:
        return {}
    direct = direct_stays(connection, after)
    containers = {stay.container for stays in direct.values() for stay in stays}
    if None not in after.values():
        since = max(since, min(at for at in after.values() if at is not None) + 1)
    rows = _read(connection, after.keys() | containers, since, until)
    sightings = _Sightings(connection, rows)
    own: dict[str, list[Sighting]] = {item: [] for item in after}
    of_container: dict[str, list[Sighting]] = {item: [] for item in containers}
    for row in rows:
        item = row.item_id
        if item in own:
            own[item].append(sightings.of(row, None))
        if item in of_container:
            of_container[item].append(sightings.of(row, item))
    whole = {}
    for item, evaluated_until in after.items():
        start = evaluated_until or 0
        history = [sighting for sighting in own[item] if sighting.occurred_at > start]
        for container, first, last in carried(item, direct, start):
            history += [sighting for sighting in of_container[container] if first <= sighting.occurred_at <= last]
        whole[item] = in_order(history)
    return whole


class _Sightings:
    """Rows to sightings. Most sightings are at few places: each position is made once."""

    def __init__(self, connection: Connection, rows: Sequence[_StoredRow]) -> None:
        self._sites = sites(connection, _places((row.read_point, row.destination) for row in rows))
        self._positions: dict[tuple[float, float, float], Position] = {}

    def of(self, row: _StoredRow, via: str | None) -> Sighting:
        audience = _AUDIENCES[row.audience]
        site = None if row.read_point is None else self._sites.get(row.read_point)
        if site is not None and not site.is_of(row.reader_org, row.recorded_at):
            site = None
        return Sighting(
            row.event_id,
            row.occurred_at,
            row.biz_step,
            _ACTIONS[row.action],
            row.disposition,
            audience,
            observer_of(audience, row.handset, row.reader_org, row.reader_id),
            row.read_point,
            None if site is None else site.kind,
            self._position(site, row),
            bound_of(row.clock_bound_s),
            via,
            row.source in NETWORK_SOURCES,
            row.reader_org,
            row.reader_id,
            None if site is None else site.org_id,
            _addressed(row.destination, self._sites, row.recorded_at),
            None,
            row.network,
            row.recorded_at,
        )

    def _position(self, site: Site | None, row: _StoredRow) -> Position | None:
        if row.latitude is None or row.longitude is None:
            return None if site is None else site.position
        place = (row.latitude, row.longitude, SITE_RADIUS_M if row.radius_m is None else row.radius_m)
        position = self._positions.get(place)
        if position is None:
            position = self._positions[place] = Position(*place)
        return position
