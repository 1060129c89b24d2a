"""Dead letters: messages that could not be used, whole or in part, with the reasons; written, listed, read back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import LiteralString, NamedTuple

from gateway.message.decoding import RefusedMessage
from gateway.store.connection import Connection
from schemas.moment import to_datetime
from schemas.receipt import Rejection

WHOLE_MESSAGE = -1
"""The position of a dead letter that concerns a message as a whole."""

REFUSED_BYTES = 64 * 1024
"""What is kept of a message that is refused as a whole. One of which single events are refused is kept whole, to be
replayed: its reader is known, and it has a mebibyte at most."""
QUOTA_MESSAGES = 1000
QUOTA_BYTES = 8 << 20
"""Dead messages of one topic, which is one reader's, in a day. Beyond them a message has its receipt and is counted."""
LONGEST_DAYS = 90
_EXPIRED_AT_ONCE = 20


class DeadMessage(NamedTuple):
    """A message as it was received, by its digest."""

    digest: bytes
    topic: str
    message: bytes


@dataclass(frozen=True, slots=True)
class Choice:
    """Which dead messages: of one reason, of one topic, received from ``since`` on and before ``until``. None: any."""

    reason: str | None = None
    topic: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class Listed(NamedTuple):
    """One dead message, and what was wrong with how many of its events (1 for a message as a whole)."""

    digest: bytes
    topic: str
    received_at: datetime
    replayed_at: datetime | None
    size: int
    cut: bool
    reason: str
    detail: str
    letters: int


_CHOSEN: LiteralString = """
    (%(topic)s::text IS NULL OR m.topic = %(topic)s)
    AND (%(since)s::timestamptz IS NULL OR m.received_at >= %(since)s)
    AND (%(until)s::timestamptz IS NULL OR m.received_at < %(until)s)
"""
_REASON: LiteralString = "(%(reason)s::text IS NULL OR l.reason = %(reason)s)"
_MESSAGES: LiteralString = f"""
SELECT m.digest, m.topic, m.message FROM suyuan.dead_message AS m
WHERE m.digest > %(after)s AND m.whole_size IS NULL AND m.topic <> %(except_topic)s AND {_CHOSEN}
  AND EXISTS (SELECT FROM suyuan.dead_letter AS l WHERE l.digest = m.digest AND {_REASON})
ORDER BY m.digest LIMIT %(page_size)s
"""  # noqa: S608 -- parts of our own
_LISTING: LiteralString = f"""
SELECT m.digest, m.topic, m.received_at, m.replayed_at, coalesce(m.whole_size, m.kept_size),
       m.whole_size IS NOT NULL, l.reason, min(l.detail), count(*)
FROM suyuan.dead_message AS m JOIN suyuan.dead_letter AS l USING (digest)
WHERE {_CHOSEN} AND {_REASON}
GROUP BY m.digest, l.reason
ORDER BY m.received_at DESC, m.digest, l.reason LIMIT %(page_size)s
"""  # noqa: S608 -- as above


# Two transactions at a time may both take the last place of a quota: it bounds a disk, and is no account.
_ADD: LiteralString = """
INSERT INTO suyuan.dead_message (digest, topic, received_at, message, whole_size)
SELECT %(digest)s, %(topic)s, %(now)s, %(message)s, %(whole_size)s
FROM (SELECT count(*) AS messages, coalesce(sum(kept_size), 0) AS bytes FROM (
        SELECT kept_size FROM suyuan.dead_message
        WHERE topic = %(topic)s AND received_at > %(now)s::timestamptz - interval '1 day' LIMIT %(most)s) AS t
     ) AS others
WHERE others.messages < %(most)s AND others.bytes < %(most_bytes)s
ON CONFLICT DO NOTHING
"""
_ADD_REASONS: LiteralString = """
INSERT INTO suyuan.dead_letter (digest, position, reason, detail)
SELECT %(digest)s, position, reason, detail
FROM unnest(%(positions)s::integer[], %(reasons)s::text[], %(details)s::text[]) AS t (position, reason, detail)
WHERE EXISTS (SELECT FROM suyuan.dead_message WHERE digest = %(digest)s)
ON CONFLICT DO NOTHING
"""
_EXPIRE: LiteralString = """
DELETE FROM suyuan.dead_message WHERE digest IN (
    SELECT digest FROM suyuan.dead_message WHERE received_at < %s ORDER BY received_at LIMIT %s
    FOR UPDATE SKIP LOCKED)
"""


def dead_letter(
    connection: Connection,
    topic: str,
    message: bytes,
    digest: str,
    rejections: Iterable[Rejection],
    now: int,
    *,
    most_bytes: int | None = None,
) -> None:
    """Store a message that could not be used, whole or in part, with the reasons. The same again adds nothing.

    It is not stored when its topic has its quota of the day. With each, some of the oldest go that are too old.
    ``now``: microseconds, UTC. ``most_bytes``: how much is kept of it, None for all.
    """
    at, given = to_datetime(now), list(rejections)
    cut = most_bytes is not None and len(message) > most_bytes
    values = {
        "digest": bytes.fromhex(digest),
        "topic": topic[:512],
        "now": at,
        "message": message[:most_bytes],
        "whole_size": len(message) if cut else None,
        "most": QUOTA_MESSAGES,
        "most_bytes": QUOTA_BYTES,
        "positions": [WHOLE_MESSAGE if each.position is None else each.position for each in given],
        "reasons": [each.reason for each in given],
        "details": [each.detail for each in given],
    }
    connection.execute(_ADD, values)
    connection.execute(_ADD_REASONS, values)
    connection.execute(_EXPIRE, [at - timedelta(days=LONGEST_DAYS), _EXPIRED_AT_ONCE])


def dead_letter_refused(connection: Connection, refused: RefusedMessage, now: int) -> None:
    """Store the beginning of a message that is refused as a whole. ``now``: microseconds, UTC."""
    dead_letter(
        connection,
        refused.topic,
        refused.message,
        refused.digest,
        [refused.rejection],
        now,
        most_bytes=REFUSED_BYTES,
    )


def dead_messages(
    connection: Connection, choice: Choice, except_topic: str, after: bytes, page_size: int
) -> list[DeadMessage]:
    """A page of the chosen dead messages in order of digest, those after ``after``."""
    rows = connection.execute(
        _MESSAGES, _parameters(choice) | {"after": after, "except_topic": except_topic, "page_size": page_size}
    )
    return [DeadMessage._make(row) for row in rows]


def listing(connection: Connection, choice: Choice, page_size: int) -> list[Listed]:
    """The chosen dead letters, newest first: one entry for each message and reason."""
    rows = connection.execute(_LISTING, _parameters(choice) | {"page_size": page_size})
    return [Listed._make(row) for row in rows]


def _parameters(choice: Choice) -> dict[str, object]:
    return {"reason": choice.reason, "topic": choice.topic, "since": choice.since, "until": choice.until}


def mark_replayed(connection: Connection, digests: Sequence[bytes]) -> None:
    """Note that these messages were replayed."""
    connection.execute("UPDATE suyuan.dead_message SET replayed_at = now() WHERE digest = ANY (%s)", [list(digests)])
