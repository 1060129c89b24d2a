"""A connection's temporary tables: rows come in by COPY, and are worked on as sets. They empty themselves at commit."""

from gateway.store.connection import Connection

# Events on their way in, and with them the unit's number, which is the item's and not the event's.
_STAGE = """
CREATE TEMPORARY TABLE IF NOT EXISTS stage (LIKE suyuan.event, batch_number int, unit_index bigint)
    ON COMMIT DELETE ROWS
"""

# What aggregations on their way in put into containers, or took out.
_PACKED = """
CREATE TEMPORARY TABLE IF NOT EXISTS packed (
    item_id text COLLATE "C", occurred_at timestamptz, event_id uuid, parent_id text COLLATE "C", packed boolean,
    recorded_at timestamptz, owner_org text, proof text, batch_number int, unit_index bigint
) ON COMMIT DELETE ROWS
"""

# Judgements on their way back to suyuan.item_state.
_JUDGED = """
CREATE TEMPORARY TABLE IF NOT EXISTS judged (
    item_id text COLLATE "C", first_seen timestamptz, last_seen timestamptz, events int, scans int, folded text,
    folded_at timestamptz, folded_id text, facts text, anew boolean
) ON COMMIT DELETE ROWS
"""


# Whatever a transaction reads it finds by key. Nothing is known of how full the tables here are, so that the planner
# may take it for cheaper to read a whole table beside them, which costs more with every item in the store.
_BY_KEY = "SELECT set_config('enable_hashjoin', 'off', false), set_config('enable_mergejoin', 'off', false)"


def prepare(connection: Connection) -> None:
    """Make the tables, and let the planner join by key alone, once a connection."""
    connection.execute(_BY_KEY)
    connection.execute(_STAGE)
    connection.execute(_PACKED)
    connection.execute(_JUDGED)
