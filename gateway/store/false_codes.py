"""Examples of false codes that consumers read: a few a product and day, so that a printed forgery is found again."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from psycopg.types.json import Jsonb

from gateway.rules.false_scans import FalseCode, FalseScan, Voice
from gateway.store.connection import Connection
from gateway.store.false_scan_counts import ProductDay
from schemas.moment import to_datetime

SAMPLED_A_DAY = 20
"""New examples of a product a day."""
SAMPLED_A_NETWORK = 2
"""Those of one network among them: one that makes up serials leaves room for others'."""
UNFOUND_RETENTION = timedelta(days=30)
FOUND_RETENTION = timedelta(days=400)
_PURGED_AT_ONCE = 1000

_KNOWN = """
SELECT item_id, owner_org, gtin, proof, voices, found_on FROM suyuan.false_code
WHERE item_id = ANY (%s) ORDER BY item_id FOR UPDATE
"""

_SAMPLED = """
SELECT owner_org, sampled_on, gtin, network, count(*) FROM suyuan.false_code
WHERE (owner_org, gtin) IN (SELECT * FROM unnest(%s::text[], %s::text[])) AND sampled_on = ANY (%s)
GROUP BY owner_org, sampled_on, gtin, network
"""

_UPSERT = """
INSERT INTO suyuan.false_code AS c
    (item_id, owner_org, gtin, proof, sampled_on, network, first_at, last_at, scans, voices, found_on)
SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::date[], %s::text[], %s::timestamptz[],
                     %s::timestamptz[], %s::bigint[], %s::jsonb[], %s::date[])
    AS new (item_id, owner_org, gtin, proof, sampled_on, network, first_at, last_at, scans, voices, found_on)
ORDER BY item_id
ON CONFLICT (item_id) DO UPDATE SET first_at = least(c.first_at, excluded.first_at),
    last_at = greatest(c.last_at, excluded.last_at), scans = c.scans + excluded.scans, voices = excluded.voices,
    found_on = excluded.found_on
"""

_PURGE = """
DELETE FROM suyuan.false_code WHERE item_id = ANY (ARRAY (
    SELECT item_id FROM suyuan.false_code WHERE last_at < %s AND (found_on IS NULL OR last_at < %s)
    LIMIT %s FOR UPDATE SKIP LOCKED))
"""


def sample(connection: Connection, scans: Sequence[FalseScan]) -> set[ProductDay]:
    """Keep scans that are of known examples, or that there is room for; the days whose printed forgeries changed.

    ``scans`` are of product days that this transaction has counted, and so locked.
    """
    codes = _known(connection, {scan.item_id for scan in scans})
    room = _Room(connection, scans)
    stored: dict[str, list[FalseScan]] = {}
    for scan in scans:
        if scan.item_id not in codes:
            if not room.take(scan):
                continue
            codes[scan.item_id] = FalseCode(scan.item_id, scan.owner_org, scan.gtin, scan.proof)
        codes[scan.item_id] = codes[scan.item_id].heard(scan)
        stored.setdefault(scan.item_id, []).append(scan)
    if not stored:
        return set()
    rows = [_row(codes[item], own) for item, own in sorted(stored.items())]
    connection.execute(_UPSERT, [list(column) for column in zip(*rows, strict=True)])
    return {
        ProductDay(codes[item].owner_org, day, codes[item].gtin) for item in stored if (day := codes[item].found_on)
    }


class _Room:
    """How many more examples each product day may have, of each network."""

    def __init__(self, connection: Connection, scans: Sequence[FalseScan]) -> None:
        products = sorted({(scan.owner_org, scan.gtin) for scan in scans})
        days = sorted({scan.day for scan in scans})
        values = [[owner_org for owner_org, _ in products], [gtin for _, gtin in products], days]
        self._by_day: Counter[ProductDay] = Counter()
        self._by_network: Counter[tuple[ProductDay, str]] = Counter()
        for owner_org, day, gtin, network, sampled in connection.execute(_SAMPLED, values):
            self._by_day[ProductDay(owner_org, day, gtin)] += sampled
            self._by_network[ProductDay(owner_org, day, gtin), network] += sampled

    def take(self, scan: FalseScan) -> bool:
        """Take the room for one more example; False when there is none."""
        product = ProductDay(scan.owner_org, scan.day, scan.gtin)
        if self._by_day[product] >= SAMPLED_A_DAY or self._by_network[product, scan.network] >= SAMPLED_A_NETWORK:
            return False
        self._by_day[product] += 1
        self._by_network[product, scan.network] += 1
        return True


def found_on(connection: Connection, product: ProductDay) -> list[FalseCode]:
    """The product's codes that were known on that day to be printed forgeries."""
    rows = connection.execute(
        "SELECT item_id, owner_org, gtin, proof, voices, found_on FROM suyuan.false_code"
        " WHERE (owner_org, found_on, gtin) = (%s, %s, %s) ORDER BY item_id",
        [*product],
    )
    return [_code(*row) for row in rows]


def purge(connection: Connection, now: datetime) -> None:
    """Delete some of the examples that were last seen longer ago than they are kept."""
    connection.execute(_PURGE, [now - UNFOUND_RETENTION, now - FOUND_RETENTION, _PURGED_AT_ONCE])


def _known(connection: Connection, items: Iterable[str]) -> dict[str, FalseCode]:
    codes = (_code(*row) for row in connection.execute(_KNOWN, [sorted(items)]))
    return {code.item_id: code for code in codes}


def _code(
    item_id: str, owner_org: str, gtin: str, proof: str, voices: list[list[str]], found: date | None
) -> FalseCode:
    return FalseCode(item_id, owner_org, gtin, proof, tuple(Voice(*voice) for voice in voices), found)


def _row(code: FalseCode, scans: Sequence[FalseScan]) -> tuple[object, ...]:
    times = [scan.at for scan in scans]
    return (
        code.item_id,
        code.owner_org,
        code.gtin,
        code.proof,
        scans[0].day,
        scans[0].network,
        to_datetime(min(times)),
        to_datetime(max(times)),
        len(scans),
        Jsonb([list(voice) for voice in code.voices]),
        code.found_on,
    )
