"""Histories: the events of a unit, a batch, a read point, an operator, an area; paged by key."""

from typing import Any, LiteralString

from resolver.store.session import Cursor
from resolver.trace.question import Key, Question
from schemas.geodesy import SITE_RADIUS_M

MAX_NESTED = 8
"""How deep containers are followed: unit, pack, case, pallet and load are five."""

_COLUMNS: LiteralString = """
    e.event_id, e.item_id, e.occurred_at, e.recorded_at, e.offset_minutes, e.biz_step, e.action, e.disposition,
    e.read_point, e.source, e.audience, e.reader_org, e.reader_id, e.owner_org, e.proof, e.clock_bound_s, e.children,
    e.destination,
    coalesce(e.latitude, site.latitude) AS latitude, coalesce(e.longitude, site.longitude) AS longitude,
    CASE WHEN e.latitude IS NULL AND site.site_id IS NOT NULL THEN %(site_radius_m)s::real ELSE e.radius_m END
        AS radius_m,
    site.site_id, site.name AS site_name, site.name_zh AS site_name_zh, site.kind AS site_kind,
    site.latitude AS site_latitude, site.longitude AS site_longitude,
    organisation.org_id AS site_org, organisation.name AS site_org_name, organisation.name_zh AS site_org_name_zh
"""
_PLACES: LiteralString = """
    LEFT JOIN suyuan.site ON site.site_id = e.read_point
    LEFT JOIN suyuan.organisation ON organisation.org_id = site.org_id
"""

# A unit and whatever it was in, each for as long as it was in it. `child` is who was in the container, `path` the item
# and all between. Events are read by their item's key (suyuan.events_of), whatever the planner believes of how many
# there are; and so are claims, which a subquery with a limit asks for one by one. A packing that is a claim was none.
_UNIT: LiteralString = """
WITH RECURSIVE carrier (item_id, since, until, child, depth, path) AS (
    SELECT %(item)s::text COLLATE "C", '-infinity'::timestamptz, 'infinity'::timestamptz, NULL::text COLLATE "C", 0,
           ARRAY[%(item)s::text COLLATE "C"]
    UNION ALL
    SELECT stay.parent_id, greatest(stay.since, carrier.since), least(stay.until, carrier.until), carrier.item_id,
           carrier.depth + 1, carrier.path || stay.parent_id
    FROM carrier CROSS JOIN LATERAL (
        SELECT mark.parent_id, mark.packed, mark.occurred_at AS since,
               coalesce(lead(mark.occurred_at) OVER (ORDER BY mark.occurred_at, mark.event_id), 'infinity') AS until
        FROM suyuan.containment_mark AS mark
        WHERE mark.item_id = carrier.item_id AND NOT coalesce((
            SELECT true FROM suyuan.claim
            WHERE claim.item_id = mark.item_id AND claim.occurred_at = mark.occurred_at
              AND claim.event_id = mark.event_id LIMIT 1), false)
    ) AS stay
    WHERE stay.packed AND stay.since < carrier.until AND stay.until > carrier.since AND carrier.depth < %(nested)s
)
SELECT """
_VIA: LiteralString = ", CASE WHEN carrier.depth > 0 THEN carrier.item_id END AS via"
# Anybody may scan a unit without end: of one with more events than are wanted (`most`; NULL: all), none is read that
# is later than the last one wanted. Whoever sees the item's own row sees all of its events.
_UNIT_FROM: LiteralString = """
FROM carrier CROSS JOIN LATERAL suyuan.events_of(
    carrier.item_id, greatest(carrier.since, %(since)s, %(at)s),
    least(carrier.until, %(as_of)s::timestamptz + interval '1 year', (
        SELECT suyuan.nth_event_at(
            state.item_id, greatest('-infinity', %(since)s - interval '1 microsecond', %(at)s), %(as_of)s, %(most)s)
        FROM suyuan.item_state AS state
        WHERE carrier.depth = 0 AND state.item_id = carrier.item_id AND state.events > %(most)s))) AS e
"""
# Claims fill nobody's page: they are read besides, and left out.
_LEAN_FROM: LiteralString = """
FROM carrier CROSS JOIN LATERAL suyuan.events_of(
    carrier.item_id, carrier.since, least(carrier.until, %(as_of)s::timestamptz + interval '1 year', (
        SELECT suyuan.nth_event_at(state.item_id, '-infinity', %(as_of)s::timestamptz, wanted.events)
        FROM suyuan.item_state AS state CROSS JOIN LATERAL (
            SELECT %(limit)s + count(*) AS events FROM suyuan.claim WHERE claim.item_id = state.item_id) AS wanted
        WHERE carrier.depth = 0 AND state.item_id = carrier.item_id AND state.events > wanted.events))) AS e
"""
# Nothing that was recorded by `as_of` happens a year later: partitions of years to come are not even opened.
# What is packed into or out of the container beside the unit is not the unit's history; its own packing and unpacking
# are, and the unpacking happens at the very end of the interval.
_UNIT_WHERE: LiteralString = """ AND (
    carrier.depth = 0
    OR CASE WHEN coalesce(cardinality(e.children), 0) = 0 THEN e.occurred_at < carrier.until
       ELSE EXISTS (SELECT FROM suyuan.containment_mark AS mark
                    WHERE mark.item_id = carrier.child AND mark.occurred_at = e.occurred_at
                      AND mark.event_id = e.event_id) END
)"""

_CLAIMED: LiteralString = """coalesce((
    SELECT true FROM suyuan.claim
    WHERE claim.item_id = ANY (carrier.path) AND claim.occurred_at = e.occurred_at AND claim.event_id = e.event_id
    LIMIT 1), false)"""
_STANDING: LiteralString = ", CASE WHEN " + _CLAIMED + " THEN 'claim' ELSE 'fact' END AS standing"
_OWN_STANDING: LiteralString = ", CASE WHEN claim.item_id IS NULL THEN 'fact' ELSE 'claim' END AS standing"
_OWN_CLAIM: LiteralString = """
    LEFT JOIN suyuan.claim ON claim.item_id = e.item_id AND claim.occurred_at = e.occurred_at
        AND claim.event_id = e.event_id
"""

_EVENTS: LiteralString = ", NULL AS via FROM suyuan.visible_event AS e "
_BATCH: LiteralString = """, NULL AS via
FROM (SELECT item.item_id FROM suyuan.batch
      JOIN suyuan.item_state AS item ON item.owner_org = batch.org_id AND item.batch_number = batch.batch_number
      WHERE batch.gtin = %(gtin)s AND batch.lot = %(lot)s) AS item
CROSS JOIN LATERAL suyuan.events_of(item.item_id, '-infinity', 'infinity') AS e
"""
_DISTANCE: LiteralString = """ AND 2 * 6371.0088 * asin(sqrt(least(1.0,
    power(sin(radians(coalesce(e.latitude, site.latitude) - %(latitude)s) / 2), 2)
    + cos(radians(%(latitude)s)) * cos(radians(coalesce(e.latitude, site.latitude)))
    * power(sin(radians(coalesce(e.longitude, site.longitude) - %(longitude)s) / 2), 2)))) <= %(radius_km)s"""
_PAGE: LiteralString = " AND e.recorded_at <= %(as_of)s"
_AFTER: LiteralString = " AND (e.occurred_at, e.item_id, e.event_id) > (%(at)s, %(after_item)s, %(after_event)s)"
_ORDER: LiteralString = " ORDER BY e.occurred_at, e.item_id, e.event_id"
_LIMIT: LiteralString = " LIMIT %(limit)s"
_LEAN: LiteralString = """json_build_array(
    e.event_id, e.item_id, e.occurred_at, e.recorded_at, e.offset_minutes, e.biz_step, e.action, e.disposition,
    e.read_point, e.latitude, e.longitude, e.radius_m, e.source, e.audience, e.reader_org, e.reader_id, e.owner_org,
    e.proof, e.clock_bound_s, CASE WHEN carrier.depth > 0 THEN carrier.item_id END, e.children, e.handset) AS part"""
UNIT_HISTORY: LiteralString = (
    _UNIT + _LEAN + _LEAN_FROM + " WHERE NOT " + _CLAIMED + _UNIT_WHERE + _PAGE + _ORDER + _LIMIT
)
"""All that happened to one unit, oldest first, a JSON array a row, places by their ids alone: what a verdict needs, and
cheap. Claims are left out. Parameters: item, nested, as_of, limit."""


def ask(cursor: Cursor, question: Question, key: Key, limit: int | None) -> Cursor:
    """Execute the question on ``cursor``: rows in order of event time, item and event id, after ``key``."""
    parameters: dict[str, Any] = {name: getattr(question, name) for name in Question.__slots__}
    parameters |= {"nested": MAX_NESTED, "site_radius_m": SITE_RADIUS_M, "as_of": key.as_of, "limit": limit}
    parameters |= {"at": key.occurred_at, "after_item": key.item_id, "after_event": key.event_id}
    # What leaves out some of the unit's events leaves the limit to the end; since and until are bounds of its key.
    narrowed = question.site is not None or question.org is not None or question.radius_km is not None
    parameters["most"] = None if narrowed else limit
    return cursor.execute(_statement(question, key), parameters)


def _statement(question: Question, key: Key) -> LiteralString:
    if question.item is not None:
        statement = _UNIT + _COLUMNS + _VIA + _STANDING + _UNIT_FROM + _PLACES + " WHERE true" + _UNIT_WHERE
    elif question.gtin is not None:
        statement = "SELECT " + _COLUMNS + _OWN_STANDING + _BATCH + _OWN_CLAIM + _PLACES + " WHERE true"
    else:
        statement = "SELECT " + _COLUMNS + _OWN_STANDING + _EVENTS + _OWN_CLAIM + _PLACES + " WHERE true"
    if question.site is not None:
        statement += " AND e.read_point = %(site)s"
    if question.org is not None:
        statement += " AND e.reader_org = %(org)s"
    if question.since is not None:
        statement += " AND e.occurred_at >= %(since)s"
    if question.until is not None:
        statement += " AND e.occurred_at < %(until)s"
    if question.radius_km is not None:
        statement += _DISTANCE
    statement += _PAGE
    if key.occurred_at is not None:
        statement += _AFTER
    return statement + _ORDER + _LIMIT
