"""Events in the store as the gateway stores them, through its own code: what the gateway writes is what is read."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import psycopg

from gateway.store import events, staging
from gateway.store.event_row import EventRow
from schemas.code import Checked, Proof
from schemas.event import Action, Event, LocationSource
from schemas.geodesy import Position
from schemas.moment import to_microseconds


def observe(
    connection: psycopg.Connection,
    item_id: str,
    at: datetime,
    *,
    owner_org: str,
    reader_org: str,
    step: str = "shipping",
    action: Action = Action.OBSERVE,
    read_point: str | None = None,
    position: Position | None = None,
    children: tuple[str, ...] = (),
) -> UUID:
    """Store one event of a sealed item, with the marks of an aggregation, and judge nothing; the event's id."""
    event = Event(
        f"/{item_id}",
        to_microseconds(at),
        step,
        action=action,
        offset_minutes=480,
        read_point=read_point,
        position=position,
        source=None if position is None else LocationSource.GPS,
        children=tuple(f"/{child}" for child in children),
    )
    row = EventRow(
        uuid4(),
        event,
        Checked(Proof.SEALED, item_id, owner_org),
        tuple(Checked(Proof.SEALED, child, owner_org) for child in children),
        reader_org,
        "line-1",
        1,
    )
    staging.prepare(connection)
    with connection.transaction():
        assert events.store(connection, [row], to_microseconds(datetime.now(UTC))) == 1
    return row.event_id
