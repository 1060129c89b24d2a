"""How much a handset's word weighs, by what else it and its network have scanned. Pure.

Somebody who scans many codes a day is a shop, a collector or an inspector, and no buyer. Buyers scan several goods too:
six bottles at home, or one a month. A handset and a network that nobody has seen at any other item could have been
made up for this one (docs/detection.md#voices-and-households).
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from gateway.evidence.item import DAY_US, Scan

MANY_A_DAY, MANY = 6, 12
"""A buyer hardly scans more codes in a day, or in all."""
TRADE_A_DAY, TRADE = 12, 24
"""Whoever scans more codes in a day, or in all, is no buyer: these looks aren't evidence of the goods."""
MANY_WEIGHT = 0.5
FRESH_WEIGHT = 0.9
"""What the evidence of a handset is multiplied by that scans many codes, or that has no history."""

SEVERAL = -1


@dataclass(slots=True)
class Handsets:
    """By handset, the day on which it first scanned each item; by network the only item it was seen at.

    ``rated``, ``known`` and ``shared`` are what is left of these when the items are forgotten: handsets that weigh
    less, and handsets and networks with a history.
    """

    days: dict[str, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))
    only: dict[str, int] = field(default_factory=dict)
    rated: dict[str, float] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    shared: set[str] = field(default_factory=set)

    def count(self, item: int, scan: Scan) -> set[int]:
        """Count a scan of an item; returns the items whose evidence weighs differently now."""
        changed: set[int] = set()
        before = self.only.setdefault(scan.network, item) if scan.network else item
        if before not in (item, SEVERAL):
            self.only[scan.network] = SEVERAL
            changed.add(before)
        own, day = self.days[scan.handset], scan.at // DAY_US
        if own.get(item, day + 1) <= day:
            return changed
        weight = self._rate_weight(scan.handset)
        own[item] = day
        # From the first to the second item it gains a history, later on it may lose weight.
        if len(own) == 2 or self._rate_weight(scan.handset) != weight:
            changed |= own.keys()
        return changed

    def forget_items(self) -> None:
        """Keep how much each handset weighs, and nothing of any item."""
        weights = {handset: self._rate_weight(handset) for handset in self.days}
        self.rated |= {handset: weight for handset, weight in weights.items() if weight < 1.0}
        self.known |= {handset for handset, items in self.days.items() if len(items) > 1}
        self.shared |= {network for network, item in self.only.items() if item == SEVERAL}
        self.days.clear()
        self.only.clear()

    def in_trade(self, handset: str) -> bool:
        """Whether a handset is a shop's, a collector's or an inspector's."""
        return self._rate_weight(handset) == 0.0

    def weight(self, scan: Scan) -> float:
        """What the evidence of a scan is multiplied by, from 0 to 1."""
        history = scan.handset in self.known or len(self.days.get(scan.handset, ())) > 1
        shared = not scan.network or scan.network in self.shared or self.only.get(scan.network) == SEVERAL
        return self._rate_weight(scan.handset) * (1.0 if history or shared else FRESH_WEIGHT)

    def _rate_weight(self, handset: str) -> float:
        own = self.days.get(handset, {})
        if len(own) <= MANY_A_DAY:
            return self.rated.get(handset, 1.0)
        most = max(Counter(own.values()).values())
        if len(own) > TRADE or most > TRADE_A_DAY:
            return 0.0
        return MANY_WEIGHT if len(own) > MANY or most > MANY_A_DAY else 1.0
