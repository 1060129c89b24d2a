"""An owner's items as the scorer takes them: numbered in the order of their ids, clock faults corrected. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from typing_extensions import override

from gateway.assess.supply import Supply
from gateway.evidence.accused_devices import AccusedDevices
from gateway.evidence.evidence_item import EvidenceItem
from gateway.evidence.item import DAY_US, ItemEvidence, Mark, Scan
from gateway.evidence.reader_clocks import ClockFault, Stamp, corrected
from gateway.evidence.registry import Goods


class EvidenceGoods(Goods):
    """The goods of a pass. ``faults``: by reader, the faults of its clock."""

    def __init__(
        self, items: Sequence[EvidenceItem], supply: Supply, faults: Mapping[str, Sequence[ClockFault]]
    ) -> None:
        self._items, self._supply, self._faults = items, supply, faults
        cases = {case: number for number, case in enumerate(sorted({item.case for item in items}))}
        self._case = [cases[item.case] for item in items]

    @override
    def evidence(self, item: int) -> ItemEvidence:
        own = self._items[item]
        if not any(stamp.reader in self._faults for stamp in own.stamps):
            return own.evidence
        return replace(own.evidence, marks=tuple(sorted(self._corrected(own))))

    @override
    def marks(self, item: int) -> Sequence[Mark]:
        return self.evidence(item).marks

    @override
    def faulty(self, item: int) -> float:
        own = self._items[item]
        if not own.stamps or not self._faults:
            return 0.0
        right = zip(own.evidence.marks, self._corrected(own), strict=True)
        return sum(mark.at != corrected.at for mark, corrected in right) / len(own.stamps)

    @override
    def market(self, item: int, scan: Scan) -> int:
        del item
        return self._supply.market_of(scan)

    @override
    def made(self, item: int) -> bool:
        return self._items[item].made

    @override
    def expires(self, item: int) -> int | None:
        return self._items[item].expires_at

    @override
    def lot(self, item: int) -> str:
        return self._items[item].lot

    @override
    def index(self, item: int) -> int:
        return self._items[item].index

    @override
    def product(self, item: int) -> str:
        return self._items[item].gtin

    @override
    def case(self, item: int) -> int:
        return self._case[item]

    def _corrected(self, item: EvidenceItem) -> list[Mark]:
        found = []
        for mark, stamp in zip(item.evidence.marks, item.stamps, strict=True):
            at, bound = corrected(mark.at, mark.bound_s, self._faults.get(stamp.reader, ()))
            found.append(mark._replace(at=at, bound_s=bound))
        return found


def _attempts(item: EvidenceItem) -> set[tuple[int, str]]:
    """When and from where the code was tried. Names of phones cost nothing: a phone's network is the source."""
    return {(scan.at, scan.network or scan.handset) for scan in item.evidence.scans if scan.network or scan.handset}


def accuse_devices(devices: AccusedDevices, genuine: Sequence[EvidenceItem], strange: Sequence[EvidenceItem]) -> None:
    """Give ``devices`` what each network tried and what each reader's clock stamped, day by day.

    ``strange`` are items whose codes were never made. One day of a reader is what arrived on it in one day.
    """
    tries = [(*attempt, True) for item in genuine for attempt in _attempts(item)]
    tries += [(*attempt, False) for item in strange for attempt in _attempts(item)]
    for at, source, known in sorted(tries):
        devices.tried(source, at, known=known)
    stamps: dict[tuple[str, int], set[Stamp]] = defaultdict(set)
    bounds: dict[tuple[str, int], int] = {}
    for item in genuine:
        for mark, stamp in zip(item.evidence.marks, item.stamps, strict=True):
            of_day = stamp.reader, stamp.received // DAY_US
            stamps[of_day].add(Stamp(mark.at, stamp.received))
            bounds[of_day] = max(mark.bound_s, bounds.get(of_day, 0))
    for (reader, day), own in sorted(stamps.items()):
        devices.stamped(reader, sorted(own), bounds[reader, day], day * DAY_US)
