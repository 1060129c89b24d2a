"""How often clean worlds show each fact of the evidence model: honest items as they are, and items with made-up copies.

The truth about an event is not read: the counts are what an unlabelled history would give.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from random import Random
from statistics import median

from firmware_sim.population.world import World
from gateway.evidence.aggregates import MIN_SCANS_OF_DEALER, VENUE_OPENINGS, Cell, cell, unrelated
from gateway.evidence.facts import FactCounts, LinkKey, PlaceKey
from gateway.evidence.features import Reading, read
from gateway.evidence.handsets import Handsets
from gateway.evidence.item import Fix, ItemEvidence
from gateway.evidence.rates import ReuseKey
from gateway.evidence.registry import NOBODY, Network
from scripts.commands.evaluate.evidence_judge import network_of
from scripts.commands.evaluate.judge_protocol import registry_of
from scripts.commands.evaluate.made_up_copies import MadeUpCopies
from scripts.commands.evaluate.memory_store import MemoryStore


@dataclass(slots=True)
class Counts:
    """How often facts were seen, of honest items, and of items with made-up copies.

    ``reuse`` has honest (0) and made-up (1) ones; ``opened`` counts openings by whether they were at a venue; ``far``
    and ``unrelated`` are shares, one a world.
    """

    honest: FactCounts = field(default_factory=FactCounts)
    copied_places: Counter[PlaceKey] = field(default_factory=Counter)
    copied_links: Counter[LinkKey] = field(default_factory=Counter)
    reuse: list[Counter[ReuseKey]] = field(default_factory=lambda: [Counter(), Counter()])
    opened: Counter[int] = field(default_factory=Counter)
    far: list[float] = field(default_factory=list)
    unrelated: list[float] = field(default_factory=list)

    def add(self, other: "Counts") -> None:
        """Add another world's counts."""
        self.honest.update(other.honest)
        self.copied_places.update(other.copied_places)
        self.copied_links.update(other.copied_links)
        for side in (0, 1):
            self.reuse[side].update(other.reuse[side])
        self.opened.update(other.opened)
        self.far += other.far
        self.unrelated += other.unrelated


def count(world: World, seed: int) -> Counts:
    """The counts of one world."""
    store = MemoryStore(world.sites)
    store.take(world.events.seen())
    ignored = in_trade(store)
    evidence = {item: store.evidence(item) for item in store.scanned()}
    readings = {item: read(seen, ignored) for item, seen in evidence.items()}
    venues = venue_cells(evidence.values())
    counts = Counts()
    for reading in readings.values():
        _count_honest(reading, counts, venues)
    _count_dealers(readings, store, network_of(registry_of(world)), counts)
    copies = MadeUpCopies(
        [reading.places[0].scan for reading in readings.values() if reading.places],
        _errors(readings.values()),
        ignored,
        venues,
        Random(seed),  # noqa: S311 -- a fit has to be repeatable
    )
    for seen in evidence.values():
        facts = copies.facts_of(seen)
        counts.copied_places.update(facts.places)
        counts.copied_links.update(facts.links)
        counts.reuse[1].update(facts.reuses)
    return counts


def in_trade(store: MemoryStore) -> frozenset[str]:
    """Handsets that scanned so many codes that they aren't buyers'."""
    handsets = Handsets()
    for item in store.scanned():
        for scan in store.scans(item):
            handsets.count(item, scan)
    return frozenset(filter(handsets.in_trade, handsets.days))


def venue_cells(evidence: Iterable[ItemEvidence]) -> frozenset[Cell]:
    """Cells of about 300 m in which many items were opened."""
    openings: Counter[Cell] = Counter()
    for item in evidence:
        openings.update({cell(scan) for scan in item.scans if scan.opened and scan.fix is Fix.FINE})
    return frozenset(place for place, number in openings.items() if number >= VENUE_OPENINGS)


def _count_honest(reading: Reading, counts: Counts, venues: frozenset[Cell]) -> None:
    counts.honest.add(reading)
    if reading.burst:
        return
    opening = next((place.scan for place in reading.places if place.scan.opened), None)
    if opening is not None:
        counts.opened[int(cell(opening) in venues)] += 1
    if reading.reuse is not None:
        reuse = reading.reuse
        counts.reuse[0][reuse.gap_bin, reuse.km_bin, int(cell(reuse.opening) in venues)] += 1


def _count_dealers(readings: Mapping[int, Reading], store: MemoryStore, network: Network, counts: Counts) -> None:
    """Of a middling dealer's items that were scanned at a known place: shares seen abroad, and by two households."""
    by_dealer: dict[int, list[tuple[bool, bool]]] = {}
    for item, reading in readings.items():
        dealer = network.dealer_of(reading)
        if dealer >= 0 and any(place.fix <= Fix.MIDDLE for place in reading.places):
            home = {NOBODY, *network.homes[dealer]}
            abroad = any(store.market(item, place.scan) not in home for place in reading.places)
            by_dealer.setdefault(dealer, []).append((abroad, any(unrelated(link) for link in reading.links)))
    large = [items for items in by_dealer.values() if len(items) >= MIN_SCANS_OF_DEALER]
    counts.far.append(median(sum(abroad for abroad, _ in items) / len(items) for items in large))
    counts.unrelated.append(median(sum(households for _, households in items) / len(items) for items in large))


def _errors(readings: Iterable[Reading]) -> dict[Fix, list[tuple[float, float]]]:
    """By quality of place below a phone's own, the degrees north and east of first scans from the item's holder."""
    errors: dict[Fix, list[tuple[float, float]]] = {Fix.MIDDLE: [], Fix.ROUGH: []}
    for reading in readings:
        for place in reading.places[:1]:
            if place.fix in errors and place.holder is not None:
                holder = place.holder
                errors[place.fix].append(
                    (place.scan.latitude - holder.latitude, place.scan.longitude - holder.longitude)
                )
    return errors
