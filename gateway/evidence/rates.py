"""Rates of facts, honest and copied, and the log-likelihood ratios that follow (docs/detection.md#own-rates).

The model's rates are a prior. An owner's goods have rates of their own: how often a second household looks at one of
them, how far from the shop people live. The posterior mean of a rate is (own count + k x prior) / (own total + k).
Copies' rates can't be counted, and stay the prior's. Pure.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import log
from typing import TypeVar

from gateway.evidence.facts import FactCounts, LinkKey, PlaceKey
from gateway.evidence.features import LINK_GAP, LINK_KM, PLACE_KM, State, bin_of

PRIOR_WEIGHT = 300.0
"""k: how many of the owner's items, or links, the prior is worth."""
MOST_MOVED = 4.0
"""By so much an owner's rates of places and links differ at most from the prior's: where a fact is rare among honest
items, the copies among the owner's items would soon make it usual."""
OWN_SHARE = 0.25
"""Of a copied code's phones, those that hold the genuine item after all."""
COPY_HAZARD = 0.6
"""The probability that a copied code, whatever its number of households, is seen by a further one. [assumed]"""
MAX_PLACE_LLR = 9.0
"""A first phone's place may say more: there are hundreds of thousands of first scans to count."""
MAX_LLR = 7.0
"""No single fact says more than this, for or against: what is rarer was not seen often enough to be counted."""

ReuseKey = tuple[int, int, int]
"""Gap, distance and whether at a venue, of a scan after the opening (:class:`gateway.evidence.features.Reuse`)."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Shares of honest and of copied items by fact; places and links of one fix add up to 1.

    ``further``: by number of households (from 1), the share of honest items that get a further one. ``reuse``: shares
    of opened items, honest and refilled.
    """

    place_honest: Mapping[PlaceKey, float]
    place_copied: Mapping[PlaceKey, float]
    link_honest: Mapping[LinkKey, float]
    link_copied: Mapping[LinkKey, float]
    further: Sequence[float]
    reuse_honest: Mapping[ReuseKey, float]
    reuse_copied: Mapping[ReuseKey, float]

    def owned(self, counts: FactCounts, prior_weight: float = PRIOR_WEIGHT) -> "Rates":
        """The posterior means of these rates after an owner's own counts.

        Places and links are counted by :func:`place_group` and :func:`link_group`, and each rate of a group moves with
        its group: single bins are seen too rarely, and a few copies would make them usual.
        """
        return replace(
            self,
            place_honest=_regrouped(self.place_honest, counts.places, place_group, prior_weight),
            link_honest=_regrouped(self.link_honest, counts.links, link_group, prior_weight),
            further=[
                _posterior(
                    sum(items for number, items in counts.households.items() if number > households),
                    sum(items for number, items in counts.households.items() if number >= households),
                    share,
                    prior_weight,
                )
                for households, share in enumerate(self.further, 1)
            ],
        )

    def place_llrs(self) -> dict[PlaceKey, float]:
        """By fact how much a first phone's place speaks for a copy."""
        return {
            key: bounded_llr(_mixed(self.place_copied[key], honest), honest, MAX_PLACE_LLR)
            for key, honest in self.place_honest.items()
        }

    def link_llrs(self) -> dict[LinkKey, float]:
        """By fact how much the place and time of a further household's phone speaks for a copy."""
        return {
            key: bounded_llr(_mixed(self.link_copied[key], honest), honest) for key, honest in self.link_honest.items()
        }

    def hazards(self) -> tuple[float, ...]:
        """By number of households (from 1) how much it speaks for a copy that there is a further one."""
        return tuple(bounded_llr(COPY_HAZARD, honest) for honest in self.further)

    def reuse_llrs(self) -> dict[ReuseKey, float]:
        """By fact how much a scan after the opening speaks for a refilled package."""
        return {key: bounded_llr(self.reuse_copied[key], honest) for key, honest in self.reuse_honest.items()}


def bounded_llr(copied: float, genuine: float, maximum: float = MAX_LLR) -> float:
    """A log-likelihood ratio, bounded: what was not counted often enough is not certain."""
    return max(-maximum, min(maximum, log(copied / genuine)))


def place_group(key: PlaceKey) -> tuple[int, ...]:
    """The places that an owner's own rates are counted by: fix, whether before the sale, and near, middling or far."""
    fix, state, km_bin = key
    return fix, int(state == State.BEFORE), bin_of(PLACE_KM[km_bin - 1] if km_bin else 0.0, _GROUP_KM)


def link_group(key: LinkKey) -> tuple[int, ...]:
    """The links that an owner's own rates are counted by: fix, near or far, within days or later."""
    fix, km_bin, gap_bin, _ = key
    return fix, bin_of(LINK_KM[km_bin - 1] if km_bin else 0.0, _GROUP_KM), int(gap_bin == len(LINK_GAP))


_GROUP_KM = (10.0, 30.0, 150.0)
_Key = TypeVar("_Key", PlaceKey, LinkKey)


def _regrouped(
    prior: Mapping[_Key, float], counted: Mapping[_Key, int], group: Callable[[_Key], tuple[int, ...]], weight: float
) -> dict[_Key, float]:
    """Shares of which each follows its group's posterior, within bounds."""
    before, own, total = defaultdict[tuple[int, ...], float](float), Counter[tuple[int, ...]](), Counter[int]()
    for key, share in prior.items():
        before[group(key)] += share
    for key, number in counted.items():
        own[group(key)] += number
        total[key[0]] += number
    moved = {
        each: min(max(_posterior(own[each], total[each[0]], share, weight) / share, 1 / MOST_MOVED), MOST_MOVED)
        for each, share in before.items()
    }
    return {key: share * moved[group(key)] for key, share in prior.items()}


def _mixed(copied: float, honest: float) -> float:
    return OWN_SHARE * honest + (1 - OWN_SHARE) * copied


def _posterior(number: float, total: float, prior: float, prior_weight: float) -> float:
    return (number + prior_weight * prior) / (total + prior_weight)
