"""How often clean worlds show each fact of the evidence model: honest items as they are, and items with made-up copies.

The truth about an event is not read: the counts are what an unlabelled history would give.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from random import Random
from statistics import median

from firmware_sim.population.world import World
from gateway.evidence.aggregates import FREQUENT_CODES, MIN_SCANS_OF_DEALER, VENUE_OPENINGS, Cell, cell, unrelated
from gateway.evidence.features import Fix, Reading, fix_of, read
from gateway.evidence.item import ItemEvidence
from gateway.evidence.registry import NOBODY, Network
from scripts.commands.evaluate.evidence_judge import network_of
from scripts.commands.evaluate.judge_protocol import registry_of
from scripts.commands.evaluate.made_up_copies import Donors, MadeUpCopies
from scripts.commands.evaluate.memory_store import MemoryStore


@dataclass(slots=True)
class Counts:
    """How often facts were seen, of honest items (index 0) and of items with made-up copies (index 1).

    The keys are those of :class:`gateway.evidence.model.Model`. ``handsets`` counts items by their number of phones,
    ``opened`` openings by whether they were at a venue; ``far`` and ``unrelated`` are shares, one a world.
    """

    place: list[Counter[tuple[int, int, int]]] = field(default_factory=lambda: [Counter(), Counter()])
    link: list[Counter[tuple[int, int, int, int]]] = field(default_factory=lambda: [Counter(), Counter()])
    reuse: list[Counter[tuple[int, int, int]]] = field(default_factory=lambda: [Counter(), Counter()])
    handsets: Counter[int] = field(default_factory=Counter)
    opened: Counter[int] = field(default_factory=Counter)
    far: list[float] = field(default_factory=list)
    unrelated: list[float] = field(default_factory=list)

    def add(self, other: "Counts") -> None:
        """Add another world's counts."""
        for side in (0, 1):
            self.place[side].update(other.place[side])
            self.link[side].update(other.link[side])
            self.reuse[side].update(other.reuse[side])
        self.handsets.update(other.handsets)
        self.opened.update(other.opened)
        self.far += other.far
        self.unrelated += other.unrelated


def count(world: World, seed: int) -> Counts:
    """The counts of one world."""
    store = MemoryStore(world.sites)
    store.take(world.events.seen())
    ignored = frequent_handsets(store)
    evidence = {item: store.evidence(item) for item in store.scanned()}
    readings = {item: read(seen, ignored) for item, seen in evidence.items()}
    venues = venue_cells(evidence.values())
    counts = Counts()
    for reading in readings.values():
        _count_honest(reading, counts, venues)
    _count_dealers(readings, store, network_of(registry_of(world)), counts)
    copies = MadeUpCopies(
        _donors(readings, store),
        world.sites.first_dealer,
        ignored,
        venues,
        Random(seed),  # noqa: S311 -- a fit has to be repeatable
    )
    for seen in evidence.values():
        facts = copies.facts_of(seen)
        counts.place[1].update(facts.places)
        counts.link[1].update(facts.links)
        counts.reuse[1].update(facts.reuses)
    return counts


def frequent_handsets(store: MemoryStore) -> frozenset[str]:
    """Handsets that scanned several codes."""
    codes: Counter[str] = Counter()
    for item in store.scanned():
        codes.update({scan.handset for scan in store.scans(item)})
    return frozenset(handset for handset, number in codes.items() if number >= FREQUENT_CODES)


def venue_cells(evidence: Iterable[ItemEvidence]) -> frozenset[Cell]:
    """Cells of about 300 m in which many items were opened."""
    openings: Counter[Cell] = Counter()
    for item in evidence:
        openings.update({cell(scan) for scan in item.scans if scan.opened and fix_of(scan) is Fix.FINE})
    return frozenset(place for place, number in openings.items() if number >= VENUE_OPENINGS)


def _count_honest(reading: Reading, counts: Counts, venues: frozenset[Cell]) -> None:
    if reading.burst or not reading.places:
        return
    first = reading.places[0]
    counts.place[0][first.fix, first.state, first.bin] += 1
    counts.handsets[len(reading.places)] += 1
    for link in reading.links:
        counts.link[0][link.fix, link.km_bin, link.gap_bin, link.zone] += 1
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


def _donors(readings: Mapping[int, Reading], store: MemoryStore) -> Donors:
    """First scans of real items, of home customers and travellers alike, by the market that they are in."""
    scans, errors = [], []
    for item, reading in readings.items():
        for place in reading.places[:1]:
            if place.fix is Fix.ROUGH and place.holder is not None:
                holder = place.holder
                errors.append((place.scan.latitude - holder.latitude, place.scan.longitude - holder.longitude))
            elif place.fix is not Fix.NONE:
                scans.append((store.market(item, place.scan), place.scan))
    return Donors(scans, errors)
