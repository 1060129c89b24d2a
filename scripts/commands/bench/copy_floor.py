"""The floor of ingest: PostgreSQL's own COPY of the same rows into a table like that of the events."""

import time
from statistics import median

from scripts.system.under_test import SystemUnderTest

_PARTITIONS = """
SELECT c.oid::regclass::text, pg_get_expr(c.relpartbound, c.oid)
FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
WHERE i.inhparent = 'suyuan.event'::regclass
"""


_TIMES = 5


def copy_rate(system: SystemUnderTest, rows: int) -> float:
    """Rows a second of one binary COPY, committed, of the newest ``rows`` events into a table like ``suyuan.event``.

    The median of five, each into an empty table: a single one lasts a second and varies too much.
    """
    with system.owner() as owner:
        owner.execute("CREATE SCHEMA floor")
        owner.execute("CREATE TABLE floor.event (LIKE suyuan.event INCLUDING ALL) PARTITION BY RANGE (occurred_at)")
        for number, (_, bound) in enumerate(owner.execute(_PARTITIONS).fetchall()):
            owner.execute(f"CREATE TABLE floor.event_{number} PARTITION OF floor.event {bound}")
        newest = f"SELECT * FROM suyuan.event ORDER BY recorded_at DESC LIMIT {int(rows)}"  # noqa: S608 -- a number
        with owner.cursor() as cursor, cursor.copy(f"COPY ({newest}) TO STDOUT (FORMAT BINARY)") as copy:
            data = b"".join(bytes(block) for block in copy)
        seconds = []
        for _ in range(_TIMES):
            owner.execute("TRUNCATE floor.event")
            started = time.monotonic()
            with owner.cursor() as cursor, cursor.copy("COPY floor.event FROM STDIN (FORMAT BINARY)") as copy:
                copy.write(data)
            seconds.append(time.monotonic() - started)
        (count,) = owner.execute("SELECT count(*) FROM floor.event").fetchone() or (0,)
        owner.execute("DROP SCHEMA floor CASCADE")
    return float(count) / median(seconds)
