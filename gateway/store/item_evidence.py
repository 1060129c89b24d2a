"""The extract of evidence of each scanned item (table ``suyuan.item_evidence``): written from its history, read back.

Rows and what follows from them are in :mod:`gateway.store.evidence_rows`.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from gateway.evidence.evidence_item import EvidenceItem
from gateway.rules.history import MIN_CLOCK_BOUND_S
from gateway.store.claims import claimed
from gateway.store.connection import Connection
from gateway.store.containers import direct_stays
from gateway.store.evidence_rows import (
    AddedScanRow,
    ExtractRow,
    ObservedRow,
    ReportRow,
    StoredRow,
    evidence_item_of,
    extract_of,
    marks_of,
    reports_of,
    scans_of,
)
from gateway.store.sites import sites
from schemas.evidence import Clue

_PAGE_SIZE = 10_000
"""Rows that one statement fetches: the statement timeout must suffice however many items an owner has."""

_OBSERVED = """
SELECT item_id, event_id::text, (extract(epoch FROM occurred_at) * 1000000)::bigint,
       (extract(epoch FROM recorded_at) * 1000000)::bigint, biz_step, audience, coalesce(handset, ''),
       reader_org || '/' || reader_id, read_point, latitude, longitude, radius_m, greatest(clock_bound_s, %s),
       coalesce(network, ''), coalesce(operator, ''), coalesce(source, '')
FROM suyuan.event
WHERE item_id = ANY (%b) AND occurred_at >= %s AND occurred_at <= %s AND (audience = 'consumer' OR read_point <> '')
"""

# Where all events of these items lie: whole partitions are left out.
_SPAN = "SELECT min(first_seen), max(last_seen) FROM suyuan.item_state WHERE item_id = ANY (%b) AND events > 0"

_ADDED = """
SELECT item_id, CASE WHEN matched THEN 'matched' ELSE 'opened' END, opening_id::text,
       (extract(epoch FROM opened_at) * 1000000)::bigint, coalesce(handset, ''), latitude, longitude, radius_m,
       coalesce(network, ''), coalesce(operator, ''), coalesce(source, '')
FROM suyuan.opening WHERE item_id = ANY (%s)
UNION ALL
SELECT subject, 'mismatch', evidence -> 'events' ->> 0, (extract(epoch FROM occurred_at) * 1000000)::bigint, '',
       NULL, NULL, NULL, coalesce(evidence -> 'details' ->> 'network', ''), '', ''
FROM suyuan.finding WHERE subject = ANY (%s) AND rule = %s AND withdrawn_at IS NULL
"""

_REPORTED = """
SELECT item_id, (extract(epoch FROM created_at) * 1000000)::bigint, coalesce(reporter, ''), suspicion,
       coalesce(price_fen, 0), coalesce(network, '')
FROM suyuan.consumer_report WHERE item_id = ANY (%s)
"""

# Judging queues what a phone has scanned, and an opening queues itself: what readers report later of a package that was
# only ever opened is missed by both.
_OPENED_AND_SEEN_SINCE = """
SELECT v.item_id FROM suyuan.opening AS o JOIN suyuan.item_state AS s USING (item_id)
JOIN suyuan.item_evidence AS v USING (item_id)
WHERE s.scans = 0 AND s.last_seen > to_timestamp(coalesce((v.marks -> -1 ->> 0)::float8, 0) / 1000000) + interval '1 s'
ORDER BY v.item_id
"""

_UPSERT = """
INSERT INTO suyuan.item_evidence (item_id, owner_org, known, newest, packed_in, looks, marks, reports)
SELECT new.item_id, s.owner_org, s.proof IN ('signed', 'sealed'), new.newest, packed.parent_id, new.looks, new.marks,
       new.reports
FROM unnest(%s::text[], %s::timestamptz[], %s::jsonb[], %s::jsonb[], %s::jsonb[])
    AS new (item_id, newest, looks, marks, reports)
JOIN suyuan.item_state AS s USING (item_id)
LEFT JOIN LATERAL (
    SELECT m.parent_id
    FROM suyuan.containment_mark AS m LEFT JOIN suyuan.claim AS c USING (item_id, occurred_at, event_id)
    WHERE m.item_id = new.item_id AND m.packed AND c.item_id IS NULL
    ORDER BY m.occurred_at, m.event_id LIMIT 1) AS packed ON true
WHERE s.owner_org <> ''
ORDER BY new.item_id
ON CONFLICT (item_id) DO UPDATE SET known = excluded.known, newest = excluded.newest, packed_in = excluded.packed_in,
    looks = excluded.looks, marks = excluded.marks, reports = excluded.reports
RETURNING owner_org, item_id
"""

_STORED = """
SELECT v.item_id, v.known, v.looks, v.marks, coalesce(v.packed_in, v.item_id), coalesce(b.lot, ''),
       coalesce(s.unit_index, 0), b.expires_on,
       b.lot IS NULL OR EXISTS (
           SELECT FROM suyuan.commissioning AS c
           WHERE c.org_id = s.owner_org AND c.batch_number = s.batch_number AND c.indexes @> s.unit_index),
       coalesce(b.territory, '{}'), v.reports
FROM suyuan.item_evidence AS v
JOIN suyuan.item_state AS s USING (item_id)
LEFT JOIN suyuan.batch AS b ON b.org_id = s.owner_org AND b.batch_number = s.batch_number
WHERE v.owner_org = %s AND v.newest > %s
"""
_BY_ID = " ORDER BY v.item_id"
_OF_THESE = " AND v.item_id = ANY (%s)"


def refresh(connection: Connection, items: Sequence[str]) -> dict[str, set[str]]:
    """Upsert the extracts of ``items`` from their histories; returns by owner which of them are its goods.

    The extract of an item that nobody has scanned, or no longer has, is deleted. Forgetting a person waits until the
    transaction ends, and this for it: no extract is written of what is forgotten meanwhile.
    """
    if not items:
        return {}
    connection.execute("SELECT suyuan.lock_extracts(false)")
    direct = direct_stays(connection, items, facts_alone=True)
    containers = {stay.container for stays in direct.values() for stay in stays}
    family = list({*items, *containers})
    no_facts = claimed(connection, family)
    observed = [row for row in _observed(connection, family) if (row.item_id, row.event_id) not in no_facts]
    added = connection.execute(_ADDED, [list(items), list(items), Clue.PAIR_MISMATCH.value])
    scans = scans_of(observed, map(AddedScanRow._make, added))
    places = sites(connection, {row.read_point for row in observed if row.read_point is not None})
    marks = marks_of(items, observed, places, direct, no_facts)
    reports = reports_of(map(ReportRow._make, connection.execute(_REPORTED, [list(items)])))
    wanted = sorted(set(items))
    extracts = [extract_of(item, scans[item], marks[item], reports.get(item, ())) for item in wanted if item in scans]
    changed = _delete(connection, [item for item in wanted if item not in scans]) + _upsert(connection, extracts)
    by_owner: dict[str, set[str]] = {}
    for owner, item in changed:
        by_owner.setdefault(owner, set()).add(item)
    return by_owner


def _observed(connection: Connection, items: Sequence[str]) -> list[ObservedRow]:
    """The events of items and containers that are evidence."""
    since, until = connection.execute(_SPAN, [items]).fetchone() or (None, None)
    if since is None or until is None:
        return []
    rows = connection.execute(_OBSERVED, [MIN_CLOCK_BOUND_S, items, since, until], binary=True)
    return list(map(ObservedRow._make, rows))


def _delete(connection: Connection, items: Sequence[str]) -> list[tuple[str, str]]:
    if not items:
        return []
    rows = connection.execute(
        "DELETE FROM suyuan.item_evidence WHERE item_id = ANY (%s) RETURNING owner_org, item_id", [list(items)]
    )
    return [(owner, item) for owner, item in rows]


def _upsert(connection: Connection, extracts: Sequence[ExtractRow]) -> list[tuple[str, str]]:
    if not extracts:
        return []
    rows = connection.execute(
        _UPSERT,
        [
            [extract.item_id for extract in extracts],
            [extract.newest for extract in extracts],
            [Jsonb(extract.scans) for extract in extracts],
            [Jsonb(extract.marks) for extract in extracts],
            [Jsonb(extract.reports) for extract in extracts],
        ],
    )
    return [(owner, item) for owner, item in rows]


def opened_and_seen_since(connection: Connection) -> list[str]:
    """Items that no phone has scanned but one has opened, and that readers saw since their evidence was extracted."""
    return [item for (item,) in connection.execute(_OPENED_AND_SEEN_SINCE)]


def newest(connection: Connection, owner_org: str) -> datetime | None:
    """The time of the newest scan of an owner's goods."""
    row = connection.execute(
        "SELECT max(newest) FROM suyuan.item_evidence WHERE owner_org = %s", [owner_org]
    ).fetchone()
    return None if row is None else row[0]


def owners(connection: Connection) -> list[str]:
    """The organisations whose goods have evidence."""
    return [owner for (owner,) in connection.execute("SELECT DISTINCT owner_org FROM suyuan.item_evidence ORDER BY 1")]


def evidence_items(connection: Connection, owner_org: str, window: timedelta) -> list[EvidenceItem]:
    """An owner's items that were scanned within ``window`` before its newest scan, by item id.

    The window ends at that scan, not at the wall clock: the same events always give the same items.
    """
    last = newest(connection, owner_org)
    if last is None:
        return []
    with connection.transaction(), connection.cursor(name="evidence_items") as cursor:
        cursor.itersize = _PAGE_SIZE
        rows = cursor.execute(_STORED + _BY_ID, [owner_org, last - window])
        return [evidence_item_of(StoredRow._make(row)) for row in rows]


def changed_items(
    connection: Connection, owner_org: str, window: timedelta, items: Sequence[str]
) -> list[EvidenceItem]:
    """Those of ``items`` that :func:`evidence_items` would give, in any order."""
    last = newest(connection, owner_org)
    if last is None:
        return []
    rows = connection.execute(_STORED + _OF_THESE, [owner_org, last - window, items])
    return [evidence_item_of(StoredRow._make(row)) for row in rows]


def aged_items(connection: Connection, owner_org: str, window: timedelta, items: Sequence[str]) -> set[str]:
    """Those of ``items`` whose scans are all older than the window of :func:`evidence_items`."""
    last = newest(connection, owner_org)
    if last is None:
        return set()
    rows = connection.execute(
        "SELECT item_id FROM suyuan.item_evidence WHERE item_id = ANY (%s) AND newest <= %s", [items, last - window]
    )
    return {item for (item,) in rows}


def observed_items(connection: Connection, owner_org: str) -> dict[str, int]:
    """By lot, how many of an owner's items were observed, by readers or phones."""
    rows: Iterable[TupleRow] = connection.execute(
        "SELECT b.lot, count(*) FROM suyuan.item_state AS s JOIN suyuan.batch AS b ON b.org_id = s.owner_org"
        " AND b.batch_number = s.batch_number WHERE s.owner_org = %s AND s.events > 0 GROUP BY b.lot",
        [owner_org],
    )
    return {lot: count for lot, count in rows}  # noqa: C416 -- rows are tuples of any length to the type checker
