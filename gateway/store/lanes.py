"""First scans of items, and their counts by lane: one owner's goods, from one dealer, in one market."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.rules.fold import FirstScan
from gateway.rules.territory import Heard, LaneCount, stands_out
from gateway.store.connection import Connection
from schemas.moment import to_datetime, to_microseconds
from schemas.subject import LaneSubject


@dataclass(slots=True)
class LaneChange:
    """By how much the counts of a lane change.

    ``since``: the earliest first scan outside the territory that was added. ``gone``: one outside it was removed.
    """

    scans: int = 0
    off_territory: int = 0
    since: datetime | None = None
    gone: bool = False

    def add(self, at: datetime, *, off: bool) -> None:
        """Count a first scan that is new in this lane."""
        self.scans += 1
        if off:
            self.off_territory += 1
            self.since = at if self.since is None else min(self.since, at)

    def remove(self, *, off: bool) -> None:
        """Take back a first scan that is in this lane no longer."""
        self.scans -= 1
        self.off_territory -= off
        self.gone = self.gone or off


Changes = Mapping[tuple[str, str], Mapping[str, LaneChange]]
"""Changed lanes by (owner, dealer), then by market."""


def note_first_scans(connection: Connection, scans: Mapping[str, tuple[str, FirstScan | None]]) -> Changes:
    """Upsert each item's first scan, or delete it (None); returns the changes of lanes that follow.

    ``scans``: by item its owner and first scan.
    """
    changes: dict[tuple[str, str], dict[str, LaneChange]] = defaultdict(lambda: defaultdict(LaneChange))
    if not scans:
        return changes
    items = sorted(scans)
    before = {
        item: tuple(rest)
        for item, *rest in connection.execute(
            "SELECT item_id, owner_org, dealer_id, market_id, off_territory, occurred_at, voice FROM suyuan.first_scan"
            " WHERE item_id = ANY (%s)",
            [items],
        )
    }
    after = {
        item: (owner, scan.dealer_id, scan.market_id, scan.off_territory, to_datetime(scan.at[1]), scan.voice)
        for item, (owner, scan) in scans.items()
        if scan is not None
    }
    gone = [item for item in items if item in before and item not in after]
    moved = [item for item in items if item in after and before.get(item) != after[item]]
    if gone:
        connection.execute("DELETE FROM suyuan.first_scan WHERE item_id = ANY (%s)", [gone])
    if moved:
        connection.execute(_SCANNED_FIRST, [moved, *map(list, zip(*(after[item] for item in moved), strict=True))])
    for item in gone + moved:
        if item in before:
            owner, dealer, market, off, *_ = before[item]
            changes[owner, dealer][market].remove(off=off)
        if item in after:
            owner, dealer, market, off, at, _ = after[item]
            changes[owner, dealer][market].add(at, off=off)
    return changes


_SCANNED_FIRST = """
INSERT INTO suyuan.first_scan (item_id, owner_org, dealer_id, market_id, off_territory, occurred_at, voice)
SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::bool[], %s::timestamptz[], %s::integer[])
ON CONFLICT (item_id) DO UPDATE SET dealer_id = excluded.dealer_id, market_id = excluded.market_id,
    off_territory = excluded.off_territory, occurred_at = excluded.occurred_at, voice = excluded.voice
"""


def lock_dealer(connection: Connection, lanes: str) -> None:
    """Lock a dealer's ``lanes`` (lane/owner/dealer) until the end of the transaction, by an advisory lock."""
    connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [lanes])


def change_lanes(
    connection: Connection, owner_org: str, dealer_id: str, changes: Mapping[str, LaneChange]
) -> tuple[int, tuple[LaneCount, ...]]:
    """Apply ``changes`` by market; returns how many first scans the dealer's goods have, and those in foreign markets.

    Locks the dealer until the end of the transaction: two workers must not conclude from counts that both change.
    """
    lock_dealer(connection, LaneSubject(owner_org, dealer_id, "").dealer_lanes)
    markets = sorted(changes)
    connection.execute(
        _CHANGE_LANES,
        {
            "owner": owner_org,
            "dealer": dealer_id,
            "markets": markets,
            "scans": [changes[market].scans for market in markets],
            "off": [changes[market].off_territory for market in markets],
            "since": [changes[market].since for market in markets],
        },
    )
    if shrunk := [market for market in markets if changes[market].gone]:
        rest: dict[str, datetime] = dict(connection.execute(_FIRST_OF_THE_REST, [owner_org, dealer_id, shrunk]))
        since = [rest.get(market) for market in shrunk]
        connection.execute(_SINCE, [shrunk, since, owner_org, dealer_id])
    rows = connection.execute(
        "SELECT market_id, scans, off_territory, since FROM suyuan.lane WHERE owner_org = %s AND dealer_id = %s"
        " ORDER BY market_id",
        [owner_org, dealer_id],
    ).fetchall()
    scans = sum(scans for _, scans, _, _ in rows)
    heard = _heard(connection, owner_org, dealer_id, [market for market, _, off, _ in rows if stands_out(scans, off)])
    return scans, tuple(
        LaneCount(market, off, to_microseconds(since), heard.get(market, ())) for market, _, off, since in rows if off
    )


def _heard(connection: Connection, owner_org: str, dealer_id: str, markets: Sequence[str]) -> dict[str, list[Heard]]:
    """By foreign market the networks and days of the first scans in it. No query where ``markets`` is empty."""
    found: dict[str, list[Heard]] = {}
    if markets:
        for market, *heard in connection.execute(_HEARD, [owner_org, dealer_id, markets]):
            found.setdefault(market, []).append(Heard(*heard))
    return found


# The dealer is locked, so that nobody else inserts the row that is missing. (ON CONFLICT would check the constraints of
# the row to insert first, and a change may be negative.)
_CHANGE_LANES = """
WITH changed (market_id, scans, off_territory, since) AS (
    SELECT * FROM unnest(%(markets)s::text[], %(scans)s::bigint[], %(off)s::bigint[], %(since)s::timestamptz[])
), known AS (
    UPDATE suyuan.lane AS l
    SET scans = l.scans + c.scans, off_territory = l.off_territory + c.off_territory, since = least(l.since, c.since)
    FROM changed AS c
    WHERE l.owner_org = %(owner)s AND l.dealer_id = %(dealer)s AND l.market_id = c.market_id
    RETURNING l.market_id
)
INSERT INTO suyuan.lane (owner_org, dealer_id, market_id, scans, off_territory, since)
SELECT %(owner)s, %(dealer)s, market_id, scans, off_territory, since
FROM changed WHERE market_id NOT IN (SELECT market_id FROM known)
"""

_HEARD = """
SELECT market_id, voice, (occurred_at AT TIME ZONE 'UTC')::date - date '1970-01-01' AS day, count(*)
FROM suyuan.first_scan WHERE owner_org = %s AND dealer_id = %s AND market_id = ANY (%s) AND off_territory
GROUP BY market_id, voice, day ORDER BY market_id, voice, day
"""

_FIRST_OF_THE_REST = """
SELECT market_id, min(occurred_at) FROM suyuan.first_scan
WHERE owner_org = %s AND dealer_id = %s AND market_id = ANY (%s) AND off_territory GROUP BY market_id
"""

_SINCE = """
UPDATE suyuan.lane AS l SET since = rest.since
FROM unnest(%s::text[], %s::timestamptz[]) AS rest (market_id, since)
WHERE l.owner_org = %s AND l.dealer_id = %s AND l.market_id = rest.market_id
"""
