"""Alerts about clusters of codes: rolls of stolen labels, and dumped lots."""

from collections.abc import Mapping

from gateway.evidence.clusters import ExpiredLook, dumped, rolls
from scripts.evaluation.judge import Alert


def roll_alerts(stolen: Mapping[int, str], known: Mapping[str, Alert], now: int) -> list[Alert]:
    """Rolls among uncommissioned codes that were scanned (item to lot); what is ``known`` keeps its moment."""
    found = []
    for roll in rolls((lot, item) for item, lot in stolen.items()):
        subject = f"roll/{roll.lot}/{roll.first // 2000}"
        before = known.get(subject)
        since, details = (before.detected_at, before.details) if before else (now, {"surfaced": roll.surfaced})
        members = tuple(range(roll.first, roll.last + 1))
        found.append(Alert(subject, "stolen", "alert", 12.0, since, members, details=details))
    return found


def dumping_alerts(
    expired: Mapping[int, ExpiredLook], market_looks: Mapping[int, int], known: Mapping[str, Alert], now: int
) -> list[Alert]:
    """Markets into which expired goods are sold; ``market_looks`` is how many items were looked at in each."""
    total = max(sum(market_looks.values()), 1)
    shares = {str(market): number / total for market, number in market_looks.items()}
    found = []
    for each in dumped(list(expired.values()), shares):
        subject = f"dumping/{each.market}"
        before = known.get(subject)
        since, details = (before.detected_at, before.details) if before else (now, {"units": len(each.items)})
        members = tuple(sorted({*map(int, each.items), *(before.members if before else ())}))
        found.append(Alert(subject, "dumping", "alert", 10.0, since, members, details=details))
    return found
