"""What strangers' scans may conclude at most: bounded by their networks, operators, regions and days. Pure.

A scan costs nothing, an address of another network, in another region, on another day costs something. However strong
the evidence of anonymous scans is, it stays below the alert threshold until enough of these stand behind it
(docs/detection.md#what-strangers-may-conclude).
"""

from collections.abc import Iterable, Iterator, Sequence
from math import exp
from typing import NamedTuple

from gateway.evidence.geometry import Relation, apart_km, relation
from gateway.evidence.item import DAY_US, Fix, Scan
from gateway.rules.crowd import days_apart, networks
from schemas.rule_thresholds import STRANGERS_DAYS, STRANGERS_NETWORKS

REGIONS, OPERATORS = 2, 2
"""So many regions, and operators where these are known, must stand behind an alert, besides networks and days
(:mod:`schemas.rule_thresholds`)."""

WIDE_NETWORKS, WIDE_DAYS = 12, 7
"""So many networks on so many days are enough without a second region: where places are hardly known, or of a lane."""

REGION_KM = 30.0
"""Places farther apart than this, and than their errors explain, are in two regions."""

_SHARE = 0.97
"""The share of the alert threshold that the evidence of too few witnesses stays below."""
_ROOM = 1.0
"""Log odds below the bound in which evidence that claims more keeps its order."""
_SLOWLY = 4.0
"""How much more evidence must claim to come nearer to the bound by a factor of e."""


class Witnesses(NamedTuple):
    """The scans behind an accusation, each by its network and day; ``placed``: those whose place is known at all.

    ``operators``: the known ones of their networks; ``regions``: how many they were in. ``explained``: of a pool, how
    many scans honest people are expected to have made.
    """

    scans: frozenset[tuple[str, int]] = frozenset()
    placed: frozenset[tuple[str, int]] = frozenset()
    operators: frozenset[str] = frozenset()
    regions: int = 0
    explained: int = 0

    def joined(self, other: "Witnesses") -> "Witnesses":
        """Both together. Their regions may be the same ones, so that the greater number counts."""
        return Witnesses(
            self.scans | other.scans,
            self.placed | other.placed,
            self.operators | other.operators,
            max(self.regions, other.regions),
            self.explained + other.explained,
        )


def witnesses(scans: Iterable[Scan]) -> Witnesses:
    """The witnesses of ``scans``. All phones of unknown networks count as one network."""
    heard = list(scans)
    return Witnesses(
        frozenset((scan.network, scan.at // DAY_US) for scan in heard),
        frozenset((scan.network, scan.at // DAY_US) for scan in heard if scan.fix is not Fix.NONE),
        frozenset(scan.operator for scan in heard if scan.operator),
        _regions(heard),
    )


def borne_out(scans: Iterable[Scan], pool: Witnesses) -> bool:
    """Whether an accusation by strangers may become an alert: enough of them contradict the best innocent explanation.

    That is that one household has the unit, wherever it lives: it bought far from home, or was given the goods. What
    comes from one place contradicts nothing, whichever place it is; what comes from others does. ``pool``: who stands
    behind the lane, home market or venue that raises the item.
    """
    heard = list(scans)
    return all(suffice(witnesses(others).joined(pool)) for others in (heard, *_without_a_place(heard)))


def suffice(found: Witnesses) -> bool:
    """Whether these witnesses are enough for an alert."""
    if len(found.operators) == OPERATORS - 1:
        return False
    wide = _beyond(found.scans, found) >= WIDE_NETWORKS and days_apart(found.scans) >= WIDE_DAYS
    near = _beyond(found.placed, found) >= STRANGERS_NETWORKS and days_apart(found.placed) >= STRANGERS_DAYS
    return wide or (near and found.regions >= REGIONS)


def _beyond(scans: Iterable[tuple[str, int]], found: Witnesses) -> int:
    """How many networks the scans came through, beyond those of honest people."""
    return networks(scans) - found.explained


def _without_a_place(scans: Sequence[Scan]) -> Iterator[list[Scan]]:
    """The scans without those of one household each: of one voice, and of all that may be in the same place."""
    for one in scans:
        yield [scan for scan in scans if scan.voice != one.voice and relation(scan, one) is not Relation.SAME]


def ceiling(alert: float) -> float:
    """The log odds that the evidence of too few witnesses stays below, where ``alert`` is the alert threshold."""
    return alert * _SHARE


def bounded(log_odds: float, maximum: float) -> float:
    """Evidence below ``maximum``: as it is where it is far below, then slowly approaching it, in the same order."""
    bend = max(maximum - _ROOM, 0.0)
    if log_odds <= bend:
        return log_odds
    return min(log_odds, maximum - (maximum - bend) * exp(-(log_odds - bend) / _SLOWLY))


def _regions(scans: Iterable[Scan]) -> int:
    """The number of places at a known distance from each other, taken greedily in order of time."""
    found: list[Scan] = []
    for scan in sorted(scans):
        if scan.fix is not Fix.NONE and all(
            apart_km(scan, other) > max(REGION_KM, scan.radius_km + other.radius_km) for other in found
        ):
            found.append(scan)
    return len(found)
