"""EvidenceItem items as assessing takes them: numbered in the order of their ids, clocks put right. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from gateway.assess.supply import Supply
from gateway.evidence.accused_devices import Reporters
from gateway.evidence.evidence_item import EvidenceItem
from gateway.evidence.features import DAY_US
from gateway.evidence.item import ItemEvidence, Look, Mark
from gateway.evidence.reader_clocks import ClockFault, Stamp, corrected


class KeptGoods:
    """See :class:`gateway.evidence.registry.Goods`. ``faults``: by reader, what was found of its clock."""

    def __init__(
        self, kept: Sequence[EvidenceItem], supply: Supply, faults: Mapping[str, Sequence[ClockFault]]
    ) -> None:
        self._kept, self._supply, self._faults = kept, supply, faults
        cases = {case: number for number, case in enumerate(sorted({each.case for each in kept}))}
        self._case = [cases[each.case] for each in kept]

    def evidence(self, item: int) -> ItemEvidence:
        """What is known of an item."""
        kept = self._kept[item]
        if not any(stamp.reader in self._faults for stamp in kept.stamps):
            return kept.evidence
        return replace(kept.evidence, marks=tuple(sorted(self._corrected(kept))))

    def marks(self, item: int) -> Sequence[Mark]:
        """The item's custody marks."""
        return self.evidence(item).marks

    def faulty(self, item: int) -> float:
        """The share of the item's marks that a wrong clock stamped."""
        kept = self._kept[item]
        if not kept.stamps or not self._faults:
            return 0.0
        right = zip(kept.evidence.marks, self._corrected(kept), strict=True)
        return sum(mark.at != corrected.at for mark, corrected in right) / len(kept.stamps)

    def market(self, item: int, look: Look) -> int:
        """The market that a look fell into."""
        del item
        return self._supply.market_of(look)

    def made(self, item: int) -> bool:
        """Whether the item was ever reported as made."""
        return self._kept[item].made

    def expires(self, item: int) -> int | None:
        """When the item expires."""
        return self._kept[item].expires_at

    def lot(self, item: int) -> str:
        """The item's lot."""
        return self._kept[item].lot

    def index(self, item: int) -> int:
        """The item's index in its batch."""
        return self._kept[item].index

    def product(self, item: int) -> str:
        """The item's GTIN."""
        return self._kept[item].gtin

    def case(self, item: int) -> int:
        """The item's case."""
        return self._case[item]

    def _corrected(self, kept: EvidenceItem) -> list[Mark]:
        found = []
        for mark, stamp in zip(kept.evidence.marks, kept.stamps, strict=True):
            at, bound = corrected(mark.at, mark.bound_s, self._faults.get(stamp.reader, ()))
            found.append(mark._replace(at=at, bound_s=bound))
        return found


def judge_reporters(reporters: Reporters, genuine: Sequence[EvidenceItem], strange: Sequence[EvidenceItem]) -> None:
    """Tell ``reporters`` what each phone tried and what each reader's clock stamped, day by day.

    ``strange`` are items whose codes were never made. One day of a reader is what arrived on it in one day.
    """
    tries = [(look.at, look.handset, True) for each in genuine for look in each.evidence.looks if look.handset]
    tries += [(look.at, look.handset, False) for each in strange for look in each.evidence.looks if look.handset]
    for at, handset, known in sorted(tries):
        reporters.tried(handset, at, known=known)
    stamps: dict[tuple[str, int], set[Stamp]] = defaultdict(set)
    bounds: dict[tuple[str, int], int] = {}
    for each in genuine:
        for mark, stamp in zip(each.evidence.marks, each.stamps, strict=True):
            of_day = stamp.reader, stamp.received // DAY_US
            stamps[of_day].add(Stamp(mark.at, stamp.received))
            bounds[of_day] = max(mark.bound_s, bounds.get(of_day, 0))
    for (reader, day), own in sorted(stamps.items()):
        reporters.stamped(reader, sorted(own), bounds[reader, day], day * DAY_US)
