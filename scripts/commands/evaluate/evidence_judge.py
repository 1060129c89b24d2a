"""The evidence model under test: gateway.evidence on events in memory, a day's arrivals at a time.

Only what a gateway has is used: registered sites and codes, and the events themselves. All conclusions come from
gateway.evidence; this module turns columns into its values.
"""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from typing_extensions import override

from firmware_sim.population.columns import Ints, Step, Table, number
from firmware_sim.population.network import DEALER, SHOP, kilometres
from firmware_sim.population.world_time import DAY_US
from gateway.evidence.features import Reading
from gateway.evidence.item import ItemEvidence, Mark, Scan
from gateway.evidence.model import Model
from gateway.evidence.reader_clocks import Stamp
from gateway.evidence.registry import Goods, Network
from gateway.evidence.scorer import EvidenceScorer
from gateway.evidence.weighing import Weight
from scripts.commands.evaluate.judge_protocol import Alert, Registry
from scripts.commands.evaluate.memory_store import MemoryStore

_WEEK = 7
_LANES_EVERY = 3

ABLATIONS = ("devices", "handsets", "pooling", "tills", "radius", "sessions")
"""Parts that can be left out: wrong clocks, the count of a handset's codes, lanes, tills, error radii, sessions.

Without sessions every scan is taken for that of another handset.
"""


class WorldGoods(Goods):
    """What is registered of a world's items, and stored of them so far."""

    def __init__(self, registry: Registry, store: MemoryStore) -> None:
        self._store = store
        self._made = (registry.made != Registry.NEVER).tolist()
        self._expires = [None if at == Registry.NEVER else at for at in registry.expires.tolist()]
        self._lot, self._case = registry.lot.tolist(), registry.case.tolist()

    @override
    def evidence(self, item: int) -> ItemEvidence:
        return self._store.evidence(item)

    @override
    def marks(self, item: int) -> Sequence[Mark]:
        return self._store.marks(item)

    @override
    def faulty(self, item: int) -> float:
        return self._store.faulty(item)

    @override
    def market(self, item: int, scan: Scan) -> int:
        return self._store.market(item, scan)

    @override
    def made(self, item: int) -> bool:
        return bool(self._made[item])

    @override
    def expires(self, item: int) -> int | None:
        return self._expires[item]

    @override
    def lot(self, item: int) -> str:
        return str(self._lot[item])

    @override
    def index(self, item: int) -> int:
        # Items are numbered lot by lot, so that neighbours on a roll have neighbouring numbers.
        return item

    @override
    def product(self, item: int) -> str:
        # All items count as one product: the worlds have no prices to compare.
        return "product"

    @override
    def case(self, item: int) -> int:
        return int(self._case[item])


def network_of(registry: Registry) -> Network:
    """The network. As in the gateway a dealer serves the markets that are nearest to its own site and its shops."""
    sites = registry.sites
    lat, lon = sites.markets()
    apart = kilometres(lat[:, None], lon[:, None], lat[None, :], lon[None, :])
    nearest = np.argmin(kilometres(sites.lat[:, None], sites.lon[:, None], lat[None, :], lon[None, :]), axis=1)
    kinds, parents, first = sites.kind.tolist(), sites.parent.tolist(), sites.first_dealer
    dealers = {
        f"{site:04x}": (parents[site] if kind == SHOP else site) - first
        for site, kind in enumerate(kinds)
        if kind in (SHOP, DEALER)
    }
    served = [{int(nearest[dealer])} for dealer in sites.of_kind(DEALER)]
    for site, dealer in dealers.items():
        served[dealer].add(int(nearest[int(site, 16)]))
    homes = [frozenset(own) for own in served]
    return Network(homes, [apart[sorted(own)].min(axis=0).tolist() for own in homes], dealers)


class EvidenceJudge:
    """A :class:`~scripts.commands.evaluate.judge_protocol.Judge`; ``without`` names parts left out (the ablations)."""

    def __init__(self, registry: Registry, model: Model, without: frozenset[str] = frozenset()) -> None:
        self._without = without
        self._store = MemoryStore(registry.sites)
        self._scorer = EvidenceScorer(network_of(registry), WorldGoods(registry, self._store), model, without)
        self._guesses: set[tuple[int, int]] = set()
        self._day = 0

    def observe(self, events: Table) -> None:
        """Store a day's arrivals and assess the items that they concern."""
        if not len(events):
            return
        self._day += 1
        now = int(events.ints("received").max())
        stored = self._store.take(self._ablated(events))
        self._count_sources(stored)
        touched: set[int] = set()
        if "devices" not in self._without:
            touched |= self._check_clocks(stored, now)
        scanned = stored.take((stored.ints("step") >= Step.SCAN) & (stored.ints("item") >= 0))
        for item in sorted(set(scanned.ints("item").tolist())):
            for scan in self._store.scans(item):
                touched |= self._scorer.aggregates.count_scan(item, scan)
        touched |= {item for item in set(stored.ints("item").tolist()) if self._store.has_scans(item)}
        drift, lanes = self._day % _WEEK == 0, self._day % _LANES_EVERY == 0
        self._scorer.assess(touched, now // DAY_US, now, drift=drift, lanes=lanes)

    def findings(self) -> list[Alert]:
        """All suspicions, by subject."""
        return self._scorer.suspicions()

    def set_aside(self) -> Ints:
        """Arrival numbers of duplicates, replays and unknown readers' events."""
        return self._store.aside()

    def reading(self, item: int) -> Reading | None:
        """The countable facts of an item, as they were last read."""
        return self._scorer.reading(item)

    def evidence(self, item: int) -> ItemEvidence:
        """The evidence of an item."""
        return self._store.evidence(item)

    def weight(self, item: int) -> Weight | None:
        """How an item's facts were last weighed."""
        return self._scorer.weights.get(item)

    def _ablated(self, events: Table) -> Table:
        if "tills" in self._without:
            events = events.take(events.ints("step") != Step.SELLING)
        if "radius" in self._without:
            events = events.changed(radius_m=events.floats("radius_m") * 0)
        if "sessions" in self._without:
            handset = events.ints("handset")
            events = events.changed(handset=np.where(handset >= 0, number(0, handset, events.ints("at")), handset))
        return events

    def _count_sources(self, stored: Table) -> None:
        """Count the scans of each network: one that guesses codes is suspected itself."""
        scans = stored.take(stored.ints("step") == Step.SCAN)
        columns = [scans.ints(name).tolist() for name in ("at", "network", "item", "digest")]
        for at, network, item, code in sorted(zip(*columns, strict=True)):
            # The same unknown code tried again is no further guess.
            if network >= 0 and (item >= 0 or (network, code) not in self._guesses):
                self._guesses.add((network, code))
                self._scorer.devices.tried(str(network), at, known=item >= 0)

    def _check_clocks(self, stored: Table, now: int) -> set[int]:
        """Check every reader's times of a day; gives the items whose history a wrong clock has changed."""
        rows = stored.take((stored.ints("device") >= 0) & (stored.ints("step") < Step.SCAN))
        stamps: dict[int, set[Stamp]] = defaultdict(set)
        bounds: dict[int, int] = {}
        columns = [rows.ints(name).tolist() for name in ("device", "at", "received", "clock_bound_s", "item")]
        items: dict[int, set[int]] = defaultdict(set)
        for device, at, received, bound, item in zip(*columns, strict=True):
            stamps[device].add(Stamp(at, received))
            items[device].add(item)
            bounds[device] = bound
        touched: set[int] = set()
        for device, own in sorted(stamps.items()):
            faults = self._scorer.devices.stamped(str(device), sorted(own), bounds[device], now)
            for fault in faults:
                self._store.fault(device, fault)
            if faults:
                touched.update(item for item in items[device] if self._store.has_scans(item))
        return touched
