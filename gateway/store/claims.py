"""Claims: what was said of items by those whose say it is not (docs/authority.md)."""

from collections import Counter
from collections.abc import Sequence
from typing import LiteralString, NamedTuple
from uuid import UUID

from gateway.authority.settling import Claim
from gateway.store.claimed_events import ClaimedEvent, Description, change
from gateway.store.connection import Connection
from schemas.moment import to_datetime

_WITHDRAW: LiteralString = """
DELETE FROM suyuan.claim AS c
WHERE c.item_id = ANY (%b) AND NOT EXISTS (
    SELECT FROM unnest(%b::text[], %b::timestamptz[], %b::uuid[]) AS standing (item_id, occurred_at, event_id)
    WHERE standing.item_id = c.item_id AND standing.occurred_at = c.occurred_at AND standing.event_id = c.event_id)
RETURNING c.owner_org, c.reader_org, c.recorded_at, c.event_id
"""

_ADD: LiteralString = """
INSERT INTO suyuan.claim (item_id, occurred_at, event_id, owner_org, reader_org, reader_id, verb, biz_step, read_point,
                          container, recorded_at)
SELECT * FROM unnest(%b::text[], %b::timestamptz[], %b::uuid[], %b::text[], %b::text[], %b::text[], %b::text[],
                     %b::text[], %b::text[], %b::text[], %b::timestamptz[])
ON CONFLICT DO NOTHING
RETURNING owner_org, reader_org, recorded_at, event_id
"""


class ItemClaim(NamedTuple):
    """A claim about an item, and whose item it is."""

    item_id: str
    owner_org: str
    claim: Claim


def save(connection: Connection, re_evaluated: Sequence[str], claims: Sequence[ItemClaim]) -> list[tuple[str, str]]:
    """Make ``claims`` all that stand about ``re_evaluated``, and add those about other items.

    Returns whose goods were spoken of by whom, where the number of events changed, in order (:mod:`.claimed_events`).
    """
    changes: Counter[ClaimedEvent] = Counter()
    if re_evaluated:
        gone = connection.execute(_WITHDRAW, [list(re_evaluated), *_keys(claims)], binary=True)
        changes.subtract(ClaimedEvent(*row) for row in gone)
    if claims:
        added = connection.execute(_ADD, _columns(claims), binary=True)
        changes.update(ClaimedEvent(*row) for row in added)
    described: dict[ClaimedEvent, Description] = {}
    for each in claims:
        event, description = _event(each)
        described.setdefault(event, description)
    return change(connection, changes, described)


def _event(each: ItemClaim) -> tuple[ClaimedEvent, Description]:
    said = each.claim.sighting
    arrived = to_datetime(said.recorded_at)
    return (
        ClaimedEvent(each.owner_org, said.reader_org, arrived, UUID(said.event_id)),
        Description(
            said.via or each.item_id,
            to_datetime(said.occurred_at),
            said.reader_id,
            each.claim.verb.value,
            said.biz_step,
            said.read_point,
        ),
    )


def claimed(connection: Connection, items: Sequence[str]) -> set[tuple[str, str]]:
    """The claims that stand about these items, each by item and event."""
    rows = connection.execute(
        "SELECT item_id, event_id::text FROM suyuan.claim WHERE item_id = ANY (%s)", [list(items)]
    )
    return set(rows.fetchall())


def _keys(claims: Sequence[ItemClaim]) -> list[list[object]]:
    return [
        [each.item_id for each in claims],
        [to_datetime(each.claim.sighting.occurred_at) for each in claims],
        [each.claim.sighting.event_id for each in claims],
    ]


def _columns(claims: Sequence[ItemClaim]) -> list[list[object]]:
    sightings = [each.claim.sighting for each in claims]
    return [
        *_keys(claims),
        [each.owner_org for each in claims],
        [sighting.reader_org for sighting in sightings],
        [sighting.reader_id for sighting in sightings],
        [each.claim.verb.value for each in claims],
        [sighting.biz_step for sighting in sightings],
        [sighting.read_point for sighting in sightings],
        [sighting.via for sighting in sightings],
        [to_datetime(sighting.recorded_at) for sighting in sightings],
    ]
