"""Reading containment: what items and their containers were in, and what is or was in containers.

Level by level, each level one question about many items. A recursive query hides from the planner how little it finds,
so that it reads the whole table of events; and Citus does not accept one across nodes.
"""

from collections.abc import Collection
from typing import LiteralString

from gateway.rules.containment import DEPTH, Mark, Stay, stays
from gateway.store.connection import Connection

_MARKS: LiteralString = """
SELECT item_id, (extract(epoch FROM occurred_at) * 1000000)::bigint, parent_id, packed
FROM suyuan.containment_mark WHERE item_id = ANY (%b) ORDER BY item_id, occurred_at, event_id
"""

_CONTENTS: LiteralString = """
SELECT m.item_id, s.events, s.holds AS is_container
FROM suyuan.containment_mark AS m JOIN suyuan.item_state AS s USING (item_id) WHERE m.parent_id = ANY (%b)
"""


def direct_stays(connection: Connection, items: Collection[str]) -> dict[str, list[Stay]]:
    """What these items, and every container that they were ever in, were in by their own marks."""
    direct: dict[str, list[Stay]] = {}
    level: Collection[str] = items
    read: set[str] = set()
    for _ in range(DEPTH):
        if not level:
            break
        read.update(level)
        rows = connection.execute(_MARKS, [list(level)], binary=True)
        of_level = stays(Mark(*row) for row in rows)
        direct |= of_level
        level = {stay.container for item_stays in of_level.values() for stay in item_stays} - read
    return direct


def observed_contents(connection: Connection, containers: Collection[str]) -> set[str]:
    """What is or was in these containers, at any depth, and was observed itself: their events are its history too."""
    observed: set[str] = set()
    level: Collection[str] = containers
    read: set[str] = set()
    while level:
        read.update(level)
        nested: set[str] = set()
        for item, events, is_container in connection.execute(_CONTENTS, [list(level)], binary=True):
            if events:
                observed.add(item)
            if is_container:
                nested.add(item)
        level = nested - read
    return observed
