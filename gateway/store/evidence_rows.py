"""Rows of the store that make an item's evidence, and what follows from them: no SQL, values in and values out.

Times are microseconds since 1970, UTC.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, date, datetime, time, timedelta
from sys import intern
from typing import Any, NamedTuple

from gateway.evidence.evidence_item import EvidenceItem, MarkSource
from gateway.evidence.item import InnerCode, ItemEvidence, Mark, Report, Scan, Suspected
from gateway.evidence.registry import SITE_KINDS
from gateway.rules.containment import FOR_EVER, Stay, carried
from gateway.rules.history import MIN_CLOCK_BOUND_S
from gateway.store.sites import Site
from schemas.moment import to_datetime, to_microseconds

NOWHERE_KM = 1e9
"""The radius of a phone whose place is unknown: JSON has no infinity, and this is more than the Earth has."""
_DEFAULT_RADIUS_KM = 0.1

_SUSPECTED = {
    "counterfeit": Suspected.COUNTERFEIT,
    "tampered": Suspected.TAMPERED,
    "diverted": Suspected.DIVERTED,
}

_OPENED = frozenset({"opened", "matched"})
_INNER = {"opened": InnerCode.UNREAD, "matched": InnerCode.MATCHED, "mismatch": InnerCode.MISMATCHED}


class ObservedRow(NamedTuple):
    """An event of an item, or of a container: a consumer's scan, or an observation at a read point."""

    item_id: str
    event_id: str
    occurred_at: int
    recorded_at: int
    biz_step: str
    audience: str
    handset: str
    reader: str
    read_point: str | None
    latitude: float | None
    longitude: float | None
    radius_m: float | None
    clock_bound_s: int
    network: str
    operator: str
    source: str


class AddedScanRow(NamedTuple):
    """What is no event and counts as a scan.

    ``what``: a package that was ``opened``; one that was opened, and its code outside ``matched`` the one inside; or a
    ``mismatch`` of the two.
    """

    item_id: str
    what: str
    event_id: str | None
    at: int
    handset: str
    latitude: float | None
    longitude: float | None
    radius_m: float | None
    network: str
    operator: str
    source: str


class ReportRow(NamedTuple):
    """A consumer's report, by the hashes of phone and network."""

    item_id: str
    at: int
    reporter: str
    suspicion: str
    price_fen: int
    network: str


class ExtractRow(NamedTuple):
    """What is stored of an item: the newest scan's time, and JSON arrays in the order of the evidence's fields."""

    item_id: str
    newest: datetime
    scans: list[list[Any]]
    """A :class:`Scan` and the id of its event."""
    marks: list[list[Any]]
    """A :class:`Mark` and a :class:`MarkSource`."""
    reports: list[list[Any]]


class StoredRow(NamedTuple):
    """An extract as it is read back, with the registration of the item's batch."""

    item_id: str
    known: bool
    scans: list[list[Any]]
    marks: list[list[Any]]
    case: str
    lot: str
    unit_index: int
    expires_on: date | None
    made: bool
    territory: list[str]
    reports: list[list[Any]]


ScanEvents = Mapping[Scan, str]
"""An item's scans with the id of the event behind each."""
MarkSources = Mapping[Mark, MarkSource]
"""An item's custody marks with the source of each."""


def scans_of(observed: Iterable[ObservedRow], added: Iterable[AddedScanRow]) -> dict[str, dict[Scan, str]]:
    """Scans by item. A scan without a handset can't be told from any other, and is left out."""
    scans: dict[str, dict[Scan, str]] = {}
    for row in observed:
        if row.audience == "consumer" and row.handset:
            own, scan = scans.setdefault(row.item_id, {}), _scan(row, row.clock_bound_s)
            own[scan] = min(row.event_id, own.get(scan, row.event_id))
    for more in added:
        scan = _scan(more, MIN_CLOCK_BOUND_S)._replace(opened=more.what in _OPENED, inner=_INNER[more.what])
        scans.setdefault(more.item_id, {}).setdefault(scan, more.event_id or "")
    return scans


def _scan(row: ObservedRow | AddedScanRow, bound_s: int) -> Scan:
    at = row.occurred_at if isinstance(row, ObservedRow) else row.at
    scan = Scan(at, row.handset, 0.0, 0.0, NOWHERE_KM, bound_s, network=row.network, operator=row.operator)
    if row.latitude is None or row.longitude is None:
        return scan
    radius_km = _DEFAULT_RADIUS_KM if row.radius_m is None else row.radius_m / 1000
    return scan._replace(latitude=row.latitude, longitude=row.longitude, radius_km=radius_km, source=row.source)


def marks_of(
    items: Iterable[str],
    observed: Iterable[ObservedRow],
    sites: Mapping[str, Site],
    direct: Mapping[str, Sequence[Stay]],
    claimed: AbstractSet[tuple[str, str]] = frozenset(),
) -> dict[str, dict[Mark, MarkSource]]:
    """Custody marks by item: of the item itself, and of each container while the item was in it.

    ``direct``: what items and containers were in by their own marks. Of two observations with equal marks the first
    recorded counts. ``claimed``: items and events that are no facts about them.
    """
    passages: dict[str, list[tuple[int, Mark, MarkSource]]] = {}
    for row in observed:
        site = sites.get(row.read_point) if row.read_point is not None else None
        if row.audience != "consumer" and site is not None and site.kind in SITE_KINDS:
            mark = _mark(row, site)
            source = MarkSource(row.reader, row.recorded_at, row.event_id)
            passages.setdefault(row.item_id, []).append((row.occurred_at, mark, source))
    marks: dict[str, dict[Mark, MarkSource]] = {}
    for item in items:
        own = marks.setdefault(item, {})
        for stay in (Stay(item, 0, FOR_EVER), *carried(item, direct)):
            for occurred_at, mark, source in passages.get(stay.container, ()):
                if stay.since <= occurred_at <= stay.until and (item, source.event_id) not in claimed:
                    own[mark] = _first(source, own.get(mark, source))
    return marks


def _mark(row: ObservedRow, site: Site) -> Mark:
    # No event happens after it has arrived, whatever its clock says.
    at, where = min(row.occurred_at, row.recorded_at), site.position
    return Mark(at, row.read_point or "", site.kind, row.biz_step, where.latitude, where.longitude, row.clock_bound_s)


def _first(a: MarkSource, b: MarkSource) -> MarkSource:
    return min(b, a, key=lambda source: (source.received, source.event_id))


def reports_of(rows: Iterable[ReportRow]) -> dict[str, list[Report]]:
    """Consumers' reports by item."""
    reports: dict[str, list[Report]] = {}
    for row in rows:
        suspected = _SUSPECTED.get(row.suspicion, Suspected.OTHER)
        report = Report(row.at, row.reporter, suspected, row.price_fen, row.network)
        reports.setdefault(row.item_id, []).append(report)
    return reports


def extract_of(item_id: str, scans: ScanEvents, marks: MarkSources, reports: Sequence[Report]) -> ExtractRow:
    """The bounded extract of an item that was scanned at least once."""
    evidence = ItemEvidence().seen(scans, marks, reports)
    sources = [marks[mark] for mark in evidence.marks]
    return ExtractRow(
        item_id,
        to_datetime(max(scan.at for scan in evidence.scans)),
        [[*scan, scans[scan]] for scan in evidence.scans],
        [
            [*mark, source.reader, source.received, source.event_id]
            for mark, source in zip(evidence.marks, sources, strict=True)
        ],
        [list(report) for report in evidence.reports],
    )


def _mark_of(values: list[Any]) -> Mark:
    """A mark. Its words are those of thousands of others, and are kept once: a whole pass has all marks in memory."""
    at, site, kind, step, *more = values
    return Mark(at, intern(site), intern(kind), intern(step), *more)


def evidence_item_of(row: StoredRow) -> EvidenceItem:
    """The item as assessing takes it. It expires at the end of its last day, UTC."""
    expires_at = None
    if row.expires_on is not None:
        expires_at = to_microseconds(datetime.combine(row.expires_on, time(tzinfo=UTC)) + timedelta(days=1))
    mark_width = len(Mark._fields)
    # An extract may be older than the latest fields of a scan; the event's id always comes last.
    scans = [(Scan(*values[:-1]), values[-1]) for values in row.scans]
    return EvidenceItem(
        item_id=row.item_id,
        known=row.known,
        evidence=ItemEvidence(
            tuple(scan for scan, _ in scans),
            tuple(_mark_of(values[:mark_width]) for values in row.marks),
            tuple(Report(*values) for values in row.reports),
        ),
        stamps=tuple(MarkSource(intern(values[mark_width]), *values[mark_width + 1 :]) for values in row.marks),
        events={(scan.at, scan.handset): event_id for scan, event_id in scans},
        case=row.case,
        lot=intern(row.lot),
        index=row.unit_index,
        expires_at=expires_at,
        made=row.made,
        territory=frozenset(row.territory),
    )
