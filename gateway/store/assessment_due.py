"""Items whose evidence has changed: noted by judging, taken by assessing."""

from collections.abc import Collection

from gateway.store.connection import Connection


def note(connection: Connection, items: Collection[str]) -> None:
    """Note that these items have changed. It waits for nobody: rows are only added."""
    if items:
        connection.execute("INSERT INTO suyuan.assessment_due SELECT unnest(%s::text[])", [list(items)])


def take(connection: Connection, most: int) -> list[str]:
    """Take up to ``most`` notes that nobody else holds, within the open transaction; each item once, in order."""
    rows = connection.execute(
        """
        DELETE FROM suyuan.assessment_due WHERE ctid = ANY (ARRAY (
            SELECT ctid FROM suyuan.assessment_due LIMIT %s FOR UPDATE SKIP LOCKED))
        RETURNING item_id
        """,
        [most],
    )
    return sorted({item for (item,) in rows})
