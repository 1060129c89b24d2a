"""Counts of consumers' scans of false codes: by product, network and hour, and by product and day."""

from collections import Counter
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from gateway.rules.false_scans import NO_PRODUCT, FalseScan, usual_span
from gateway.store.connection import Connection
from schemas.moment import to_datetime

MAX_NETWORKS = 1000
"""Networks that are told apart for one product on one day; further ones are counted as one, :data:`OTHERS`."""
OTHERS = "+"
HOURS_RETENTION = timedelta(days=90)
DAYS_RETENTION = timedelta(days=400)
_PURGED_AT_ONCE = 1000

_ADD_DAYS = """
INSERT INTO suyuan.false_scan_day AS d (owner_org, day, gtin, scans)
SELECT * FROM unnest(%s::text[], %s::date[], %s::text[], %s::bigint[]) AS new (owner_org, day, gtin, scans)
ORDER BY owner_org, day, gtin
ON CONFLICT (owner_org, day, gtin) DO UPDATE SET scans = d.scans + excluded.scans
RETURNING owner_org, day, gtin, networks
"""

_KNOWN = """
SELECT DISTINCT owner_org, gtin, network, (hour AT TIME ZONE 'UTC')::date
FROM suyuan.false_scan JOIN unnest(%s::text[], %s::text[], %s::text[]) AS asked (owner_org, gtin, network)
    USING (owner_org, gtin, network)
WHERE hour >= %s AND hour < %s
"""

_ADD_HOURS = """
INSERT INTO suyuan.false_scan AS h (owner_org, gtin, network, hour, scans)
SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::bigint[])
    AS new (owner_org, gtin, network, hour, scans)
ORDER BY owner_org, gtin, network, hour
ON CONFLICT (owner_org, gtin, network, hour) DO UPDATE SET scans = h.scans + excluded.scans
"""

_ADD_NETWORKS = """
UPDATE suyuan.false_scan_day AS d SET networks = d.networks + new.networks
FROM unnest(%s::text[], %s::date[], %s::text[], %s::int[]) AS new (owner_org, day, gtin, networks)
WHERE (d.owner_org, d.day, d.gtin) = (new.owner_org, new.day, new.gtin)
"""

_PURGE = (
    """
DELETE FROM suyuan.false_scan WHERE ctid = ANY (ARRAY (
    SELECT ctid FROM suyuan.false_scan WHERE hour < %s LIMIT %s FOR UPDATE SKIP LOCKED))
""",
    """
DELETE FROM suyuan.false_scan_day WHERE ctid = ANY (ARRAY (
    SELECT ctid FROM suyuan.false_scan_day WHERE day < %s LIMIT %s FOR UPDATE SKIP LOCKED))
""",
)


class ProductDay(NamedTuple):
    """What is counted together: an owner's product on one day (UTC)."""

    owner_org: str
    day: date
    gtin: str


def with_registered_products(connection: Connection, scans: Sequence[FalseScan]) -> list[FalseScan]:
    """The scans, under :data:`NO_PRODUCT` where their owner has no such product: GTINs are made up as cheaply."""
    known = registered(connection, {(scan.owner_org, scan.gtin) for scan in scans})
    return [scan if (scan.owner_org, scan.gtin) in known else scan._replace(gtin=NO_PRODUCT) for scan in scans]


def registered(connection: Connection, products: AbstractSet[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those of the pairs of owner and GTIN that the owner registered as its product."""
    gtins = sorted({gtin for _, gtin in products})
    rows = connection.execute("SELECT org_id, gtin FROM suyuan.product WHERE gtin = ANY (%s)", [gtins])
    return {(owner_org, gtin) for owner_org, gtin in rows} & products


def count(connection: Connection, scans: Sequence[FalseScan]) -> dict[ProductDay, int]:
    """Add scans to the counts; how many networks each of their product days has then.

    The rows of the days stay locked until the transaction ends: who counts the same product waits.
    """
    by_day = Counter(ProductDay(scan.owner_org, scan.day, scan.gtin) for scan in scans)
    rows = connection.execute(_ADD_DAYS, [*_columns(by_day, 3), list(by_day.values())]).fetchall()
    networks = {ProductDay(owner_org, day, gtin): seen for owner_org, day, gtin, seen in rows}
    known = _known_networks(connection, scans)
    by_hour: Counter[tuple[str, str, str, datetime]] = Counter()
    added: Counter[ProductDay] = Counter()
    for scan in scans:
        day, network = ProductDay(scan.owner_org, scan.day, scan.gtin), scan.network
        if (day, network) not in known:
            if networks[day] + added[day] < MAX_NETWORKS:
                known.add((day, network))
                added[day] += 1
            else:
                network = OTHERS
        hour = to_datetime(scan.at).astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        by_hour[scan.owner_org, scan.gtin, network, hour] += 1
    connection.execute(_ADD_HOURS, [*_columns(by_hour, 4), list(by_hour.values())])
    if added:
        connection.execute(_ADD_NETWORKS, [*_columns(added, 3), list(added.values())])
    return {day: seen + added[day] for day, seen in networks.items()}


def _known_networks(connection: Connection, scans: Sequence[FalseScan]) -> set[tuple[ProductDay, str]]:
    named = sorted({(scan.owner_org, scan.gtin, scan.network) for scan in scans})
    days = [scan.day for scan in scans]
    begin, end = _midnight(min(days)), _midnight(max(days) + timedelta(days=1))
    rows = connection.execute(_KNOWN, [*_columns(named, 3), begin, end])
    return {(ProductDay(owner_org, day, gtin), network) for owner_org, gtin, network, day in rows}


def usual_networks(connection: Connection, product: ProductDay) -> float:
    """From how many networks a day the product's false codes were read lately, on average."""
    first, last = usual_span(product.day)
    row = connection.execute(
        "SELECT coalesce(sum(networks), 0)::float8 / %s FROM suyuan.false_scan_day"
        " WHERE owner_org = %s AND gtin = %s AND day BETWEEN %s AND %s",
        [(last - first).days + 1, product.owner_org, product.gtin, first, last],
    ).fetchone()
    return 0.0 if row is None else float(row[0])


def may_alert(connection: Connection, product: ProductDay, budget: int) -> bool:
    """Note that the product has an alert that day; False when ``budget`` products of its owner have one already."""
    row = connection.execute(
        "SELECT count(*) FILTER (WHERE gtin = %s), count(*) FROM suyuan.false_scan_day"
        " WHERE owner_org = %s AND day = %s AND alerted",
        [product.gtin, product.owner_org, product.day],
    ).fetchone()
    own, all_of_owner = row or (0, 0)
    if not own and all_of_owner < budget:
        connection.execute(
            "UPDATE suyuan.false_scan_day SET alerted = true WHERE (owner_org, day, gtin) = (%s, %s, %s)", [*product]
        )
    return bool(own) or all_of_owner < budget


def purge(connection: Connection, now: datetime) -> None:
    """Delete some of the counts that are older than they are kept."""
    for statement, retention in zip(_PURGE, (HOURS_RETENTION, DAYS_RETENTION), strict=True):
        connection.execute(statement, [now - retention, _PURGED_AT_ONCE])


def _columns(rows: Iterable[tuple[object, ...]], width: int) -> list[list[object]]:
    listed = list(rows)
    return [[row[place] for row in listed] for place in range(width)]


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
