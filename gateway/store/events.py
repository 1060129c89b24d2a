"""What a transaction takes in: batches claimed once, events stored once, dead letters kept."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.message.decoding import Opened, Refused
from gateway.store.connection import Connection
from gateway.store.event_row import EventRow
from gateway.store.staging import STAGED_EVENT, STAGED_MARK
from schemas.code import Checked
from schemas.event import Action
from schemas.moment import to_datetime, to_microseconds
from schemas.receipt import Receipt, Rejection

WHOLE_MESSAGE = -1
"""The position of a dead letter that concerns a message as a whole."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What became of a message's claim to its sequence number.

    ``fresh``: this transaction owns it. Otherwise ``receipt`` is the one that was given before, or None when the number
    was used with other content.
    """

    fresh: bool
    receipt: Receipt | None


def claim(connection: Connection, opened: Sequence[Opened], now: int) -> list[Claim]:
    """Claim each message's (reader, sequence), in one order for all workers; of two alike the first counts."""
    firsts: dict[tuple[str, str, int], Opened] = {}
    for each in opened:
        firsts.setdefault(_key(each), each)
    ordered = [firsts[key] for key in sorted(firsts)]
    fresh = {
        (org, reader, sequence)
        for org, reader, sequence in connection.execute(
            """
            INSERT INTO suyuan.event_batch
                (org_id, reader_id, sequence, digest, kid, recorded_at, stored, duplicate, rejected, rejections)
            SELECT org_id, reader_id, sequence, digest, kid, %s, stored, 0, rejected, rejections
            FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::bytea[], %s::bytea[], %s::int[], %s::int[],
                        %s::jsonb[])
                AS new (org_id, reader_id, sequence, digest, kid, stored, rejected, rejections)
            ORDER BY org_id, reader_id, sequence
            ON CONFLICT DO NOTHING
            RETURNING org_id, reader_id, sequence
            """,
            [
                to_datetime(now),
                [each.address.org_id for each in ordered],
                [each.address.reader_id for each in ordered],
                [each.sequence for each in ordered],
                [bytes.fromhex(each.digest) for each in ordered],
                [each.kid for each in ordered],
                [len(each.taken) for each in ordered],
                [len(each.rejections) for each in ordered],
                [json.dumps([[r.position, r.reason, r.detail] for r in each.rejections]) for each in ordered],
            ],
        )
    }
    known = _receipts(connection, sorted(firsts.keys() - fresh))
    claims = []
    for each in opened:
        key = _key(each)
        receipt = known[key] if key in known else _receipt(firsts[key], now)
        claims.append(Claim(key in fresh and each is firsts[key], receipt if receipt.digest == each.digest else None))
    return claims


def _receipt(opened: Opened, now: int) -> Receipt:
    """What is answered to a message that this transaction takes in."""
    return Receipt(opened.digest, opened.sequence, len(opened.taken), 0, len(opened.rejections), now, opened.rejections)


def _key(opened: Opened) -> tuple[str, str, int]:
    return opened.address.org_id, opened.address.reader_id, opened.sequence


def _receipts(connection: Connection, keys: Sequence[tuple[str, str, int]]) -> dict[tuple[str, str, int], Receipt]:
    """What was answered to batches that came before."""
    if not keys:
        return {}
    rows = connection.execute(
        """
        SELECT org_id, reader_id, sequence, digest, recorded_at, stored, duplicate, rejected, rejections
        FROM unnest(%s::text[], %s::text[], %s::bigint[]) AS wanted (org_id, reader_id, sequence)
        JOIN suyuan.event_batch USING (org_id, reader_id, sequence)
        """,
        [[key[0] for key in keys], [key[1] for key in keys], [key[2] for key in keys]],
    )
    return {
        (org, reader, sequence): Receipt(
            digest=digest.hex(),
            sequence=sequence,
            stored=stored,
            duplicate=duplicate,
            rejected=rejected,
            recorded_at=to_microseconds(recorded_at),
            rejections=tuple(Rejection(*each) for each in rejections),
        )
        for org, reader, sequence, digest, recorded_at, stored, duplicate, rejected, rejections in rows
    }


def bury(connection: Connection, topic: str, message: bytes, digest: str, dead: Iterable[Rejection], now: int) -> None:
    """Keep a message that could not be used, whole or in part, with the reasons. The same again adds nothing."""
    name = bytes.fromhex(digest)
    connection.execute(
        "INSERT INTO suyuan.dead_message (digest, topic, received_at, message) VALUES (%s, %s, %s, %s)"
        " ON CONFLICT DO NOTHING",
        [name, topic[:512], to_datetime(now), message],
    )
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO suyuan.dead_letter (digest, position, reason, detail) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT DO NOTHING",
            [
                [name, WHOLE_MESSAGE if each.position is None else each.position, each.reason, each.detail]
                for each in dead
            ],
        )


def bury_refused(connection: Connection, refused: Refused, now: int) -> None:
    """Keep a message that is refused as a whole."""
    bury(connection, refused.topic, refused.message, refused.digest, [refused.rejection], now)


_COLUMNS = (
    ("item_id", "text"),
    ("occurred_at", "timestamptz"),
    ("event_id", "uuid"),
    ("recorded_at", "timestamptz"),
    ("owner_org", "text"),
    ("reader_org", "text"),
    ("reader_id", "text"),
    ("biz_step", "text"),
    ("action", "text"),
    ("disposition", "text"),
    ("offset_minutes", "int2"),
    ("read_point", "text"),
    ("latitude", "float8"),
    ("longitude", "float8"),
    ("radius_m", "float4"),
    ("source", "text"),
    ("audience", "text"),
    ("handset", "text"),
    ("clock_bound_s", "int4"),
    ("proof", "text"),
    ("children", "text[]"),
)
_NUMBERS = (("batch_number", "int4"), ("unit_index", "int8"))
_NAMES = ", ".join(name for name, _ in _COLUMNS)
_STAGED = ", ".join(name for name, _ in _COLUMNS + _NUMBERS)
_COPY = f"COPY {STAGED_EVENT} ({_STAGED}) FROM STDIN (FORMAT BINARY)"
_COPY_MARKS = f"COPY {STAGED_MARK} FROM STDIN (FORMAT BINARY)"
_MARK_TYPES = ("text", "timestamptz", "uuid", "text", "bool", "timestamptz", "text", "text", "int4", "int8")
_STORE_MARKS = f"""
INSERT INTO suyuan.containment_mark (item_id, occurred_at, event_id, parent_id, packed)
SELECT item_id, occurred_at, event_id, parent_id, packed FROM {STAGED_MARK} ON CONFLICT DO NOTHING
"""  # noqa: S608 -- a table name of our own
_STORE = f"INSERT INTO suyuan.event ({_NAMES}) SELECT {_NAMES} FROM {STAGED_EVENT} ON CONFLICT DO NOTHING"  # noqa: S608 -- column names of our own


def store(connection: Connection, rows: Sequence[EventRow], now: int) -> int:
    """Store events that are not there yet (COPY to a staging table, then as a set), with the marks of aggregations.

    Returns how many were new. The staging tables keep their rows until the transaction ends:
    :mod:`gateway.store.item_lock` reads them (:mod:`gateway.store.staging`).
    """
    with connection.cursor() as cursor:
        recorded_at = to_datetime(now)
        with cursor.copy(_COPY) as copy:
            copy.set_types([kind for _, kind in _COLUMNS + _NUMBERS])
            for row in rows:
                copy.write_row(_values(row, recorded_at))
        cursor.execute(_STORE)
        stored = cursor.rowcount
        if any(row.children for row in rows):
            with cursor.copy(_COPY_MARKS) as copy:
                copy.set_types(_MARK_TYPES)
                for row in rows:
                    for child in row.children:
                        copy.write_row(_mark(row, child, recorded_at))
            cursor.execute(_STORE_MARKS)
    return stored


def _values(row: EventRow, recorded_at: datetime) -> tuple[object, ...]:
    event, position, unit = row.event, row.event.position, row.checked.unit
    return (
        row.checked.item_id,
        to_datetime(event.occurred_at),
        row.event_id,
        recorded_at,
        row.checked.org_id or "",
        row.reader_org,
        row.reader_id,
        event.biz_step,
        event.action.value,
        event.disposition,
        event.offset_minutes,
        event.read_point,
        None if position is None else position.latitude,
        None if position is None else position.longitude,
        None if position is None else position.radius_m,
        None if event.source is None else event.source.value,
        event.audience.value,
        event.handset,
        row.clock_bound_s,
        row.checked.proof.value,
        [child.item_id for child in row.children] or None,
        None if unit is None else unit.batch_number,
        None if unit is None else unit.index,
    )


def _mark(row: EventRow, child: Checked, recorded_at: datetime) -> tuple[object, ...]:
    return (
        child.item_id,
        to_datetime(row.event.occurred_at),
        row.event_id,
        row.checked.item_id,
        row.event.action is Action.ADD,
        recorded_at,
        child.org_id or "",
        child.proof.value,
        None if child.unit is None else child.unit.batch_number,
        None if child.unit is None else child.unit.index,
    )
