"""Taking in consumers' scans of false codes: counted and sampled, with a budget of cases; none becomes an event."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from gateway.rules.false_scans import (
    MADE_UP,
    MIN_WAVE,
    PRINTED,
    UNKNOWN_NETWORK,
    WAVE,
    FalseScan,
    beyond_budget,
    forged_wave,
    printed_forgery,
)
from gateway.rules.fold import Card
from gateway.store import false_codes, false_scan_counts, findings
from gateway.store.connection import Connection
from gateway.store.event_row import EventRow
from gateway.store.false_scan_counts import ProductDay
from schemas.finding import Finding
from schemas.moment import to_datetime

CASES_A_DAY = 10
"""Products of one owner that may each have a case of false codes on one day; further ones share one."""


def false_scan_of(row: EventRow) -> FalseScan | None:
    """The scan as one of a false code; None when an item of ours may stand behind the code."""
    checked = row.checked
    if checked.proof not in MADE_UP or checked.org_id is None:
        return None
    gtin = checked.item_id.split("/")[1]
    network = row.network or UNKNOWN_NETWORK
    return FalseScan(
        checked.org_id, gtin, checked.item_id, checked.proof.value, row.event.occurred_at, network, row.event.handset
    )


def count_false_scans(connection: Connection, scans: Sequence[FalseScan], now: int, changed: set[str]) -> None:
    """Count the scans, keep examples, and conclude what their days say. ``now``: microseconds, UTC.

    Subjects whose alerts changed are added to ``changed``.
    """
    if not scans:
        return
    scans = false_scan_counts.with_registered_products(connection, scans)
    networks = false_scan_counts.count(connection, scans)
    concluded = [
        *_printed(connection, false_codes.sample(connection, scans)),
        *_waves(connection, networks),
    ]
    findings.add(connection, [_within_budget(connection, *each) for each in concluded], changed)
    false_scan_counts.purge(connection, to_datetime(now))
    false_codes.purge(connection, to_datetime(now))


def _printed(connection: Connection, changed: Iterable[ProductDay]) -> Iterator[tuple[ProductDay, Card, Finding]]:
    for product in sorted(changed):
        found = false_codes.found_on(connection, product)
        yield product, PRINTED, printed_forgery(product.owner_org, product.gtin, product.day, found)


def _waves(connection: Connection, networks: Mapping[ProductDay, int]) -> Iterator[tuple[ProductDay, Card, Finding]]:
    for product, seen in sorted(networks.items()):
        if seen < MIN_WAVE:
            continue  # what is usual is asked only where it matters
        usual = false_scan_counts.usual_networks(connection, product)
        wave = forged_wave(product.owner_org, product.gtin, product.day, seen, usual)
        if wave is not None:
            yield product, WAVE, wave


def _within_budget(connection: Connection, product: ProductDay, card: Card, finding: Finding) -> findings.Owned:
    if false_scan_counts.may_alert(connection, product, CASES_A_DAY):
        return product.owner_org, finding
    return product.owner_org, beyond_budget(product.owner_org, product.day, card)
