"""One pass over an owner's goods: from all their evidence to findings and reports. Pure.

Every pass starts from all the evidence, with no state from the pass before. So the result does not depend on the order
or pace of arrival, nor on when the process was started.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway.assess.conclusions import Assessed
from gateway.assess.goods import EvidenceGoods, accuse_devices
from gateway.assess.leaks import leak_reports, passed
from gateway.assess.reports import batch_reports, calibration_report, transit_reports
from gateway.assess.supply import learn
from gateway.evidence.accused_devices import AccusedDevices
from gateway.evidence.evidence_item import AccusedItem, EvidenceItem
from gateway.evidence.item import DAY_US
from gateway.evidence.model import Model
from gateway.evidence.registry import SupplySite
from gateway.evidence.scorer import EvidenceScorer, Failed, reraise
from gateway.rules.history import NO_CONTRACTS, DealerTerritories, Market

WINDOW_STEP_DAYS = 30
"""Lanes are judged as of the newest scan's day and of every so many days before."""

Reports = dict[tuple[str, str], dict[str, Any]]
"""By topic and subject."""


@dataclass(frozen=True, slots=True)
class Registered:
    """What is registered: sites, markets, how many items of each lot were observed, and dealers' contracts."""

    places: Sequence[SupplySite]
    markets: Sequence[Market]
    observed: Mapping[str, int] = field(default_factory=dict)
    contracts: DealerTerritories = NO_CONTRACTS


def assess(
    owner_org: str, items: Sequence[EvidenceItem], registered: Registered, model: Model, failed: Failed = reraise
) -> Assessed:
    """Score all evidence of an owner's goods. ``failed`` hears of a part that raised; the others go on."""
    genuine = [item for item in items if item.known]
    devices = AccusedDevices()
    accuse_devices(devices, genuine, [item for item in items if not item.known])
    custody = (item.evidence.marks for item in genuine)
    supply = learn(registered.places, registered.markets, custody, registered.contracts)
    goods = EvidenceGoods(genuine, supply, devices.faults)
    scorer = EvidenceScorer(supply.network, goods, model, failed=failed)
    scorer.devices = devices
    for number, item in enumerate(genuine):
        for scan in item.evidence.scans:
            scorer.aggregates.count_scan(number, scan)
    _judge_by_windows(scorer, genuine)
    return Assessed(owner_org, genuine, supply, scorer)


def _judge_by_windows(scorer: EvidenceScorer, goods: Sequence[EvidenceItem]) -> None:
    """Judge lanes as of several days, the last one at the end: what stood out then is not taken back by mere time."""
    moments = [scan.at for item in goods for scan in item.evidence.scans]
    last, first = max(moments, default=0), min(moments, default=0)
    last_day, first_day = last // DAY_US, first // DAY_US
    unread: Sequence[int] = range(len(goods))
    for day in sorted({last_day, *range(last_day, first_day + WINDOW_STEP_DAYS - 1, -WINDOW_STEP_DAYS)}):
        scorer.assess(unread, day, last, drift=True, lanes=True)
        unread = ()


def reports(assessed: Assessed, accused: Iterable[AccusedItem], registered: Registered) -> Reports:
    """The reports by topic and subject. ``accused``: all items that standing alerts suspect of copies."""
    suspected = {item.item_id: item for item in accused}
    found: Reports = {}
    of_product: dict[str, list[EvidenceItem]] = {}
    for item in assessed.items:
        if item.gtin:
            of_product.setdefault(item.gtin, []).append(item)
    for gtin, items in of_product.items():
        codes = [suspected[item.item_id] for item in items if item.item_id in suspected]
        if codes:
            of_codes = {item.item_id: item for item in items if item.item_id in suspected}
            leaks = leak_reports(codes, of_codes, passed(items, assessed.supply), assessed.supply)
            for number, leak in enumerate(leaks):
                found["leak", gtin if number == 0 else f"{gtin}/{number}"] = leak
    for lot, report in batch_reports(assessed.items, suspected.keys(), registered.observed).items():
        found["batch", lot] = report
    for edge, report in transit_reports(assessed.items).items():
        found["transit", edge] = report
    found["calibration", ""] = calibration_report(assessed.scorer, len(assessed.items))
    return found
