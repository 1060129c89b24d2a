"""The evidence core under test: gateway.evidence fed from a shelf in memory, a day's arrivals at a time.

Only what a gateway has is used: registered sites and codes, and the events themselves. All conclusions come from
gateway.evidence; this module turns columns into its words.
"""

from collections import defaultdict
from collections.abc import Sequence

from firmware_sim.population.columns import Ints, Step, Table
from firmware_sim.population.network import DEALER, SHOP, kilometres
from gateway.evidence.features import Reading
from gateway.evidence.item import ItemEvidence, Mark, Scan
from gateway.evidence.model import Model
from gateway.evidence.reader_clocks import Stamp
from gateway.evidence.registry import Network
from gateway.evidence.scorer import EvidenceScorer
from gateway.evidence.weighing import Weight
from scripts.commands.evaluate.judge_protocol import Alert, Registry
from scripts.commands.evaluate.memory_store import MemoryStore

_WEEK = 7
_LANES_EVERY = 3

ABLATIONS = ("devices", "handsets", "pooling", "tills", "radius")
"""Parts that can be left out: the device stage, the counting of handsets' codes, lanes, tills, error radii."""


class Goods:
    """See :class:`gateway.evidence.registry.Goods`."""

    def __init__(self, registry: Registry, store: MemoryStore) -> None:
        self._store = store
        self._made = (registry.made != Registry.NEVER).tolist()
        self._expires = [None if at == Registry.NEVER else at for at in registry.expires.tolist()]
        self._lot, self._case = registry.lot.tolist(), registry.case.tolist()

    def evidence(self, item: int) -> ItemEvidence:
        """What is known of an item now."""
        return self._store.evidence(item)

    def marks(self, item: int) -> Sequence[Mark]:
        """The item's custody marks."""
        return self._store.marks(item)

    def faulty(self, item: int) -> float:
        """The share of the item's marks that a wrong clock stamped."""
        return self._store.faulty(item)

    def market(self, item: int, scan: Scan) -> int:
        """The market that a look fell into."""
        return self._store.market(item, scan)

    def made(self, item: int) -> bool:
        """Whether the item was ever reported as made."""
        return bool(self._made[item])

    def expires(self, item: int) -> int | None:
        """When the item expires."""
        return self._expires[item]

    def lot(self, item: int) -> str:
        """The item's lot."""
        return str(self._lot[item])

    def index(self, item: int) -> int:
        """Items are numbered lot by lot."""
        return item

    def product(self, item: int) -> str:
        """A world makes one product."""
        del item
        return "product"

    def case(self, item: int) -> int:
        """The item's case."""
        return int(self._case[item])


def network_of(registry: Registry) -> Network:
    """The network: one market around each dealer, each shop supplied by one."""
    sites = registry.sites
    lat, lon = sites.markets()
    apart = kilometres(lat[:, None], lon[:, None], lat[None, :], lon[None, :])
    kinds, parents, first = sites.kind.tolist(), sites.parent.tolist(), sites.first_dealer
    dealers = {
        f"{site:04x}": (parents[site] if kind == SHOP else site) - first
        for site, kind in enumerate(kinds)
        if kind in (SHOP, DEALER)
    }
    homes = [frozenset({dealer}) for dealer in range(len(sites.of_kind(DEALER)))]
    return Network(homes, apart.tolist(), dealers)


class EvidenceJudge:
    """A :class:`~scripts.commands.evaluate.judge_protocol.Judge`; ``without`` names parts left out (the ablations)."""

    def __init__(self, registry: Registry, model: Model, without: frozenset[str] = frozenset()) -> None:
        self._without = without
        self._store = MemoryStore(registry.sites)
        self._scorer = EvidenceScorer(network_of(registry), Goods(registry, self._store), model, without)
        self._day = 0

    def observe(self, events: Table) -> None:
        """Take in a day's arrivals."""
        if not len(events):
            return
        self._day += 1
        now = int(events.ints("received").max())
        kept = self._store.take(self._ablated(events))
        self._sources(kept)
        touched: set[int] = set()
        if "devices" not in self._without:
            touched |= self._clocks(kept, now)
        scanned = kept.take((kept.ints("step") >= Step.SCAN) & (kept.ints("item") >= 0))
        for item, handset in zip(scanned.ints("item").tolist(), scanned.ints("handset").tolist(), strict=True):
            touched |= self._scorer.aggregates.count_code(item, f"{handset:x}")
        touched |= {item for item in set(kept.ints("item").tolist()) if self._store.has_scans(item)}
        drift, lanes = self._day % _WEEK == 0, self._day % _LANES_EVERY == 0
        self._scorer.assess(touched, self._day, now, drift=drift, lanes=lanes)

    def findings(self) -> list[Alert]:
        """All findings, by subject."""
        return self._scorer.suspicions()

    def set_aside(self) -> Ints:
        """Doubles, replays and strangers."""
        return self._store.aside()

    def reading(self, item: int) -> Reading | None:
        """What was read of an item."""
        return self._scorer.reading(item)

    def weight(self, item: int) -> Weight | None:
        """How an item was weighed last."""
        return self._scorer.weights.get(item)

    def _ablated(self, events: Table) -> Table:
        if "tills" in self._without:
            events = events.take(events.ints("step") != Step.SELLING)
        if "radius" in self._without:
            events = events.changed(radius_m=events.floats("radius_m") * 0)
        return events

    def _sources(self, kept: Table) -> None:
        """Scans by their addresses: who guesses says nothing of goods."""
        scans = kept.take(kept.ints("step") == Step.SCAN)
        columns = [scans.ints(name).tolist() for name in ("address", "at", "item")]
        for address, at, item in zip(*columns, strict=True):
            if address >= 0:
                self._scorer.devices.tried(str(address), at, known=item >= 0)

    def _clocks(self, kept: Table, now: int) -> set[int]:
        """A day's stamps of every reader; items whose history a wrong clock has touched are to be read again."""
        rows = kept.take((kept.ints("device") >= 0) & (kept.ints("step") < Step.SCAN))
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
