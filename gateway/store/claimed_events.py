"""Events that are claims about some of an owner's items: one row each, however many the items, and counted by day."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import LiteralString, NamedTuple
from uuid import UUID

from gateway.store.connection import Connection


class ClaimedEvent(NamedTuple):
    """An event that is a claim about an owner's goods. ``recorded_at``: when it arrived."""

    owner_org: str
    reader_org: str
    recorded_at: datetime
    event_id: UUID


class Description(NamedTuple):
    """What an event says; ``item_id``: what it is of, be that an item or the container that its items were in."""

    item_id: str
    occurred_at: datetime
    reader_id: str
    verb: str
    biz_step: str
    read_point: str | None


_ADD: LiteralString = """
INSERT INTO suyuan.claimed_event AS e
    (owner_org, reader_org, recorded_at, event_id, item_id, occurred_at, reader_id, verb, biz_step, read_point, items)
SELECT * FROM unnest(%s::text[], %s::text[], %s::timestamptz[], %s::uuid[], %s::text[], %s::timestamptz[], %s::text[],
                     %s::text[], %s::text[], %s::text[], %s::bigint[])
ON CONFLICT (owner_org, recorded_at, event_id) DO UPDATE SET items = e.items + excluded.items
RETURNING e.owner_org, e.reader_org, e.recorded_at, e.event_id, e.items
"""

_TAKE: LiteralString = """
UPDATE suyuan.claimed_event AS e SET items = e.items - gone.items
FROM unnest(%s::text[], %s::text[], %s::timestamptz[], %s::uuid[], %s::bigint[])
    AS gone (owner_org, reader_org, recorded_at, event_id, items)
WHERE e.owner_org = gone.owner_org AND e.recorded_at = gone.recorded_at AND e.event_id = gone.event_id
RETURNING e.owner_org, e.reader_org, e.recorded_at, e.event_id, e.items
"""

_DELETE: LiteralString = """
DELETE FROM suyuan.claimed_event AS e USING unnest(%s::text[], %s::timestamptz[], %s::uuid[])
    AS gone (owner_org, recorded_at, event_id)
WHERE e.owner_org = gone.owner_org AND e.recorded_at = gone.recorded_at AND e.event_id = gone.event_id
"""

_COUNT: LiteralString = """
INSERT INTO suyuan.claim_day AS d (owner_org, reader_org, day, claims)
SELECT * FROM unnest(%s::text[], %s::text[], %s::date[], %s::bigint[])
ON CONFLICT (owner_org, reader_org, day) DO UPDATE SET claims = d.claims + excluded.claims
"""


def change(
    connection: Connection, items: Mapping[ClaimedEvent, int], described: Mapping[ClaimedEvent, Description]
) -> list[tuple[str, str]]:
    """Change of how many items each event is a claim. ``described``: those that it becomes a claim of.

    Returns whose goods were spoken of by whom, where the number of events changed, in order. What an organisation says
    of an owner's goods is locked until the transaction ends: findings about all its days follow from the counts.
    """
    changed = {event: number for event, number in sorted(items.items()) if number}
    for owner_org, reader_org in sorted({event[:2] for event in changed}):
        connection.execute(_LOCK, [f"claims/{owner_org}/{reader_org}"])
    more = [(event, number) for event, number in changed.items() if number > 0]
    less = [(event, -number) for event, number in changed.items() if number < 0]
    days: Counter[tuple[str, str, date]] = Counter()
    if more:
        rows = connection.execute(_ADD, _columns([(*event, *described[event], number) for event, number in more]))
        days.update(_day(ClaimedEvent(*event)) for *event, number in rows if number == changed[ClaimedEvent(*event)])
    if less:
        rows = connection.execute(_TAKE, _columns([(*event, number) for event, number in less]))
        gone = [ClaimedEvent(*event) for *event, number in rows if number == 0]
        days.subtract(_day(event) for event in gone)
        if gone:
            connection.execute(_DELETE, _columns([(each.owner_org, each.recorded_at, each.event_id) for each in gone]))
    counted = sorted((*day, number) for day, number in days.items() if number)
    if counted:
        connection.execute(_COUNT, _columns(counted))
    return sorted({(owner_org, reader_org) for owner_org, reader_org, *_ in counted})


def by_day(connection: Connection, owner_org: str, reader_org: str) -> list[tuple[date, int]]:
    """How many events of an organisation are claims about an owner's goods, by the day on which they arrived (UTC)."""
    return connection.execute(
        "SELECT day, claims FROM suyuan.claim_day WHERE owner_org = %s AND reader_org = %s AND claims > 0 ORDER BY day",
        [owner_org, reader_org],
    ).fetchall()


_LOCK: LiteralString = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"


def _day(event: ClaimedEvent) -> tuple[str, str, date]:
    return event.owner_org, event.reader_org, event.recorded_at.astimezone(UTC).date()


def _columns(rows: Sequence[tuple[object, ...]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]
