"""What judging reads: the touched items, locked, with their facts and what was concluded so far; histories; markets."""

from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import blake2s
from typing import LiteralString, NamedTuple

import orjson
from psycopg.rows import TupleRow

from gateway.rules.history import BatchFacts, History, Market, Sighting, Unit, bound_of, in_order, observer_of
from gateway.rules.judgement import Judgement
from gateway.store.carriers import CARRIED
from gateway.store.connection import Connection
from gateway.store.moment import to_datetime, to_microseconds
from schemas.code import Proof
from schemas.event import Action, Audience
from schemas.geodesy import Position

SITE_RADIUS_M = 100.0
"""The 95 % radius of a registered site's position: a loading yard's width."""

# A look-up costs a tenth of what an enumeration's constructor does, once a row.
_PROOFS = {str(each): each for each in Proof}
_ACTIONS = {str(each): each for each in Action}
_AUDIENCES = {str(each): each for each in Audience}


@dataclass(frozen=True, slots=True)
class Site:
    """A read point as rules see it."""

    kind: str
    position: Position


class Dossier(NamedTuple):
    """One locked item: the unit, and the judgement so far; None when there is none that can be gone on with."""

    unit: Unit
    judgement: Judgement | None
    facts: str
    events: int
    scans: int
    contained: bool
    """It was in something at some time: that history is its own as well."""
    disturbed: bool
    """Its history changes by more than its own events: it, or what it is or was in, is packed, or heard of."""


@dataclass(frozen=True, slots=True)
class Touched:
    """What a transaction's events are about: items, those of them that are no units, and what was (un)packed."""

    items: AbstractSet[str]
    containers: AbstractSet[str]
    packed: AbstractSet[str]


def _observed_contents(connection: Connection, containers: Collection[str]) -> set[str]:
    """What is or was in these containers, at any depth, and has a history of its own: theirs belongs to it."""
    if not containers:
        return set()
    rows = connection.execute(
        """
        WITH RECURSIVE content (item_id) AS (
            SELECT item_id FROM suyuan.containment_mark WHERE parent_id = ANY (%s)
            UNION
            SELECT m.item_id FROM content AS c JOIN suyuan.containment_mark AS m ON m.parent_id = c.item_id
        )
        SELECT s.item_id FROM content JOIN suyuan.item_state AS s USING (item_id) WHERE s.events > 0
        """,
        [list(containers)],
    )
    return {item_id for (item_id,) in rows}


def _ancestors(connection: Connection, items: Collection[str]) -> set[str]:
    """All that these items were ever in, at any depth, as far as is known before they are held."""
    found: set[str] = set()
    level: Collection[str] = items
    while level:
        rows = connection.execute(
            "SELECT DISTINCT unnest(parents) FROM suyuan.item_state WHERE item_id = ANY (%b) AND parents <> '{}'",
            [list(level)],
        )
        level = {parent for (parent,) in rows} - found
        found |= level
    return found


def markets(connection: Connection) -> dict[str, Market]:
    """All markets by id."""
    rows = connection.execute("SELECT market_id, latitude, longitude, radius_km FROM suyuan.market ORDER BY market_id")
    return {name: Market(name, Position(latitude, longitude, 0), radius) for name, latitude, longitude, radius in rows}


def sites(connection: Connection, names: Iterable[str]) -> dict[str, Site]:
    """Those of these read points that are registered."""
    rows = connection.execute(
        "SELECT site_id, kind, latitude, longitude FROM suyuan.site WHERE site_id = ANY (%s)", [sorted(set(names))]
    )
    return {name: Site(kind, Position(latitude, longitude, SITE_RADIUS_M)) for name, kind, latitude, longitude in rows}


def open_dossiers(connection: Connection, touched: Touched, known: Mapping[str, Market]) -> list[Dossier]:
    """The touched items, and what was seen of the contents of containers among them, with what their makers registered.

    All are held until the end of the transaction, and with them whatever they were ever in and whatever was packed:
    a container that hears of something new, and an item that is put into one, must see who is being judged beside it.
    Rows are inserted, then locked, each time in the order of item ids, by every worker: so no two can wait for each
    other. What is to be locked is known for certain only of locked rows; where it proves to be more, the locks are
    given back and taken anew, again in order.
    """
    connection.execute(_ENTER)
    contents = _observed_contents(connection, touched.containers)
    wanted = touched.items | touched.packed | contents
    wanted |= _ancestors(connection, wanted)
    while True:
        connection.execute("SAVEPOINT holding")
        rows = connection.execute(_HOLD, [sorted(wanted)], binary=True).fetchall()
        contents = _observed_contents(connection, touched.containers)
        missed = contents.union(*(row[10] for row in rows)) - wanted
        if not missed:
            break
        connection.execute("ROLLBACK TO SAVEPOINT holding")
        wanted |= missed | _ancestors(connection, missed)
    connection.execute("RELEASE SAVEPOINT holding")
    if touched.packed:
        connection.execute(_PACK)
    disturbed = contents | touched.packed
    judged = touched.items | contents
    return _dossiers((row for row in rows if row[0] in judged), disturbed, known)


# Of an item that has a row already nothing is looked up.
_ENTER = """
INSERT INTO suyuan.item_state
    (item_id, owner_org, proof, batch_number, unit_index, first_seen, last_seen, events, scans, parents)
SELECT DISTINCT ON (item_id) item_id, owner_org, proof, batch_number, unit_index, recorded_at, recorded_at, 0, 0,
       ARRAY (SELECT DISTINCT m.parent_id FROM suyuan.containment_mark AS m WHERE m.item_id = entering.item_id)
FROM (
    SELECT item_id, owner_org, proof, batch_number, unit_index, recorded_at FROM pg_temp.stage
    UNION ALL SELECT item_id, owner_org, proof, batch_number, unit_index, recorded_at FROM pg_temp.packed
) AS entering
WHERE NOT EXISTS (SELECT FROM suyuan.item_state AS s WHERE s.item_id = entering.item_id)
ORDER BY item_id
ON CONFLICT DO NOTHING
"""

_HOLD = """
SELECT s.item_id, s.owner_org, s.proof, s.batch_number, s.unit_index, s.events,
       s.folded, s.folded_at, s.folded_id, s.facts, s.parents, s.scans,
       b.quantity, b.expires_on, b.recalled_at, b.revoked_at IS NOT NULL, b.territory,
       (SELECT min(c.commissioned_at) FROM suyuan.commissioning AS c
        WHERE c.org_id = s.owner_org AND c.batch_number = s.batch_number AND c.indexes @> s.unit_index)
FROM suyuan.item_state AS s
LEFT JOIN suyuan.batch AS b ON b.org_id = s.owner_org AND b.batch_number = s.batch_number
WHERE s.item_id = ANY (%b)
ORDER BY s.item_id
FOR UPDATE OF s
"""

_PACK = """
UPDATE suyuan.item_state AS s SET parents = s.parents || packed.more
FROM (
    SELECT p.item_id, array_agg(DISTINCT p.parent_id) AS more
    FROM pg_temp.packed AS p JOIN suyuan.item_state AS held USING (item_id)
    WHERE NOT held.parents @> ARRAY[p.parent_id]
    GROUP BY p.item_id
) AS packed
WHERE s.item_id = packed.item_id
"""


def _dossiers(rows: Iterable[TupleRow], disturbed: Container[str], known: Mapping[str, Market]) -> list[Dossier]:
    shared: dict[tuple[object, ...], tuple[BatchFacts | None, int | None, str]] = {}
    found = []
    for row in rows:
        item, owner, proof, number, index, events, folded, folded_at, folded_id, told, parents, scans = row[:12]
        # The items of a batch share its facts: they are put together once.
        key = (owner, number, row[17], proof)
        if key not in shared:
            shared[key] = _facts(row[12:18], proof, known)
        batch, commissioned_at, facts = shared[key]
        judgement = None
        if folded is not None and told == facts:
            judgement = Judgement(tuple(orjson.loads(folded)), (to_microseconds(folded_at), folded_id))
        unit = Unit(item, owner, _PROOFS[proof], index, number, batch, commissioned_at)
        found.append(Dossier(unit, judgement, facts, events, scans, bool(parents), item in disturbed))
    return found


def _facts(row: TupleRow, proof: str, known: Mapping[str, Market]) -> tuple[BatchFacts | None, int | None, str]:
    quantity, expires_on, recalled_at, revoked, territory, commissioned_at = row
    batch = None
    if quantity is not None:
        batch = BatchFacts(
            quantity=quantity,
            expires_at=None if expires_on is None else to_microseconds(_end_of(expires_on)),
            recalled_at=None if recalled_at is None else to_microseconds(recalled_at),
            revoked=revoked,
            territory=tuple(known[name] for name in territory if name in known),
        )
    since = None if commissioned_at is None else to_microseconds(commissioned_at)
    told = repr((proof, batch, since))
    return batch, since, blake2s(told.encode(), digest_size=12).hexdigest()


def _end_of(day: date) -> datetime:
    return datetime.combine(day, time(tzinfo=UTC)) + timedelta(days=1)


_HISTORIES: LiteralString = (
    CARRIED
    + """
SELECT chain.unit, CASE WHEN depth = 0 THEN NULL ELSE chain.item_id END, e.event_id::text,
       (extract(epoch FROM e.occurred_at) * 1000000)::bigint, e.biz_step,
       e.action, e.disposition, e.audience, e.handset, e.reader_org, e.reader_id, e.read_point, site.kind,
       coalesce(e.latitude, site.latitude), coalesce(e.longitude, site.longitude), e.radius_m, e.clock_bound_s
FROM chain
JOIN suyuan.event AS e
    ON e.item_id = chain.item_id AND e.occurred_at >= chain.since AND e.occurred_at <= chain.until
LEFT JOIN suyuan.site AS site ON site.site_id = e.read_point
"""
)


def histories(connection: Connection, items: Sequence[str]) -> dict[str, History]:
    """Each item's own events and those of the containers that it was in, while it was in them, in event time."""
    if not items:
        return {}
    rows = connection.execute(
        _HISTORIES,
        [list(items)],
        binary=True,
    )
    found: dict[str, list[Sighting]] = {item: [] for item in items}
    places: dict[tuple[float, float, float], Position] = {}
    for row in rows:
        found[row[0]].append(_sighting(row, places))
    return {item: in_order(sightings) for item, sightings in found.items()}


def _sighting(row: TupleRow, places: dict[tuple[float, float, float], Position]) -> Sighting:
    """One row's sighting. ``places`` holds positions that were met: most sightings are at few sites."""
    (_, via, event_id, occurred_at, biz_step, action, disposition, audience, handset, reader_org, reader_id) = row[:11]
    (read_point, site_kind, latitude, longitude, radius_m, clock_bound_s) = row[11:]
    who = _AUDIENCES[audience]
    position = None
    if latitude is not None and longitude is not None:
        place = (latitude, longitude, SITE_RADIUS_M if radius_m is None else radius_m)
        position = places.get(place)
        if position is None:
            position = places[place] = Position(*place)
    return Sighting(
        event_id,
        occurred_at,
        biz_step,
        _ACTIONS[action],
        disposition,
        who,
        observer_of(who, handset, reader_org, reader_id),
        read_point,
        site_kind,
        position,
        bound_of(clock_bound_s),
        via,
    )


class Kept(NamedTuple):
    """What is kept of an item after it was judged. ``first`` and ``last`` bound its own events.

    ``anew``: judged from its beginning, so that times and counts are all there is; else they are what was added.
    """

    item_id: str
    judgement: Judgement
    facts: str
    first: datetime
    last: datetime
    events: int
    scans: int
    anew: bool


_COPY_JUDGED = "COPY pg_temp.judged FROM STDIN (FORMAT BINARY)"
_JUDGED_TYPES = ("text", "timestamptz", "timestamptz", "int4", "int4", "text", "timestamptz", "text", "text", "bool")

# Judged anew, times and counts are all there is; else they are what is to be added. A row without events is new.
_KEEP = """
UPDATE suyuan.item_state AS s SET
    first_seen = CASE WHEN j.anew OR s.events = 0 THEN j.first_seen ELSE least(s.first_seen, j.first_seen) END,
    last_seen = CASE WHEN j.anew OR s.events = 0 THEN j.last_seen ELSE greatest(s.last_seen, j.last_seen) END,
    events = CASE WHEN j.anew THEN 0 ELSE s.events END + j.events,
    scans = CASE WHEN j.anew THEN 0 ELSE s.scans END + j.scans,
    folded = j.folded, folded_at = j.folded_at, folded_id = j.folded_id, facts = j.facts
FROM pg_temp.judged AS j WHERE s.item_id = j.item_id
"""


def keep(connection: Connection, kept: Iterable[Kept]) -> None:
    """Write the judgements back."""
    with connection.cursor() as cursor:
        with cursor.copy(_COPY_JUDGED) as copy:
            copy.set_types(_JUDGED_TYPES)
            for each in kept:
                at, event_id = each.judgement.until or (None, None)
                copy.write_row(
                    (
                        each.item_id,
                        each.first,
                        each.last,
                        each.events,
                        each.scans,
                        orjson.dumps(each.judgement.states).decode(),
                        None if at is None else to_datetime(at),
                        event_id,
                        each.facts,
                        each.anew,
                    )
                )
        cursor.execute(_KEEP)
