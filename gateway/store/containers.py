"""Reading containment: the marks of items and of what they were in, and what is or was in containers.

Level by level, each one question about many items: a recursive one hides from the planner how little it finds, so that
it reads the whole table of events; and a distributed store would not take it.
"""

from collections.abc import Collection

from gateway.rules.containment import DEPTH, Mark, Stay, stays
from gateway.store.connection import Connection

_MARKS = """
SELECT item_id, (extract(epoch FROM occurred_at) * 1000000)::bigint, parent_id, packed
FROM suyuan.containment_mark WHERE item_id = ANY (%b) ORDER BY item_id, occurred_at, event_id
"""

_CONTENTS = """
SELECT m.item_id, s.events, s.holds
FROM suyuan.containment_mark AS m JOIN suyuan.item_state AS s USING (item_id) WHERE m.parent_id = ANY (%b)
"""


def direct_stays(connection: Connection, items: Collection[str]) -> dict[str, list[Stay]]:
    """What these items, and all that they were ever in, were in by their own marks."""
    found: dict[str, list[Stay]] = {}
    level: Collection[str] = items
    asked: set[str] = set()
    for _ in range(DEPTH):
        if not level:
            break
        asked.update(level)
        rows = connection.execute(_MARKS, [list(level)], binary=True)
        more = stays(Mark(*row) for row in rows)
        found |= more
        level = {stay.container for each in more.values() for stay in each} - asked
    return found


def observed_contents(connection: Connection, containers: Collection[str]) -> set[str]:
    """What is or was in these containers, at any depth, and has a history of its own: theirs belongs to it."""
    found: set[str] = set()
    level: Collection[str] = containers
    asked: set[str] = set()
    while level:
        asked.update(level)
        deeper: set[str] = set()
        for item, events, holds in connection.execute(_CONTENTS, [list(level)], binary=True):
            if events:
                found.add(item)
            if holds:
                deeper.add(item)
        level = deeper - asked
    return found
