"""Reading dead messages back: which there are, and their bytes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.store.connection import Connection

DeadMessage = tuple[bytes, str, bytes]
"""Digest, topic, message."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which dead messages: of one reason, of one topic, received from ``since`` on and before ``until``. None: any."""

    reason: str | None = None
    topic: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """One dead message, and what was wrong with how many of its events (1 for a message as a whole)."""

    digest: bytes
    topic: str
    received_at: datetime
    replayed_at: datetime | None
    size: int
    reason: str
    detail: str
    letters: int


_CHOSEN = """
    (%(topic)s::text IS NULL OR m.topic = %(topic)s)
    AND (%(since)s::timestamptz IS NULL OR m.received_at >= %(since)s)
    AND (%(until)s::timestamptz IS NULL OR m.received_at < %(until)s)
"""
_REASON = "(%(reason)s::text IS NULL OR l.reason = %(reason)s)"
_MESSAGES = f"""
SELECT m.digest, m.topic, m.message FROM suyuan.dead_message AS m
WHERE m.digest > %(after)s AND m.topic <> %(except_topic)s AND {_CHOSEN}
  AND EXISTS (SELECT FROM suyuan.dead_letter AS l WHERE l.digest = m.digest AND {_REASON})
ORDER BY m.digest LIMIT %(most)s
"""  # noqa: S608 -- parts of our own
_LISTING = f"""
SELECT m.digest, m.topic, m.received_at, m.replayed_at, length(m.message), l.reason, min(l.detail), count(*)
FROM suyuan.dead_message AS m JOIN suyuan.dead_letter AS l USING (digest)
WHERE {_CHOSEN} AND {_REASON}
GROUP BY m.digest, l.reason
ORDER BY m.received_at DESC, m.digest, l.reason LIMIT %(most)s
"""  # noqa: S608 -- as above


def dead_messages(
    connection: Connection, choice: Choice, except_topic: str, after: bytes, most: int
) -> list[DeadMessage]:
    """The chosen dead messages by digest, from behind ``after``."""
    return connection.execute(
        _MESSAGES, _parameters(choice) | {"after": after, "except_topic": except_topic, "most": most}
    ).fetchall()


def listing(connection: Connection, choice: Choice, most: int) -> list[Listed]:
    """What lies among the dead letters, the newest first: one line a message and reason."""
    return [Listed(*row) for row in connection.execute(_LISTING, _parameters(choice) | {"most": most})]


def _parameters(choice: Choice) -> dict[str, object]:
    return {"reason": choice.reason, "topic": choice.topic, "since": choice.since, "until": choice.until}


def mark_replayed(connection: Connection, digests: Sequence[bytes]) -> None:
    """Note that these messages were taken in again."""
    connection.execute("UPDATE suyuan.dead_message SET replayed_at = now() WHERE digest = ANY (%s)", [list(digests)])
