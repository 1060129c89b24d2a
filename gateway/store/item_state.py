"""What judging reads: the touched items, locked, with their facts and what was concluded so far; histories; markets."""

from collections.abc import Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import blake2s
from typing import NamedTuple

import orjson
from psycopg.rows import TupleRow

from gateway.rules.history import BatchFacts, Market, Unit
from gateway.rules.judgement import Judgement
from gateway.store.connection import Connection
from gateway.store.containers import observed_contents
from schemas.code import Proof
from schemas.geodesy import Position
from schemas.moment import to_datetime, to_microseconds

SITE_RADIUS_M = 100.0
"""The 95 % radius of a registered site's position: a loading yard's width."""

_PROOFS = {str(each): each for each in Proof}


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
    disturbed: int | None
    """When its history begins to change by more than its own events (it, or what it is or was in, is packed, or heard
    of), in microseconds; None when it does not."""


@dataclass(frozen=True, slots=True)
class Touched:
    """What a transaction's events are about.

    ``news``: each item that was seen, packed or unpacked, and when first (microseconds). ``items``: those that were
    seen; ``packing``: those of them that something was put into or taken out of; ``packed``: what was, with its
    containers. ``latest``: the time of the last event.
    """

    news: Mapping[str, int]
    items: AbstractSet[str]
    packing: AbstractSet[str]
    packed: Mapping[str, AbstractSet[str]]
    latest: int

    def disturbed_since(self, item: str, parents: Mapping[str, Collection[str]]) -> int:
        """The earliest news of an item and of all that it is or was in: before that, its history is what it was.

        What is in a container at a moment follows from the marks up to that moment alone. ``parents``: what each item
        was ever in, before this transaction. 0 where that leads to no news: nothing of the history is then certain.
        """
        family, level = {item}, {item}
        while level:
            level = {each for name in level for each in (*parents.get(name, ()), *self.packed.get(name, ()))} - family
            family |= level
        return min((self.news[each] for each in family if each in self.news), default=0)


def _relatives(connection: Connection, items: Collection[str]) -> tuple[set[str], set[str]]:
    """All that these items were ever in, at any depth, and those of the items that hold or held something.

    As far as is known before they are held.
    """
    found: set[str] = set()
    holding: set[str] = set()
    level: Collection[str] = items
    while level:
        rows = connection.execute(_RELATIVES, [list(level)], binary=True).fetchall()
        if level is items:
            holding = {item for item, _, holds in rows if holds}
        level = {parent for _, parents, _ in rows for parent in parents} - found
        found |= level
    return found, holding


_RELATIVES = """
SELECT item_id, parents, holds FROM suyuan.item_state WHERE item_id = ANY (%b) AND (parents <> '{}' OR holds)
"""


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


@dataclass(frozen=True, slots=True)
class Held:
    """The items to judge, and the times between which all events of what is held lie (microseconds)."""

    dossiers: list[Dossier]
    since: int
    until: int


def open_dossiers(connection: Connection, touched: Touched, known: Mapping[str, Market]) -> Held:
    """The touched items, and what was seen of the contents of containers among them, with what their makers registered.

    All are held until the end of the transaction, and with them whatever they were ever in and whatever was packed:
    a container that hears of something new, and an item that is put into one, must see who is being judged beside it.
    Rows are inserted, then locked, each time in the order of item ids, by every worker: so no two can wait for each
    other. What is to be locked is known for certain only of locked rows; where it proves to be more, the locks are
    given back and taken anew, again in order.
    """
    connection.execute(_ENTER)
    named = touched.items | touched.packed.keys()
    ancestors, holding = _relatives(connection, named)
    contents = observed_contents(connection, (touched.items & holding) | touched.packing)
    wanted = named | ancestors | contents
    if contents:
        wanted |= _relatives(connection, contents)[0]
    while True:
        connection.execute("SAVEPOINT holding")
        rows = connection.execute(_HOLD, [sorted(wanted)], binary=True).fetchall()
        holding = {row[0] for row in rows if row[11] and row[0] in touched.items}
        contents = observed_contents(connection, holding | touched.packing)
        missed = contents.union(*(row[10] for row in rows)) - wanted
        if not missed:
            break
        connection.execute("ROLLBACK TO SAVEPOINT holding")
        wanted |= missed | _relatives(connection, missed)[0]
    connection.execute("RELEASE SAVEPOINT holding")
    if touched.packed:
        connection.execute(_PACK)
        connection.execute(_HOLDS, [sorted(touched.packing)])
    parents = {row[0]: row[10] for row in rows}
    disturbed = {item: touched.disturbed_since(item, parents) for item in contents | touched.packed.keys()}
    judged = touched.items | contents
    since, until = min(touched.news.values()), touched.latest
    if seen := [(row[13], row[14]) for row in rows if row[5]]:
        since = min(since, to_microseconds(min(first for first, _ in seen)))
        until = max(until, to_microseconds(max(last for _, last in seen)))
    return Held(_dossiers((row for row in rows if row[0] in judged), disturbed, known), since, until)


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
       s.folded, s.folded_at, s.folded_id, s.facts, s.parents, s.holds, s.scans, s.first_seen, s.last_seen,
       b.quantity, b.expires_on, b.recalled_at, b.revoked_at IS NOT NULL, b.territory,
       (SELECT min(c.commissioned_at) FROM suyuan.commissioning AS c
        WHERE c.org_id = s.owner_org AND c.batch_number = s.batch_number AND c.indexes @> s.unit_index)
FROM suyuan.item_state AS s
LEFT JOIN suyuan.batch AS b ON b.org_id = s.owner_org AND b.batch_number = s.batch_number
WHERE s.item_id = ANY (%b)
ORDER BY s.item_id
FOR UPDATE OF s
"""

_HOLDS = "UPDATE suyuan.item_state SET holds = true WHERE item_id = ANY (%b) AND NOT holds"

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


def _dossiers(rows: Iterable[TupleRow], disturbed: Mapping[str, int], known: Mapping[str, Market]) -> list[Dossier]:
    shared: dict[tuple[object, ...], tuple[BatchFacts | None, int | None, str]] = {}
    found = []
    for row in rows:
        item, owner, proof, number, index, events, folded, folded_at, folded_id, told, parents, _, scans = row[:13]
        # The items of a batch share its facts: they are put together once.
        key = (owner, number, row[20], proof)
        if key not in shared:
            shared[key] = _facts(row[15:21], proof, known)
        batch, commissioned_at, facts = shared[key]
        judgement = None
        if folded is not None and told == facts:
            judgement = Judgement(tuple(orjson.loads(folded)), (to_microseconds(folded_at), folded_id))
        unit = Unit(item, owner, _PROOFS[proof], index, number, batch, commissioned_at)
        found.append(Dossier(unit, judgement, facts, events, scans, bool(parents), disturbed.get(item)))
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


class Kept(NamedTuple):
    """What is kept of an item after it was judged. Its own events, if any, lie from ``first`` to ``last`` (in us).

    ``anew``: judged from its beginning, so that times and counts are all there is; else they are what was added.
    """

    item_id: str
    judgement: Judgement
    facts: str
    first: int | None
    last: int | None
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
                moments = {
                    moment: None if moment is None else to_datetime(moment) for moment in {each.first, each.last, at}
                }
                copy.write_row(
                    (
                        each.item_id,
                        moments[each.first],
                        moments[each.last],
                        each.events,
                        each.scans,
                        orjson.dumps(each.judgement.states).decode(),
                        moments[at],
                        event_id,
                        each.facts,
                        each.anew,
                    )
                )
        cursor.execute(_KEEP)
