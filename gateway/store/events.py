"""Storing events, and the containment marks that aggregations among them set. The same event is stored once."""

from collections.abc import Sequence
from datetime import datetime

from gateway.store.connection import Connection
from gateway.store.event_row import EventRow
from gateway.store.staging import STAGED_EVENT, STAGED_MARK
from schemas.code import Checked
from schemas.event import Action
from schemas.moment import to_datetime

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
    ("network", "text"),
    ("operator", "text"),
    ("destination", "text"),
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
        row.network,
        row.operator,
        event.destination,
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
