"""Reading containment: what items and their containers were in, and what is or was in containers.

Level by level, each level one question about many items. A recursive query hides from the planner how little it finds,
so that it reads the whole table of events; and Citus does not accept one across nodes.
"""

from collections.abc import Collection
from typing import LiteralString

from gateway.authority.walk import PackingMark
from gateway.rules.containment import DEPTH, Mark, Stay, stays
from gateway.store.connection import Connection

_MARKS: LiteralString = """
SELECT item_id, (extract(epoch FROM occurred_at) * 1000000)::bigint, parent_id, packed
FROM suyuan.containment_mark WHERE item_id = ANY (%b) ORDER BY item_id, occurred_at, event_id
"""

# The marks that count, of items that may have others: claims are left out.
_FACTS: LiteralString = """
SELECT m.item_id, (extract(epoch FROM m.occurred_at) * 1000000)::bigint, m.parent_id, m.packed
FROM suyuan.containment_mark AS m LEFT JOIN suyuan.claim AS c USING (item_id, occurred_at, event_id)
WHERE m.item_id = ANY (%b) AND c.item_id IS NULL ORDER BY m.item_id, m.occurred_at, m.event_id
"""

_PACKINGS: LiteralString = """
SELECT item_id, (extract(epoch FROM occurred_at) * 1000000)::bigint, event_id::text, parent_id, packed
FROM suyuan.containment_mark WHERE item_id = ANY (%b) ORDER BY item_id, occurred_at, event_id
"""

# What somebody claims to have packed is not in the container, so that what happens to this does not concern it.
_CONTENTS: LiteralString = """
SELECT m.item_id, s.events > 0 OR s.by_others, s.holds AS is_container
FROM suyuan.containment_mark AS m JOIN suyuan.item_state AS s USING (item_id)
WHERE m.parent_id = ANY (%b) AND NOT EXISTS (
    SELECT FROM suyuan.claim AS c
    WHERE c.item_id = m.item_id AND c.occurred_at = m.occurred_at AND c.event_id = m.event_id)
"""


def direct_stays(connection: Connection, items: Collection[str], *, facts_alone: bool = False) -> dict[str, list[Stay]]:
    """What these items, and every container that they were ever in, were in by their own marks.

    ``facts_alone``: marks that are claims, as far as has been judged, are left out.
    """
    statement = _FACTS if facts_alone else _MARKS
    direct: dict[str, list[Stay]] = {}
    level: Collection[str] = items
    read: set[str] = set()
    for _ in range(DEPTH):
        if not level:
            break
        read.update(level)
        rows = connection.execute(statement, [list(level)], binary=True)
        of_level = stays(Mark(*row) for row in rows)
        direct |= of_level
        level = {stay.container for item_stays in of_level.values() for stay in item_stays} - read
    return direct


def packing_marks(connection: Connection, items: Collection[str]) -> dict[str, list[PackingMark]]:
    """The marks of these items, and of every container that they were ever in, in order of time and event."""
    marks: dict[str, list[PackingMark]] = {}
    level: Collection[str] = items
    read: set[str] = set()
    while level:
        read.update(level)
        containers = set()
        for item, at, event_id, container, packed in connection.execute(_PACKINGS, [list(level)], binary=True):
            marks.setdefault(item, []).append(PackingMark(at, event_id, container, packed))
            containers.add(container)
        level = containers - read
    return marks


def observed_contents(connection: Connection, containers: Collection[str]) -> set[str]:
    """What is or was in these containers, at any depth, and is judged: their events are its history too.

    Judged is what was observed itself, and what others than its owner spoke of.
    """
    observed: set[str] = set()
    level: Collection[str] = containers
    read: set[str] = set()
    while level:
        read.update(level)
        nested: set[str] = set()
        for item, is_judged, is_container in connection.execute(_CONTENTS, [list(level)], binary=True):
            if is_judged:
                observed.add(item)
            if is_container:
                nested.add(item)
        level = nested - read
    return observed
