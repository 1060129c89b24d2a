"""Reading histories: an item's own events, and those of the containers that it was in, while it was in them."""

from collections.abc import Mapping
from typing import LiteralString

from psycopg.rows import TupleRow

from gateway.rules.containment import carried
from gateway.rules.history import History, Sighting, bound_of, in_order, observer_of
from gateway.store.connection import Connection
from gateway.store.containers import direct_stays
from gateway.store.item_state import SITE_RADIUS_M, Site, sites
from schemas.event import Action, Audience
from schemas.geodesy import Position
from schemas.moment import to_datetime

# A look-up costs a tenth of what an enumeration's constructor does, once a row.
_ACTIONS = {str(each): each for each in Action}
_AUDIENCES = {str(each): each for each in Audience}

# One question about many items, not one that joins what contains what: the bounds leave out whole partitions, and there
# is an index for the rest whatever the planner believes.
_EVENTS: LiteralString = """
SELECT item_id, event_id::text, (extract(epoch FROM occurred_at) * 1000000)::bigint, biz_step, action, disposition,
       audience, handset, reader_org, reader_id, read_point, latitude, longitude, radius_m, clock_bound_s
FROM suyuan.event WHERE item_id = ANY (%b) AND occurred_at >= %s AND occurred_at <= %s
"""


def histories(connection: Connection, after: Mapping[str, int | None], since: int, until: int) -> dict[str, History]:
    """Each item's own events and those of the containers that it was in, while it was in them, in event time.

    ``after``: the items, and the moment up to which each one's history is not wanted (None: all of it is). No event of
    theirs, or of what they were in, lies outside ``since`` and ``until``. All are microseconds.
    """
    if not after:
        return {}
    direct = direct_stays(connection, after)
    carriers = {stay.container for each in direct.values() for stay in each}
    if None not in after.values():
        since = max(since, min(at for at in after.values() if at is not None) + 1)
    rows = connection.execute(
        _EVENTS, [list(after.keys() | carriers), to_datetime(since), to_datetime(until)], binary=True
    ).fetchall()
    places = _Places(sites(connection, {row[10] for row in rows if row[10] is not None}))
    own: dict[str, list[Sighting]] = {item: [] for item in after}
    theirs: dict[str, list[Sighting]] = {item: [] for item in carriers}
    for row in rows:
        item = row[0]
        if item in own:
            own[item].append(places.sighting(row, None))
        if item in theirs:
            theirs[item].append(places.sighting(row, item))
    found = {}
    for item, place in after.items():
        known = place or 0
        sightings = [each for each in own[item] if each.occurred_at > known]
        for container, start, end in carried(item, direct, known):
            sightings += [each for each in theirs[container] if start <= each.occurred_at <= end]
        found[item] = in_order(sightings)
    return found


class _Places:
    """Rows to sightings. Most sightings are at few places: each position is made once."""

    def __init__(self, known: Mapping[str, Site]) -> None:
        self._sites = known
        self._positions: dict[tuple[float, float, float], Position] = {}

    def sighting(self, row: TupleRow, via: str | None) -> Sighting:
        (_, event_id, at, biz_step, action, disposition, audience, handset, reader_org, reader_id) = row[:10]
        (read_point, latitude, longitude, radius_m, clock_bound_s) = row[10:]
        who = _AUDIENCES[audience]
        site = None if read_point is None else self._sites.get(read_point)
        return Sighting(
            event_id,
            at,
            biz_step,
            _ACTIONS[action],
            disposition,
            who,
            observer_of(who, handset, reader_org, reader_id),
            read_point,
            None if site is None else site.kind,
            self._position(site, latitude, longitude, radius_m),
            bound_of(clock_bound_s),
            via,
        )

    def _position(
        self, site: Site | None, latitude: float | None, longitude: float | None, radius_m: float | None
    ) -> Position | None:
        if latitude is None or longitude is None:
            return None if site is None else site.position
        place = (latitude, longitude, SITE_RADIUS_M if radius_m is None else radius_m)
        found = self._positions.get(place)
        if found is None:
            found = self._positions[place] = Position(*place)
        return found
