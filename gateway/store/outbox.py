"""The outbox: consumers' scans that the resolver wrote, for the gateway to store and judge."""

from typing import Any

from gateway.store.connection import Connection


def drain(connection: Connection, page_size: int) -> list[dict[str, Any]]:
    """Take out the oldest scans, within this transaction; no two workers get the same one."""
    rows = connection.execute(
        """
        DELETE FROM suyuan.outbox
        WHERE outbox_id IN (SELECT outbox_id FROM suyuan.outbox ORDER BY outbox_id LIMIT %s FOR UPDATE SKIP LOCKED)
        RETURNING outbox_id, scan
        """,
        [page_size],
    )
    return [scan for _, scan in sorted(rows)]
