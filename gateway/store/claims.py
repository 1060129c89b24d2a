"""Claims: what was said of items by those whose say it is not (docs/authority.md)."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import LiteralString, NamedTuple

from gateway.authority.settling import Claim
from gateway.store.connection import Connection
from schemas.moment import to_datetime

_WITHDRAW: LiteralString = """
DELETE FROM suyuan.claim AS c
WHERE c.item_id = ANY (%b) AND NOT EXISTS (
    SELECT FROM unnest(%b::text[], %b::timestamptz[], %b::uuid[]) AS standing (item_id, occurred_at, event_id)
    WHERE standing.item_id = c.item_id AND standing.occurred_at = c.occurred_at AND standing.event_id = c.event_id)
RETURNING c.owner_org, c.reader_org, (c.occurred_at AT TIME ZONE 'UTC')::date
"""

_ADD: LiteralString = """
INSERT INTO suyuan.claim (item_id, occurred_at, event_id, owner_org, reader_org, reader_id, verb, biz_step, read_point,
                          container)
SELECT * FROM unnest(%b::text[], %b::timestamptz[], %b::uuid[], %b::text[], %b::text[], %b::text[], %b::text[],
                     %b::text[], %b::text[], %b::text[])
ON CONFLICT DO NOTHING
RETURNING owner_org, reader_org, (occurred_at AT TIME ZONE 'UTC')::date
"""

# In one order, so that no two workers wait for each other.
_COUNT: LiteralString = """
INSERT INTO suyuan.claim_day AS d (owner_org, reader_org, day, claims)
SELECT * FROM unnest(%s::text[], %s::text[], %s::date[], %s::bigint[])
ON CONFLICT (owner_org, reader_org, day) DO UPDATE SET claims = d.claims + excluded.claims
"""


class ItemClaim(NamedTuple):
    """A claim about an item, and whose item it is."""

    item_id: str
    owner_org: str
    claim: Claim


def save(connection: Connection, re_evaluated: Sequence[str], claims: Sequence[ItemClaim]) -> list[tuple[str, str]]:
    """Make ``claims`` all that stand about ``re_evaluated``, and add those about other items.

    Returns whose goods were spoken of by whom, where that changed, in order; their counts by day are kept.
    """
    if not re_evaluated and not claims:
        return []
    changes: dict[tuple[str, str, date], int] = {}
    if re_evaluated:
        gone = connection.execute(_WITHDRAW, [list(re_evaluated), *_keys(claims)], binary=True)
        _count(changes, gone, -1)
    if claims:
        _count(changes, connection.execute(_ADD, _columns(claims), binary=True), 1)
    changed = sorted(key for key, change in changes.items() if change)
    if changed:
        columns: list[list[object]] = [list(column) for column in zip(*changed, strict=True)]
        connection.execute(_COUNT, [*columns, [changes[key] for key in changed]])
    return sorted({(owner_org, reader_org) for owner_org, reader_org, _ in changed})


def by_day(connection: Connection, owner_org: str, reader_org: str) -> list[tuple[date, int]]:
    """How many claims an organisation made about an owner's goods, by day of event time (UTC)."""
    return connection.execute(
        "SELECT day, claims FROM suyuan.claim_day WHERE owner_org = %s AND reader_org = %s AND claims > 0 ORDER BY day",
        [owner_org, reader_org],
    ).fetchall()


def claimed(connection: Connection, items: Sequence[str]) -> set[tuple[str, str]]:
    """The claims that stand about these items, each by item and event."""
    rows = connection.execute(
        "SELECT item_id, event_id::text FROM suyuan.claim WHERE item_id = ANY (%s)", [list(items)]
    )
    return set(rows.fetchall())


def _count(changes: dict[tuple[str, str, date], int], rows: Iterable[tuple[str, str, date]], by: int) -> None:
    for row in rows:
        changes[row] = changes.get(row, 0) + by


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
    ]
