"""Fits the evidence model to counts of facts: smoothed shares become bounded log-likelihood ratios."""

from collections import Counter
from collections.abc import Hashable, Sequence
from statistics import fmean
from typing import TypeVar

from gateway.evidence.features import LINK_GAP, LINK_KM, PLACE_KM, REUSE_GAP, REUSE_UNKNOWN, Fix, State, Zone
from gateway.evidence.model import MAX_PLACE_LLR, OWN_SHARE, Model, bounded_llr
from scripts.commands.evaluate.fact_counts import Counts

COPY_HAZARD = 0.6
"""The probability that a copied code, whatever its number of phones, gets a further one."""
_Key = TypeVar("_Key", bound=Hashable)


def model_of(counts: Counts, thresholds: dict[str, float], provenance: dict[str, object]) -> Model:
    """The model that follows from counts (docs/detection.md#model)."""
    place: dict[tuple[int, int, int], float] = {}
    for fix in Fix:
        cells: list[tuple[int, int, int]] = [
            (fix, state, number) for state in State for number in range(len(PLACE_KM) + 1)
        ]
        honest, copied = (_smoothed(_pooled(side), cells) for side in counts.place)
        for key in cells:
            mixed = OWN_SHARE * honest[key] + (1 - OWN_SHARE) * copied[key]
            place[key] = bounded_llr(mixed, honest[key], MAX_PLACE_LLR)
    link: dict[tuple[int, int, int, int], float] = {}
    for fix in Fix:
        links: list[tuple[int, int, int, int]] = [
            (fix, km, gap, zone) for km in range(len(LINK_KM) + 1) for gap in range(len(LINK_GAP) + 1) for zone in Zone
        ]
        honest_link, copied_link = (_smoothed(side, links) for side in counts.link)
        for facts in links:
            mixed = OWN_SHARE * honest_link[facts] + (1 - OWN_SHARE) * copied_link[facts]
            link[facts] = bounded_llr(mixed, honest_link[facts])
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
    """Shares of the cells, each counted half a time more (Krichevsky and Trofimov 1981): none is 0."""
    total = sum(counter[key] for key in cells)
    return {key: (counter[key] + 0.5) / (total + 0.5 * len(cells)) for key in cells}


def _pooled(places: Counter[tuple[int, int, int]]) -> Counter[tuple[int, int, int]]:
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


def _hazards(handsets: Counter[int]) -> tuple[float, ...]:
    """By number of phones (1 to 5) the log-likelihood ratio of a further one."""
    hazards: list[float] = []
    honest = 1.0
    for phones in range(1, 6):
        at_least = sum(items for number, items in handsets.items() if number >= phones)
        more = sum(items for number, items in handsets.items() if number > phones)
        # Too few items to count: the share is taken to be 0.3 of the one before.
        honest = (more + 1) / (at_least + 2) if at_least > 200 else 0.3 * honest
        hazards.append(bounded_llr(COPY_HAZARD, honest))
    return tuple(hazards)


def _reuse(counts: Counts) -> dict[tuple[int, int, int], float]:
    """By gap, distance and venue the log-likelihood ratio of a scan after the opening, refilled against genuine."""
    llrs = {}
    for venue in (0, 1):
        opened = counts.opened[venue] + 50
        copied = sum(number for key, number in counts.reuse[1].items() if key[2] == venue) + 1
        for gap in range(len(REUSE_GAP) + 1):
            for km in range(REUSE_UNKNOWN + 1):
                key = gap, km, venue
                genuine = (counts.reuse[0][key] + 0.5) / opened
                refilled = 0.5 * (counts.reuse[1][key] + 0.05) / copied
                llrs[key] = bounded_llr(refilled, genuine)
    return llrs
