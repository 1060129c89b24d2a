"""A store in memory for judges under test: events by item as they arrived, and each item's evidence on demand."""

from collections import defaultdict

import numpy as np

from firmware_sim.population.columns import (
    Flags,
    Ints,
    Source,
    Step,
    Table,
    hashed,
)
from firmware_sim.population.network import (
    DC,
    DEALER,
    PLANT,
    SHOP,
    Sites,
    kilometres,
)
from gateway.evidence.item import SALE, ItemEvidence, Mark, Scan
from gateway.evidence.reader_clocks import ClockFault, corrected
from schemas.rule_thresholds import BORDER_KM
from scripts.commands.evaluate.scan_values import scan_values

_KINDS = {PLANT: "plant", DC: "dc", DEALER: "dealer", SHOP: "shop"}
_STEPS = {int(Step.SHIPPING): "shipping", int(Step.RECEIVING): "receiving", int(Step.SELLING): SALE}
"""A scan so far outside a territory still counts for its market."""
_MAX_RADIUS_KM = 50
"""A scan with a larger error radius counts for no market."""


class MemoryStore:
    """Events by item. Duplicates, replays and messages of unknown readers are set aside when they arrive."""

    def __init__(self, sites: Sites) -> None:
        self._sites = sites
        self._count = len(sites.kind)
        self._hashes: set[int] = set()
        self._arrived = 0
        self._aside: list[Ints] = []
        self._marks: dict[int, list[Mark]] = defaultdict(list)
        self._rows: dict[int, list[int]] = defaultdict(list)
        self._at: list[int] = []
        self._device: list[int] = []
        self._step: list[int] = []
        self._bound: list[int] = []
        self._scans: dict[int, list[Scan]] = defaultdict(list)
        self._markets: dict[tuple[int, str, int], int] = {}
        self._faults: dict[int, list[ClockFault]] = defaultdict(list)
        kinds, lat, lon = sites.kind.tolist(), sites.lat.tolist(), sites.lon.tolist()
        self._place = [(f"{n:04x}", _KINDS[k], lat[n], lon[n]) for n, k in enumerate(kinds)]

    def take(self, events: Table) -> Table:
        """Store those of ``events`` that are new; gives these."""
        fresh = self._fresh(events)
        self._aside.append(self._arrived + np.flatnonzero(~fresh))
        self._arrived += len(events)
        stored = events.take(fresh)
        self._add_marks(stored.take(stored.ints("step") < Step.SCAN))
        self._add_scans(stored.take((stored.ints("step") >= Step.SCAN) & (stored.ints("item") >= 0)))
        return stored

    def aside(self) -> Ints:
        """Arrival numbers (from 0) of events that were set aside, in order."""
        return np.concatenate([*self._aside, np.empty(0, dtype=np.int64)])

    def fault(self, device: int, fault: ClockFault) -> None:
        """Correct, from now on, the times that a faulty clock wrote."""
        self._faults[device].append(fault)

    def evidence(self, item: int) -> ItemEvidence:
        """The item's evidence now."""
        return ItemEvidence().seen(self._scans.get(item, ()), self.marks(item))

    def marks(self, item: int) -> list[Mark]:
        """The item's custody marks, the times of clocks that were found wrong corrected."""
        marks = []
        for row in self._rows.get(item, ()):
            device, at, bound = self._device[row], self._at[row], self._bound[row]
            if device in self._faults:
                at, bound = corrected(at, bound, self._faults[device])
            site, kind, lat, lon = self._place[device % self._count]
            marks.append(Mark(at, site, kind, _STEPS[self._step[row]], lat, lon, bound))
        return marks

    def faulty(self, item: int) -> float:
        """The share of the item's marks whose times are those of a clock that was found wrong."""
        rows = self._rows.get(item, ())
        if not rows or not self._faults:
            return 0.0
        wrong = 0
        for row in rows:
            device, at = self._device[row], self._at[row]
            wrong += any(fault.since <= at <= fault.until for fault in self._faults.get(device, ()))
        return wrong / len(rows)

    def scans(self, item: int) -> list[Scan]:
        """All scans of an item."""
        return self._scans.get(item, [])

    def has_scans(self, item: int) -> bool:
        """Whether any phone has scanned the item."""
        return item in self._scans

    def market(self, item: int, scan: Scan) -> int:
        """The market that a scan fell into; -1 for none, or where the place is not known well enough."""
        return self._markets.get((item, scan.handset, scan.at), -1)

    def scanned(self) -> list[int]:
        """Items that phones have scanned."""
        return sorted(self._scans)

    def _fresh(self, events: Table) -> Flags:
        """Which events are from a registered device, and neither a duplicate nor a sequence number used before."""
        device, at = events.ints("device"), events.ints("at")
        keys = hashed(7, device, events.ints("item"), events.ints("step"), at, events.ints("handset")).tolist()
        numbers = hashed(8, device, events.ints("sequence")).tolist()
        reader = (device >= 0).tolist()
        stranger = (device >= 2 * self._count).tolist()
        hashes, fresh = self._hashes, np.ones(len(events), dtype=bool)
        for row, key in enumerate(keys):
            if stranger[row] or key in hashes or (reader[row] and numbers[row] in hashes):
                fresh[row] = False
                continue
            hashes.add(key)
            if reader[row]:
                hashes.add(numbers[row])
        return fresh

    def _add_marks(self, marks: Table) -> None:
        # No event happens after it has arrived, whatever its clock says.
        at = np.minimum(marks.ints("at"), marks.ints("received"))
        start = len(self._at)
        self._at.extend(at.tolist())
        self._device.extend(marks.ints("device").tolist())
        self._step.extend(marks.ints("step").tolist())
        self._bound.extend(marks.ints("clock_bound_s").tolist())
        rows = self._rows
        for row, item in enumerate(marks.ints("item").tolist(), start):
            rows[item].append(row)

    def _add_scans(self, scans: Table) -> None:
        if not len(scans):
            return
        lat, lon, radius = scans.floats("lat"), scans.floats("lon"), scans.floats("radius_m") / 1000
        centre_lat, centre_lon = self._sites.markets()
        km = kilometres(lat[:, None], lon[:, None], centre_lat[None, :], centre_lon[None, :])
        market = np.argmin(km, axis=1)
        sure = (km[np.arange(len(market)), market] <= self._sites.registered_km + BORDER_KM) & (
            radius <= _MAX_RADIUS_KM
        )
        market = np.where(sure & (scans.ints("source") != Source.SITE), market, -1)
        for (item, scan), where in zip(scan_values(scans), market.tolist(), strict=True):
            self._scans[item].append(scan)
            self._markets[item, scan.handset, scan.at] = where
