"""What there is to report beside findings: batches' copied shares, lanes' times, thresholds. Pure; JSON values out."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from math import exp
from typing import Any

from gateway.assess.supply import transits
from gateway.evidence.clone_share import SENSITIVITY, SPECIFICITY, clone_share, copies_per_code
from gateway.evidence.evidence_item import EvidenceItem
from gateway.evidence.rates import PRIOR_WEIGHT
from gateway.evidence.scorer import ALERTS_PER_10K, EvidenceScorer

MIN_SHIPMENTS = 5
"""With fewer a lane's time is the mode's, and not worth a report."""


def batch_reports(
    items: Sequence[EvidenceItem], accused: Collection[str], observed: Mapping[str, int]
) -> dict[str, dict[str, Any]]:
    """By lot the copied share of its scanned items, with its interval, and the least share that would be noticed.

    ``accused`` are items under suspicion of copies; ``observed`` is how many units of each lot anybody has seen.
    """
    lots: dict[str, list[EvidenceItem]] = defaultdict(list)
    for item in items:
        if item.known and item.lot:
            lots[item.lot].append(item)
    found = {}
    for lot, scanned in sorted(lots.items()):
        flagged = [item for item in scanned if item.item_id in accused]
        share = clone_share(len(flagged), len(scanned), SENSITIVITY, SPECIFICITY)
        report: dict[str, Any] = {
            "scanned": len(scanned),
            "flagged": len(flagged),
            "share": round(share.share, 6),
            "low95": round(share.low, 6),
            "high95": round(share.high, 6),
            "detectable": round(share.detectable, 6),
            "outlier": share.outlier,
        }
        handsets = [len({scan.handset for scan in item.evidence.scans if scan.handset}) for item in flagged]
        if handsets and min(handsets) > 0 and observed.get(lot, 0) >= len(scanned):
            report["copies_per_code"] = round(copies_per_code(handsets, len(scanned) / observed[lot]), 2)
        found[lot] = report
    return found


def transit_reports(items: Sequence[EvidenceItem]) -> dict[str, dict[str, Any]]:
    """By edge (``from>to``) how long goods take: the middle, and beyond which times a shipment stands out."""
    found = {}
    for (start, end), (transit, shipments) in sorted(transits(item.evidence.marks for item in items).items()):
        if shipments >= MIN_SHIPMENTS:
            found[f"{start}>{end}"] = {
                "from": start,
                "to": end,
                "mode": str(transit.mode),
                "shipments": shipments,
                "middle_h": round(exp(transit.location), 2),
                "too_fast_h": round(transit.too_fast_h(), 2),
                "too_slow_h": round(transit.too_slow_h(), 2),
            }
    return found


def calibration_report(scorer: EvidenceScorer, items: int) -> dict[str, Any]:
    """Where the thresholds stand, what moves them now, and the owner's own rates."""
    limits = scorer.recalibrated()
    pools = scorer.pools
    return {
        "items": items,
        "alert": round(limits["alert"], 3),
        "watch": round(limits["watch"], 3),
        "alerts_per_10k": ALERTS_PER_10K,
        "travel": round(pools.travel, 3),
        "sharing": round(pools.sharing, 3),
        "lanes_widened": round(pools.widened, 3),
        "rates": _rates(scorer),
    }


def _rates(scorer: EvidenceScorer) -> dict[str, Any]:
    """The owner's own counts of facts, and how often a further household looks: counted, usual, and as it is used.

    ``households``: items by the number of households that looked at them; ``places``: by the quality of the first
    phone's place (0: up to 5 km, 3: unknown), how many were in each bin of distance from the holder.
    """
    counts, used, prior = scorer.aggregates.facts, scorer.pools.model.rates, scorer.pools.prior.rates
    further = []
    for households, (own, usual) in enumerate(zip(used.further, prior.further, strict=True), 1):
        more = sum(items for number, items in counts.households.items() if number > households)
        further.append({"households": households, "more": more, "usual": round(usual, 5), "used": round(own, 5)})
    places: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for (fix, _, km_bin), number in sorted(counts.places.items()):
        places[str(int(fix))][str(km_bin)] += number
    return {
        "items": counts.households.total(),
        "prior_weight": PRIOR_WEIGHT,
        "households": {str(number): items for number, items in sorted(counts.households.items()) if items},
        "further": further,
        "places": places,
    }
