"""Each looked-at item's evidence: read from its history, kept bounded, and read back all at once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple

from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from gateway.evidence.evidence_item import EvidenceItem, MarkSource
from gateway.evidence.item import InnerCode, ItemEvidence, Mark, Report, Scan, Suspected
from gateway.evidence.registry import SITE_KINDS
from gateway.rules.containment import FOR_EVER, Stay, carried
from gateway.rules.history import LEAST_CLOCK_BOUND_S
from gateway.store.connection import Connection
from gateway.store.containers import direct_stays
from gateway.store.sites import Site, sites
from schemas.evidence import Clue
from schemas.moment import to_datetime, to_microseconds

NOWHERE_KM = 1e9
"""The radius of a phone that said nothing of its place, in JSON, which has no infinity: more than the Earth has."""
_DEFAULT_RADIUS_KM = 0.1
_AT_ONCE = 10_000
"""Rows that one statement fetches: a time limit is one of statements, and holds however much an owner has."""

_SEEN = """
SELECT item_id, event_id::text, (extract(epoch FROM occurred_at) * 1000000)::bigint,
       (extract(epoch FROM recorded_at) * 1000000)::bigint, biz_step, audience, coalesce(handset, ''),
       reader_org || '/' || reader_id, read_point, latitude, longitude, radius_m, greatest(clock_bound_s, %s)
FROM suyuan.event
WHERE item_id = ANY (%b) AND occurred_at >= %s AND occurred_at <= %s AND (audience = 'consumer' OR read_point <> '')
"""

# Where all events of these items lie: whole partitions are left out.
_SPAN = "SELECT min(first_seen), max(last_seen) FROM suyuan.item_state WHERE item_id = ANY (%b) AND events > 0"

_MORE = """
SELECT item_id, 'opened', opening_id::text, (extract(epoch FROM opened_at) * 1000000)::bigint, coalesce(handset, '')
FROM suyuan.opening WHERE item_id = ANY (%s)
UNION ALL
SELECT subject, 'mismatch', evidence -> 'events' ->> 0, (extract(epoch FROM occurred_at) * 1000000)::bigint, ''
FROM suyuan.finding WHERE subject = ANY (%s) AND rule = %s AND withdrawn_at IS NULL
"""

_REPORTED = """
SELECT item_id, (extract(epoch FROM created_at) * 1000000)::bigint, coalesce(reporter, ''), suspicion,
       coalesce(price_fen, 0), coalesce(network, '')
FROM suyuan.consumer_report WHERE item_id = ANY (%s)
"""

_SUSPECTED = {
    "counterfeit": Suspected.COUNTERFEIT,
    "tampered": Suspected.TAMPERED,
    "diverted": Suspected.DIVERTED,
}

_KEEP = """
INSERT INTO suyuan.item_evidence (item_id, owner_org, known, newest, packed_in, looks, marks, reports)
SELECT new.item_id, s.owner_org, s.proof IN ('signed', 'sealed'), new.newest, packed.parent_id, new.looks, new.marks,
       new.reports
FROM unnest(%s::text[], %s::timestamptz[], %s::jsonb[], %s::jsonb[], %s::jsonb[])
    AS new (item_id, newest, looks, marks, reports)
JOIN suyuan.item_state AS s USING (item_id)
LEFT JOIN LATERAL (
    SELECT parent_id FROM suyuan.containment_mark WHERE item_id = new.item_id AND packed
    ORDER BY occurred_at, event_id LIMIT 1) AS packed ON true
WHERE s.owner_org <> ''
ORDER BY new.item_id
ON CONFLICT (item_id) DO UPDATE SET known = excluded.known, newest = excluded.newest, packed_in = excluded.packed_in,
    looks = excluded.looks, marks = excluded.marks, reports = excluded.reports
RETURNING owner_org
"""

_ALL = """
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
ORDER BY v.item_id
"""


def refresh(connection: Connection, items: Sequence[str]) -> set[str]:
    """Read these items' histories, and keep what assessing needs of them; the owners whose goods they are.

    Items that nobody has looked at (any more) leave nothing.
    """
    drafts = {item: _Draft() for item in items}
    if not items:
        return set()
    _see(connection, drafts)
    for item, what, event_id, at, handset in connection.execute(
        _MORE, [list(items), list(items), Clue.PAIR_MISMATCH.value]
    ):
        inner = InnerCode.MISMATCHED if what == "mismatch" else InnerCode.UNREAD
        scan = Scan(at, handset, 0.0, 0.0, NOWHERE_KM, LEAST_CLOCK_BOUND_S, what == "opened", inner)
        drafts[item].scans.setdefault(scan, event_id or "")
    for item, at, reporter, suspicion, price_fen, network in connection.execute(_REPORTED, [list(items)]):
        suspected = _SUSPECTED.get(suspicion, Suspected.OTHER)
        drafts[item].reports.append(Report(at, reporter, suspected, price_fen, network))
    kept = [(item, *draft.columns()) for item, draft in sorted(drafts.items()) if draft.scans]
    gone = [item for item, draft in drafts.items() if not draft.scans]
    owners = set()
    if gone:
        found = connection.execute(
            "DELETE FROM suyuan.item_evidence WHERE item_id = ANY (%s) RETURNING owner_org", [gone]
        )
        owners |= {owner for (owner,) in found}
    if kept:
        owners |= {owner for (owner,) in connection.execute(_KEEP, [list(each) for each in zip(*kept, strict=True)])}
    return owners


def _see(connection: Connection, drafts: Mapping[str, "_Draft"]) -> None:
    """Let each draft see its item's events, and those of whatever carried it, while it did."""
    direct = direct_stays(connection, drafts)
    carriers = {stay.container for each in direct.values() for stay in each}
    wanted = list(drafts.keys() | carriers)
    since, until = connection.execute(_SPAN, [wanted]).fetchone() or (None, None)
    if since is None or until is None:
        return
    rows = connection.execute(_SEEN, [LEAST_CLOCK_BOUND_S, wanted, since, until], binary=True).fetchall()
    known = sites(connection, {row[8] for row in rows if row[8] is not None})
    passings: dict[str, list[_Passing]] = {item: [] for item in wanted}
    for row in rows:
        site = known.get(row[8])
        if row[5] == "consumer":
            if row[0] in drafts:
                drafts[row[0]].scan(row)
        elif site is not None and site.kind in SITE_KINDS:
            passings[row[0]].append(_passing(row, site))
    for item, draft in drafts.items():
        for stay in (Stay(item, 0, FOR_EVER), *carried(item, direct)):
            for passing in passings[stay.container]:
                if stay.since <= passing.occurred_at <= stay.until:
                    draft.pass_by(passing)


class _Passing(NamedTuple):
    """Something passed a site, at a moment by the reader's clock."""

    occurred_at: int
    mark: Mark
    stamp: MarkSource


def _passing(row: TupleRow, site: Site) -> _Passing:
    _, event_id, at, received, step, _, _, reader, read_point, *_, bound = row
    where = site.position
    mark = Mark(min(at, received), read_point, site.kind, step, where.latitude, where.longitude, bound)
    return _Passing(at, mark, MarkSource(reader, received, event_id))


@dataclass(slots=True)
class _Draft:
    """An item on its way in: looks by their event, marks by what is known of their reading."""

    scans: dict[Scan, str] = field(default_factory=dict)
    marks: dict[Mark, MarkSource] = field(default_factory=dict)
    reports: list[Report] = field(default_factory=list)

    def scan(self, row: TupleRow) -> None:
        """A consumer looked at it; who can't be told from any other does not count."""
        _, event_id, at, _, _, _, handset, _, _, latitude, longitude, radius_m, bound = row
        if not handset:
            return
        radius = _DEFAULT_RADIUS_KM if radius_m is None else radius_m / 1000
        if latitude is None or longitude is None:
            latitude, longitude, radius = 0.0, 0.0, NOWHERE_KM
        scan = Scan(at, handset, latitude, longitude, radius, bound)
        self.scans[scan] = min(event_id, self.scans.get(scan, event_id))

    def pass_by(self, passing: _Passing) -> None:
        """It passed a site, by itself or in something; of two readings alike the first counts."""
        mark, stamp = passing.mark, passing.stamp
        known = self.marks.get(mark)
        if known is None or (stamp.received, stamp.event_id) < (known.received, known.event_id):
            self.marks[mark] = stamp

    def columns(self) -> tuple[datetime, Jsonb, Jsonb, Jsonb]:
        """The newest look's time, looks, marks and reports as they are kept."""
        evidence = ItemEvidence().seen(self.scans, self.marks, self.reports)
        scans = [[*scan, self.scans[scan]] for scan in evidence.scans]
        marks = [
            [*mark, self.marks[mark].reader, self.marks[mark].received, self.marks[mark].event_id]
            for mark in evidence.marks
        ]
        reports = [list(report) for report in evidence.reports]
        newest_at = to_datetime(max(scan.at for scan in evidence.scans))
        return newest_at, Jsonb(scans), Jsonb(marks), Jsonb(reports)


def newest(connection: Connection, owner_org: str) -> datetime | None:
    """The time of the newest look at an owner's goods."""
    row = connection.execute(
        "SELECT max(newest) FROM suyuan.item_evidence WHERE owner_org = %s", [owner_org]
    ).fetchone()
    return None if row is None else row[0]


def owners(connection: Connection) -> list[str]:
    """The organisations of whose goods there is evidence."""
    return [owner for (owner,) in connection.execute("SELECT DISTINCT owner_org FROM suyuan.item_evidence ORDER BY 1")]


def evidence_items(connection: Connection, owner_org: str, window: timedelta) -> list[EvidenceItem]:
    """An owner's items that were looked at within ``window`` before its newest look, by item id.

    The window ends where the evidence does, not at the wall clock: the same events always give the same items.
    """
    last = newest(connection, owner_org)
    if last is None:
        return []
    with connection.transaction(), connection.cursor(name="kept") as cursor:
        cursor.itersize = _AT_ONCE
        return [_kept(row) for row in cursor.execute(_ALL, [owner_org, last - window])]


def _kept(row: TupleRow) -> EvidenceItem:
    item_id, known, scans, marks, case, lot, index, expires_on, made, territory, reports = row
    expires_at = None
    if expires_on is not None:
        expires_at = to_microseconds(datetime.combine(expires_on, time(tzinfo=UTC)) + timedelta(days=1))
    evidence = ItemEvidence(
        tuple(Scan(*each[:8]) for each in scans),
        tuple(Mark(*each[:7]) for each in marks),
        tuple(Report(*each) for each in reports),
    )
    return EvidenceItem(
        item_id,
        known,
        evidence,
        tuple(MarkSource(*each[7:10]) for each in marks),
        {(each[0], each[1]): each[8] for each in scans},
        case,
        lot,
        index,
        expires_at,
        made,
        frozenset(territory),
    )


def observed_items(connection: Connection, owner_org: str) -> dict[str, int]:
    """By lot, how many of an owner's units anybody has seen, readers or phones."""
    rows: Iterable[TupleRow] = connection.execute(
        "SELECT b.lot, count(*) FROM suyuan.item_state AS s JOIN suyuan.batch AS b ON b.org_id = s.owner_org"
        " AND b.batch_number = s.batch_number WHERE s.owner_org = %s AND s.events > 0 GROUP BY b.lot",
        [owner_org],
    )
    return {lot: count for lot, count in rows}  # noqa: C416 -- rows are tuples of any length to the type checker
