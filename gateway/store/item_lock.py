"""Locking: the items that a transaction touches, and all whose histories depend on theirs, in one order."""

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import LiteralString

from gateway.authority.custody import Goods
from gateway.authority.mandate import Mandate
from gateway.rules.history import DealerTerritories, Market
from gateway.store.connection import Connection
from gateway.store.containers import observed_contents
from gateway.store.item_state import ItemState, LockedRow, goods_by_item, item_states
from gateway.store.mandates import mandates
from gateway.store.staging import STAGED_EVENT, STAGED_MARK
from gateway.store.territories import dealer_territories
from gateway.store.touched import Touched
from schemas.moment import to_microseconds


@dataclass(frozen=True, slots=True)
class LockedItems:
    """The items to judge; every event of a locked item lies between ``since`` and ``until`` (microseconds)."""

    states: list[ItemState]
    since: int
    until: int
    by_others: AbstractSet[str]
    """The locked items of which others than their owner spoke."""
    parents: Mapping[str, Collection[str]]
    """The containers that locked items were ever in, this transaction's among them; items that were in none are left
    out."""
    goods: Mapping[str, Goods]
    """Every locked item as authority sees it."""


def lock_items(connection: Connection, touched: Touched, markets: Mapping[str, Market]) -> LockedItems:
    """Lock the touched items, and the observed contents of containers among them, until the transaction ends.

    Items without a row get one, from the staged events and marks of this transaction
    (:mod:`gateway.store.staging`). What the transaction packs is noted in the rows of container and content.
    """
    connection.execute(_INSERT_MISSING)
    rows, contents = _lock_closure(connection, touched)
    if others := [row.item_id for row in rows if row.item_id in touched.by_others and not row.by_others]:
        connection.execute(_SET_BY_OTHERS, [others])
        rows = [row._replace(by_others=row.by_others or row.item_id in touched.by_others) for row in rows]
    if touched.packed:
        connection.execute(_ADD_PARENTS)
        connection.execute(_SET_IS_CONTAINER, [sorted(touched.packing)])
    anywhere = {row.owner_org for row in rows if row.territory == []}
    dealers = dealer_territories(connection, anywhere, markets)
    given = mandates(connection, {row.owner_org for row in rows if row.by_others})
    contents |= touched.by_others & touched.packed.keys()
    return _locked_items(rows, contents, touched, markets, dealers, given)


def _lock_closure(connection: Connection, touched: Touched) -> tuple[list[LockedRow], set[str]]:
    """Lock the touched items, their containers at any time, and contents with theirs; the rows, and those contents.

    So a packing and an event of what is packed, stored by two workers at once, see each other. Rows are locked in
    order of item_id by every worker: no two can wait for each other. Which rows belong to the closure is certain only
    of locked rows; when it proves to have more, all locks are given back and taken again, again in order.
    """
    wanted = _expected_closure(connection, touched)
    while True:
        connection.execute("SAVEPOINT closure")
        # fetchall(): iterating a cursor costs twice as much a row.
        selected = connection.execute(_LOCK, [sorted(wanted)], binary=True).fetchall()
        rows = list(map(LockedRow._make, selected))
        containers = {row.item_id for row in rows if row.is_container and row.item_id in touched.items}
        contents = observed_contents(connection, containers | touched.packing)
        missed = contents.union(*(row.parents for row in rows)) - wanted
        if not missed:
            connection.execute("RELEASE SAVEPOINT closure")
            return rows, contents
        connection.execute("ROLLBACK TO SAVEPOINT closure")
        wanted |= missed | _ancestors(connection, missed)[0]


def _expected_closure(connection: Connection, touched: Touched) -> set[str]:
    """What has to be locked, as far as is known before anything is."""
    named = touched.items | touched.packed.keys()
    ancestors, containers = _ancestors(connection, named)
    contents = observed_contents(connection, (touched.items & containers) | touched.packing)
    wanted = named | ancestors | contents
    if contents:
        wanted |= _ancestors(connection, contents)[0]
    return wanted


def _ancestors(connection: Connection, items: Collection[str]) -> tuple[set[str], set[str]]:
    """All containers that these items were ever in, at any depth; and those of the items that are containers."""
    ancestors: set[str] = set()
    containers: set[str] = set()
    level: Collection[str] = items
    while level:
        rows = connection.execute(_PARENTS, [list(level)], binary=True).fetchall()
        if level is items:
            containers = {item for item, _, is_container in rows if is_container}
        level = {parent for _, parents, _ in rows for parent in parents} - ancestors
        ancestors |= level
    return ancestors, containers


def _locked_items(
    rows: list[LockedRow],
    contents: set[str],
    touched: Touched,
    markets: Mapping[str, Market],
    dealers: Mapping[str, DealerTerritories],
    given: Mapping[str, Sequence[Mandate]],
) -> LockedItems:
    parents = {row.item_id: row.parents for row in rows}
    changed_since = {item: touched.changed_since(item, parents) for item in contents | touched.packed.keys()}
    judged = touched.items | contents
    since, until = min(touched.first_event.values()), touched.latest
    if observed := [row for row in rows if row.events]:
        since = min(since, to_microseconds(min(row.first_seen for row in observed)))
        until = max(until, to_microseconds(max(row.last_seen for row in observed)))
    by_others = {row.item_id for row in rows if row.by_others}
    goods = goods_by_item(rows, given)
    states = item_states((row for row in rows if row.item_id in judged), changed_since, markets, dealers, goods)
    ever_in = {
        item: {*known, *touched.packed.get(item, ())}
        for item, known in parents.items()
        if known or item in touched.packed
    }
    return LockedItems(states, since, until, by_others, ever_in, goods)


_PARENTS: LiteralString = """
SELECT item_id, parents, holds AS is_container
FROM suyuan.item_state WHERE item_id = ANY (%b) AND (parents <> '{}' OR holds)
"""

# Of an item that has a row already nothing is looked up.
_INSERT_MISSING: LiteralString = f"""
INSERT INTO suyuan.item_state
    (item_id, owner_org, proof, batch_number, unit_index, first_seen, last_seen, events, scans, parents)
SELECT DISTINCT ON (item_id) item_id, owner_org, proof, batch_number, unit_index, recorded_at, recorded_at, 0, 0,
       ARRAY (SELECT DISTINCT m.parent_id FROM suyuan.containment_mark AS m WHERE m.item_id = entering.item_id)
FROM (
    SELECT item_id, owner_org, proof, batch_number, unit_index, recorded_at FROM {STAGED_EVENT}
    UNION ALL SELECT item_id, owner_org, proof, batch_number, unit_index, recorded_at FROM {STAGED_MARK}
) AS entering
WHERE NOT EXISTS (SELECT FROM suyuan.item_state AS s WHERE s.item_id = entering.item_id)
ORDER BY item_id
ON CONFLICT DO NOTHING
"""  # noqa: S608 -- table names of our own

_LOCK: LiteralString = """
SELECT s.item_id, s.owner_org, s.proof, s.batch_number, s.unit_index, s.events, s.scans, s.first_seen, s.last_seen,
       s.parents, s.holds AS is_container, s.folded, s.folded_at, s.folded_id, s.facts, s.by_others,
       b.quantity, b.expires_on, b.recalled_at, b.revoked_at IS NOT NULL, b.territory,
       (SELECT min(c.commissioned_at) FROM suyuan.commissioning AS c
        WHERE c.org_id = s.owner_org AND c.batch_number = s.batch_number AND c.indexes @> s.unit_index)
FROM suyuan.item_state AS s
LEFT JOIN suyuan.batch AS b ON b.org_id = s.owner_org AND b.batch_number = s.batch_number
WHERE s.item_id = ANY (%b)
ORDER BY s.item_id
FOR UPDATE OF s
"""

_SET_IS_CONTAINER: LiteralString = "UPDATE suyuan.item_state SET holds = true WHERE item_id = ANY (%b) AND NOT holds"

_SET_BY_OTHERS: LiteralString = "UPDATE suyuan.item_state SET by_others = true WHERE item_id = ANY (%b)"

_ADD_PARENTS: LiteralString = f"""
UPDATE suyuan.item_state AS s SET parents = s.parents || packed.parents
FROM (
    SELECT m.item_id, array_agg(DISTINCT m.parent_id) AS parents
    FROM {STAGED_MARK} AS m JOIN suyuan.item_state AS before USING (item_id)
    WHERE NOT before.parents @> ARRAY[m.parent_id]
    GROUP BY m.item_id
) AS packed
WHERE s.item_id = packed.item_id
"""  # noqa: S608 -- as above
