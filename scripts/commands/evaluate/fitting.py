"""Fitting the evidence model to unlabelled worlds: counts of honest facts, and of facts that copies would show."""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from random import Random
from statistics import fmean, median
from typing import TypeVar

from firmware_sim.population.world import World
from gateway.evidence.aggregates import FREQUENT_CODES, MIN_SCANS_OF_DEALER, VENUE_OPENINGS, cell, unrelated
from gateway.evidence.features import (
    LINK_GAP,
    LINK_KM,
    PLACE_KM,
    REUSE_GAP,
    REUSE_UNKNOWN,
    Fix,
    Reading,
    State,
    Zone,
    fix_of,
    read,
)
from gateway.evidence.item import ItemEvidence, Scan
from gateway.evidence.model import MAX_PLACE_LLR, OWN_SHARE, Model, bounded_llr
from scripts.commands.evaluate.evidence_judge import network_of
from scripts.commands.evaluate.judge_protocol import registry_of
from scripts.commands.evaluate.memory_store import MemoryStore

HOME_SHARE = 0.3
"""Of made-up copies, those sold by the same dealer's shops."""
COPY_HAZARD = 0.6
"""That a copied code with k handsets gets another one (R13)."""
ROUGH_KM = 300.0
"""The radius of a mobile network's address (section 1.1)."""
_Key = TypeVar("_Key", bound=Hashable)
_DAYS = 24 * 3_600_000_000


@dataclass(slots=True)
class Counts:
    """How often facts were seen: of honest items as they are, and of items that were given others' phones."""

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


def frequent_handsets(store: MemoryStore) -> frozenset[str]:
    """Handsets that looked at several codes."""
    codes: Counter[str] = Counter()
    for item in store.looked_at():
        codes.update({scan.handset for scan in store.scans(item)})
    return frozenset(handset for handset, count in codes.items() if count >= FREQUENT_CODES)


def count(world: World, seed: int) -> Counts:
    """The counts of one world. No label is looked at."""
    store = MemoryStore(registry_of(world).sites)
    store.take(world.events.seen())
    ignored = frequent_handsets(store)
    rng = Random(seed)  # noqa: S311 -- a fit has to be repeatable
    counts = Counts()
    evidence = {item: store.evidence(item) for item in store.looked_at()}
    venues = venue_cells(evidence.values())
    pool: list[tuple[int, Scan]] = []
    errors: list[tuple[float, float]] = []
    dealers: dict[int, list[tuple[bool, bool]]] = {}
    network = network_of(registry_of(world))
    for item, each in evidence.items():
        reading = read(each, ignored)
        dealer = network.dealer_of(reading)
        if dealer >= 0 and any(place.fix <= Fix.MIDDLE for place in reading.places):
            abroad = any(store.market(item, place.scan) not in (-1, dealer) for place in reading.places)
            dealers.setdefault(dealer, []).append((abroad, any(unrelated(link) for link in reading.links)))
        _count_honest(reading, counts, venues)
        # Locations to deal out are those of home customers and travellers alike, by the market they are in.
        for place in reading.places[:1]:
            if place.fix is Fix.ROUGH and place.holder is not None:
                holder = place.holder
                errors.append((place.scan.latitude - holder.latitude, place.scan.longitude - holder.longitude))
            elif place.fix is not Fix.NONE:
                pool.append((store.market(item, place.scan), place.scan))
    able = [scans for scans in dealers.values() if len(scans) >= MIN_SCANS_OF_DEALER]
    counts.far.append(median(sum(abroad for abroad, _ in scans) / len(scans) for scans in able))
    counts.unrelated.append(median(sum(other for _, other in scans) / len(scans) for scans in able))
    _count_copies(list(evidence.values()), pool, errors, world.sites.first_dealer, ignored, venues, counts, rng)
    return counts


def venue_cells(evidence: Iterable[ItemEvidence]) -> frozenset[tuple[int, int]]:
    """Places, to about 300 m, at which many codes were opened."""
    openings: Counter[tuple[int, int]] = Counter()
    for each in evidence:
        openings.update({cell(scan) for scan in each.scans if scan.opened and fix_of(scan) is Fix.FINE})
    return frozenset(place for place, number in openings.items() if number >= VENUE_OPENINGS)


def _count_honest(reading: Reading, counts: Counts, venues: frozenset[tuple[int, int]]) -> None:
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


def _count_copies(
    evidence: Sequence[ItemEvidence],
    pool: Sequence[tuple[int, Scan]],
    errors: Sequence[tuple[float, float]],
    first_dealer: int,
    ignored: frozenset[str],
    venues: frozenset[tuple[int, int]],
    counts: Counts,
    rng: Random,
) -> None:
    """Give items the phones of other items: what copies, and refilled packages, would look like."""
    by_market: dict[int, list[Scan]] = {}
    for market, scan in pool:
        by_market.setdefault(market, []).append(scan)
    markets = [market for market, scans in by_market.items() if market >= 0 and len(scans) >= 20]
    everywhere = [scan for _, scan in pool]
    for each in evidence:
        arrivals = [mark for mark in each.marks if mark.kind in ("shop", "dealer") and mark.step == "receiving"]
        if not arrivals or not each.scans:
            continue
        start = arrivals[-1].at
        dealer = next((mark for mark in reversed(each.marks) if mark.kind == "dealer"), None)
        own = by_market.get(int(dealer.site, 16) - first_dealer, everywhere) if dealer is not None else everywhere
        source = own if rng.random() < HOME_SHARE else by_market[rng.choice(markets)]
        begin = start + int(rng.uniform(-5, 90) * _DAYS)
        fakes = []
        for _ in range(2):
            scan = rng.choice(source)
            if rng.random() < len(errors) / (len(errors) + len(pool)):
                north, east = rng.choice(errors)
                scan = scan._replace(
                    latitude=scan.latitude + north, longitude=scan.longitude + east, radius_km=ROUGH_KM
                )
            fakes.append(_moved(scan, begin + int(rng.uniform(0, 95) * _DAYS), f"{rng.getrandbits(64):x}"))
        alone = read(ItemEvidence().seen(fakes[:1], each.marks))
        counts.place[1].update((place.fix, place.state, place.bin) for place in alone.places[:1])
        two = fakes if rng.random() < 0.5 else [*each.scans, fakes[0]]
        both = read(ItemEvidence().seen(two, each.marks), ignored)
        names = {fake.handset for fake in fakes}
        counts.link[1].update(
            (link.fix, link.km_bin, link.gap_bin, link.zone)
            for link in both.links[:2]
            if {link.scan.handset, link.other.handset} & names
        )
        opening = next((scan for scan in each.scans if scan.opened), None)
        if opening is not None and cell(opening) in venues:
            scan = rng.choice(own)
            if rng.random() < len(errors) / (len(errors) + len(pool)):
                scan = scan._replace(radius_km=ROUGH_KM)
            again = _moved(scan, opening.at + int(rng.uniform(7, 90) * _DAYS), "refilled")
            reuse = read(ItemEvidence().seen([*each.scans, again], each.marks), ignored).reuse
            if reuse is not None and reuse.scan.handset == "refilled":
                for venue in (0, 1):
                    counts.reuse[1][reuse.gap_bin, reuse.km_bin, venue] += 1


def _moved(scan: Scan, at: int, handset: str) -> Scan:
    return scan._replace(at=at, handset=handset, opened=False, inner=0)


def model_of(counts: Counts, thresholds: dict[str, float], provenance: dict[str, object]) -> Model:
    """The model that follows from counts."""
    place: dict[tuple[int, int, int], float] = {}
    for fix in Fix:
        cells = [(fix, state, number) for state in State for number in range(len(PLACE_KM) + 1)]
        honest, copied = (_smoothed(_pooled(side), cells) for side in counts.place)
        for each in cells:
            mixed = OWN_SHARE * honest[each] + (1 - OWN_SHARE) * copied[each]
            place[each[0], each[1], each[2]] = bounded_llr(mixed, honest[each], MAX_PLACE_LLR)
    link: dict[tuple[int, int, int, int], float] = {}
    for fix in Fix:
        links = [
            (fix, km, gap, zone) for km in range(len(LINK_KM) + 1) for gap in range(len(LINK_GAP) + 1) for zone in Zone
        ]
        honest_link, copied_link = (_smoothed(side, links) for side in counts.link)
        for key in links:
            mixed = OWN_SHARE * honest_link[key] + (1 - OWN_SHARE) * copied_link[key]
            link[key[0], key[1], key[2], key[3]] = bounded_llr(mixed, honest_link[key])
    return Model(
        place=place,
        link=link,
        hazard=_hazards(counts.handsets),
        reuse=_reuse(counts),
        far_share=fmean(counts.far),
        second_share=fmean(counts.unrelated),
        lane_dispersion=5.0,
        tail=(),
        thresholds=thresholds,
        provenance=provenance,
    )


def _smoothed(counter: Counter[_Key], cells: Sequence[_Key]) -> dict[_Key, float]:
    total = sum(counter[each] for each in cells)
    # A cell that was never seen counts as seen half a time.
    return {each: (counter[each] + 0.5) / (total + 0.5 * len(cells)) for each in cells}


def _pooled(places: Counter[tuple[int, int, int]]) -> Counter[tuple[int, int, int]]:
    """Looks before the sale are rare: their distances are counted as near, far and very far, not bin by bin."""
    groups = [
        [number for number in range(len(PLACE_KM) + 1) if first <= number < last]
        for first, last in ((0, 7), (7, 12), (12, 14))
    ]
    found = Counter({key: number for key, number in places.items() if key[1] != State.BEFORE})
    for fix in Fix:
        for group in groups:
            # Each bin of a group has the group's number: the ratio of two such counts is the group's ratio.
            total = sum(places[fix, State.BEFORE, number] for number in group)
            found.update({(fix, State.BEFORE, number): total for number in group})
    return found


def _hazards(handsets: Counter[int]) -> tuple[float, ...]:
    found: list[float] = []
    honest = 1.0
    for have in range(1, 6):
        at_least = sum(number for handset, number in handsets.items() if handset >= have)
        more = sum(number for handset, number in handsets.items() if handset > have)
        # What was hardly ever seen is taken to fall off as the step before did.
        honest = (more + 1) / (at_least + 2) if at_least > 200 else 0.3 * honest
        found.append(bounded_llr(COPY_HAZARD, honest))
    return tuple(found)


def _reuse(counts: Counts) -> dict[tuple[int, int, int], float]:
    found = {}
    for venue in (0, 1):
        opened = counts.opened[venue] + 50
        copied = sum(number for key, number in counts.reuse[1].items() if key[2] == venue) + 1
        for gap in range(len(REUSE_GAP) + 1):
            for km in range(REUSE_UNKNOWN + 1):
                key = gap, km, venue
                genuine = (counts.reuse[0][key] + 0.5) / opened
                refilled = 0.5 * (counts.reuse[1][key] + 0.05) / copied
                found[key] = bounded_llr(refilled, genuine)
    return found
