"""Reading dead messages back."""

from collections.abc import Sequence

from gateway.store.connection import Connection

DeadMessage = tuple[bytes, str, bytes]
"""Digest, topic, message."""


def dead_messages(
    connection: Connection, reason: str | None, except_topic: str, after: bytes, most: int
) -> list[DeadMessage]:
    """Dead messages that have a dead letter of ``reason`` (or any), by digest, from behind ``after``."""
    return connection.execute(
        """
        SELECT digest, topic, message FROM suyuan.dead_message AS m
        WHERE digest > %s AND topic <> %s
          AND EXISTS (SELECT FROM suyuan.dead_letter AS l
                      WHERE l.digest = m.digest AND (%s::text IS NULL OR l.reason = %s))
        ORDER BY digest LIMIT %s
        """,
        [after, except_topic, reason, reason, most],
    ).fetchall()


def mark_replayed(connection: Connection, digests: Sequence[bytes]) -> None:
    """Note that these messages were taken in again."""
    connection.execute("UPDATE suyuan.dead_message SET replayed_at = now() WHERE digest = ANY (%s)", [list(digests)])
