"""Queue of items to re-assess: written by judging, read by assessing (table ``suyuan.assessment_due``)."""

from collections.abc import Collection

from gateway.store.connection import Connection


def note(connection: Connection, items: Collection[str]) -> None:
    """Queue these items. It waits for no lock: rows are only inserted, an item may be queued more than once."""
    if items:
        connection.execute("INSERT INTO suyuan.assessment_due SELECT unnest(%s::text[])", [list(items)])


def take(connection: Connection, maximum: int) -> list[str]:
    """Remove up to ``maximum`` rows from the queue in the open transaction; returns their items, sorted, each once.

    Rows that another transaction has locked are skipped.
    """
    rows = connection.execute(
        """
        DELETE FROM suyuan.assessment_due WHERE ctid = ANY (ARRAY (
            SELECT ctid FROM suyuan.assessment_due LIMIT %s FOR UPDATE SKIP LOCKED))
        RETURNING item_id
        """,
        [maximum],
    )
    return sorted({item for (item,) in rows})
