"""A connection's temporary tables: rows come in by COPY and are worked on as sets. They empty themselves at commit.

They are an interface between modules of one transaction. :mod:`gateway.store.events` fills :data:`STAGED_EVENT` and
:data:`STAGED_MARK`; :mod:`gateway.store.item_lock` reads both, in the same transaction, to give rows of
suyuan.item_state to items that have none. :mod:`gateway.store.judged_item` fills and reads :data:`JUDGED_ITEM`.
"""

from typing import LiteralString

from gateway.store.connection import Connection

STAGED_EVENT: LiteralString = "pg_temp.staged_event"
"""Events of this transaction: the columns of suyuan.event, and batch number and index of the item."""

STAGED_MARK: LiteralString = "pg_temp.staged_mark"
"""What this transaction's aggregations put into containers or took out: the columns of suyuan.containment_mark, and
recorded_at, owner_org, proof, batch_number and unit_index of the item that was packed."""

JUDGED_ITEM: LiteralString = "pg_temp.judged_item"
"""States on their way back to suyuan.item_state."""

_STAGED_EVENT = """
CREATE TEMPORARY TABLE IF NOT EXISTS staged_event (LIKE suyuan.event, batch_number int, unit_index bigint)
    ON COMMIT DELETE ROWS
"""

_STAGED_MARK = """
CREATE TEMPORARY TABLE IF NOT EXISTS staged_mark (
    item_id text COLLATE "C", occurred_at timestamptz, event_id uuid, parent_id text COLLATE "C", packed boolean,
    recorded_at timestamptz, owner_org text, proof text, batch_number int, unit_index bigint
) ON COMMIT DELETE ROWS
"""

_JUDGED_ITEM = """
CREATE TEMPORARY TABLE IF NOT EXISTS judged_item (
    item_id text COLLATE "C", first_seen timestamptz, last_seen timestamptz, events int, scans int, folded text,
    folded_at timestamptz, folded_id text, facts text, re_evaluated boolean
) ON COMMIT DELETE ROWS
"""

# Whatever a transaction reads it finds by key. The planner knows nothing of how full the temporary tables are, and may
# take it for cheaper to read a whole table beside them, which costs more with every item in the store.
_BY_KEY = "SELECT set_config('enable_hashjoin', 'off', false), set_config('enable_mergejoin', 'off', false)"


def prepare(connection: Connection) -> None:
    """Make the tables, and let the planner join by key alone; once a connection, before its first transaction."""
    for statement in (_BY_KEY, _STAGED_EVENT, _STAGED_MARK, _JUDGED_ITEM):
        connection.execute(statement)
