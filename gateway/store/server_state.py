"""What PostgreSQL says of itself and of the queues in it, as any role may read it. Cheap: no table is read."""

from typing import NamedTuple

from gateway.store.connection import Connection

QUEUES = ("outbox", "assessment_due", "notice", "dead_message")
"""Tables that are short while their readers keep up."""

_SERVER = """
SELECT pg_database_size(current_database()), d.numbackends, current_setting('max_connections')::int, d.xact_commit,
       d.xact_rollback, d.blks_hit, d.blks_read, d.deadlocks, d.temp_bytes, a.failed_count,
       coalesce(extract(epoch FROM a.last_archived_time), 0)::float8,
       coalesce(extract(epoch FROM now() - (SELECT min(created_at) FROM suyuan.outbox)), 0)::float8
FROM pg_stat_database AS d, pg_stat_archiver AS a WHERE d.datname = current_database()
"""
_ROWS = "SELECT relname, n_live_tup FROM pg_stat_user_tables WHERE schemaname = 'suyuan' AND relname = ANY (%s)"


class ServerState(NamedTuple):
    """Sizes in bytes, times in seconds; counts are those since the server's statistics began."""

    database_bytes: int
    connections: int
    most_connections: int
    commits: int
    rollbacks: int
    blocks_in_memory: int
    blocks_read: int
    deadlocks: int
    temporary_bytes: int
    archive_failures: int
    archived_at: float
    outbox_age: float


def server_state(connection: Connection) -> ServerState:
    """The server's own statistics of this database, and how long the oldest scan has waited."""
    row = connection.execute(_SERVER).fetchone()
    if row is None:
        raise LookupError("pg_stat_database has no row of this database")
    return ServerState._make(row)


def queue_rows(connection: Connection) -> dict[str, int]:
    """About how many rows each queue has."""
    found = dict.fromkeys(QUEUES, 0)
    found |= {name: int(rows) for name, rows in connection.execute(_ROWS, [list(QUEUES)])}
    return found
