"""Consumers' scans that the resolver left for judging."""

from typing import Any

from gateway.store.connection import Connection


def drain(connection: Connection, most: int) -> list[dict[str, Any]]:
    """Take scans out, oldest first, within this transaction; several workers never get the same one."""
    rows = connection.execute(
        """
        DELETE FROM suyuan.outbox
        WHERE outbox_id IN (SELECT outbox_id FROM suyuan.outbox ORDER BY outbox_id LIMIT %s FOR UPDATE SKIP LOCKED)
        RETURNING outbox_id, scan
        """,
        [most],
    )
    return [scan for _, scan in sorted(rows)]
