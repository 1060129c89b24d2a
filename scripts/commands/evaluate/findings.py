"""What a judge found in a world, by subject: items, lanes, rolls of labels, markets, readers, network addresses."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gateway.evidence.suspicion import (
    SuspectedDumping,
    SuspectedItem,
    SuspectedLane,
    SuspectedReader,
    SuspectedRoll,
    SuspectedSource,
)
from scripts.commands.evaluate.judge_protocol import Alert


@dataclass(frozen=True, slots=True)
class Findings:
    """Alerts by their subject: ``items`` by item, ``lanes`` by (dealer's number, market), ``dumping`` by market.

    ``readers`` are by device, ``sources`` by network address.
    """

    items: Mapping[int, Alert]
    lanes: Mapping[tuple[int, int], Alert]
    rolls: tuple[Alert, ...]
    dumping: Mapping[int, Alert]
    readers: Mapping[int, Alert]
    sources: Mapping[int, Alert]

    def score(self, item: int) -> float:
        """An item's score now; 0 for an item of which nothing is suspected."""
        alert = self.items.get(item)
        return alert.score if alert is not None else 0.0

    def peak(self, item: int) -> float:
        """The highest score that an item ever had."""
        alert = self.items.get(item)
        if alert is None or not alert.history:
            return self.score(item)
        return max(score for _, score in alert.history)

    def known_by(self, item: int, moment: int, limit: float) -> bool:
        """Whether an item's score was above ``limit`` at some time up to a moment (microseconds)."""
        alert = self.items.get(item)
        history = alert.history if alert is not None else ()
        return any(at <= moment and score > limit for at, score in history)


def findings_of(alerts: Iterable[Alert]) -> Findings:
    """The alerts by type of subject."""
    items: dict[int, Alert] = {}
    lanes: dict[tuple[int, int], Alert] = {}
    rolls: list[Alert] = []
    dumping: dict[int, Alert] = {}
    readers: dict[int, Alert] = {}
    sources: dict[int, Alert] = {}
    for alert in alerts:
        match alert.subject:
            case SuspectedItem(item):
                items[item] = alert
            case SuspectedLane(dealer, market) if alert.level == "alert":
                lanes[dealer, market] = alert
            case SuspectedRoll():
                rolls.append(alert)
            case SuspectedDumping(market):
                dumping[market] = alert
            case SuspectedReader(reader):
                readers[int(reader)] = alert
            case SuspectedSource(source):
                sources[int(source)] = alert
    return Findings(items, lanes, tuple(rolls), dumping, readers, sources)
