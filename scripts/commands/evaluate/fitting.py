"""Fits the evidence model to counts of facts: smoothed shares, honest and copied."""

from collections import Counter
from collections.abc import Hashable, Sequence
from statistics import fmean
from typing import TypeVar

from gateway.evidence.facts import LinkKey, PlaceKey
from gateway.evidence.features import LINK_GAP, LINK_KM, PLACE_KM, REUSE_GAP, REUSE_UNKNOWN, State, Zone
from gateway.evidence.item import Fix
from gateway.evidence.model import Model
from gateway.evidence.rates import Rates, ReuseKey
from scripts.commands.evaluate.fact_counts import Counts

LEAST_HOUSEHOLDS = 200
"""With fewer items of so many households, the share that gets a further one is that of the items before."""
_Key = TypeVar("_Key", bound=Hashable)


def model_of(counts: Counts, thresholds: dict[str, float], provenance: dict[str, object]) -> Model:
    """The model that follows from counts (docs/detection.md#model)."""
    return Model(
        rates=rates_of(counts),
        far_share=fmean(counts.far),
        second_share=fmean(counts.unrelated),
        lane_dispersion=5.0,
        tail=(),
        thresholds=thresholds,
        provenance=provenance,
    )


def rates_of(counts: Counts) -> Rates:
    """The shares of each fact among honest items and among those with made-up copies."""
    place_honest: dict[PlaceKey, float] = {}
    place_copied: dict[PlaceKey, float] = {}
    link_honest: dict[LinkKey, float] = {}
    link_copied: dict[LinkKey, float] = {}
    for fix in Fix:
        places: list[PlaceKey] = [(fix, state, number) for state in State for number in range(len(PLACE_KM) + 1)]
        place_honest |= _smoothed(_pooled(counts.honest.places), places)
        place_copied |= _smoothed(_pooled(counts.copied_places), places)
        links: list[LinkKey] = [
            (fix, km, gap, zone) for km in range(len(LINK_KM) + 1) for gap in range(len(LINK_GAP) + 1) for zone in Zone
        ]
        link_honest |= _smoothed(counts.honest.links, links)
        link_copied |= _smoothed(counts.copied_links, links)
    reuse_honest, reuse_copied = _reuse(counts)
    return Rates(
        place_honest,
        place_copied,
        link_honest,
        link_copied,
        _further(counts.honest.households),
        reuse_honest,
        reuse_copied,
    )


def _smoothed(counter: Counter[_Key], cells: Sequence[_Key]) -> dict[_Key, float]:
    """Shares of the cells, each counted half a time more (Krichevsky and Trofimov 1981): none is 0."""
    total = sum(counter[key] for key in cells)
    return {key: (counter[key] + 0.5) / (total + 0.5 * len(cells)) for key in cells}


def _pooled(places: Counter[PlaceKey]) -> Counter[PlaceKey]:
    """Scans before the sale are rare: their distances are counted as near, far and very far, not bin by bin."""
    groups = [
        [number for number in range(len(PLACE_KM) + 1) if first <= number < last]
        for first, last in ((0, 7), (7, 12), (12, 14))
    ]
    pooled = Counter({key: number for key, number in places.items() if key[1] != State.BEFORE})
    for fix in Fix:
        for group in groups:
            # Each bin of a group has the group's number: the ratio of two such counts is the group's ratio.
            total = sum(places[fix, State.BEFORE, number] for number in group)
            pooled.update({(fix, State.BEFORE, number): total for number in group})
    return pooled


def _further(households: Counter[int]) -> tuple[float, ...]:
    """By number of households (1 to 5) the share of honest items that get a further one."""
    shares: list[float] = []
    for number in range(1, 6):
        at_least = sum(items for count, items in households.items() if count >= number)
        more = sum(items for count, items in households.items() if count > number)
        shares.append((more + 1) / (at_least + 2) if at_least > LEAST_HOUSEHOLDS or not shares else shares[-1])
    return tuple(shares)


def _reuse(counts: Counts) -> tuple[dict[ReuseKey, float], dict[ReuseKey, float]]:
    """By gap, distance and venue the shares of opened items that are scanned so afterwards, honest and refilled."""
    honest: dict[ReuseKey, float] = {}
    refilled: dict[ReuseKey, float] = {}
    for venue in (0, 1):
        opened = counts.opened[venue] + 50
        copied = sum(number for key, number in counts.reuse[1].items() if key[2] == venue) + 1
        for gap in range(len(REUSE_GAP) + 1):
            for km in range(REUSE_UNKNOWN + 1):
                key = gap, km, venue
                honest[key] = (counts.reuse[0][key] + 0.5) / opened
                refilled[key] = 0.5 * (counts.reuse[1][key] + 0.05) / copied
    return honest, refilled
