"""Dead letters: messages that could not be used, whole or in part, with the reasons; written, listed, read back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString, NamedTuple

from gateway.message.decoding import RefusedMessage
from gateway.store.connection import Connection
from schemas.moment import to_datetime
from schemas.receipt import Rejection

WHOLE_MESSAGE = -1
"""The position of a dead letter that concerns a message as a whole."""


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
WHERE m.digest > %(after)s AND m.topic <> %(except_topic)s AND {_CHOSEN}
  AND EXISTS (SELECT FROM suyuan.dead_letter AS l WHERE l.digest = m.digest AND {_REASON})
ORDER BY m.digest LIMIT %(page_size)s
"""  # noqa: S608 -- parts of our own
_LISTING: LiteralString = f"""
SELECT m.digest, m.topic, m.received_at, m.replayed_at, length(m.message), l.reason, min(l.detail), count(*)
FROM suyuan.dead_message AS m JOIN suyuan.dead_letter AS l USING (digest)
WHERE {_CHOSEN} AND {_REASON}
GROUP BY m.digest, l.reason
ORDER BY m.received_at DESC, m.digest, l.reason LIMIT %(page_size)s
"""  # noqa: S608 -- as above


def dead_letter(
    connection: Connection, topic: str, message: bytes, digest: str, rejections: Iterable[Rejection], now: int
) -> None:
    """Store a message that could not be used, whole or in part, with the reasons. The same again adds nothing.

    ``now``: microseconds, UTC.
    """
    key = bytes.fromhex(digest)
    connection.execute(
        "INSERT INTO suyuan.dead_message (digest, topic, received_at, message) VALUES (%s, %s, %s, %s)"
        " ON CONFLICT DO NOTHING",
        [key, topic[:512], to_datetime(now), message],
    )
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO suyuan.dead_letter (digest, position, reason, detail) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT DO NOTHING",
            [
                [
                    key,
                    WHOLE_MESSAGE if rejection.position is None else rejection.position,
                    rejection.reason,
                    rejection.detail,
                ]
                for rejection in rejections
            ],
        )


def dead_letter_refused(connection: Connection, refused: RefusedMessage, now: int) -> None:
    """Store a message that is refused as a whole. ``now``: microseconds, UTC."""
    dead_letter(connection, refused.topic, refused.message, refused.digest, [refused.rejection], now)


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
