"""The seam between worlds and judging code: what a judge is told beforehand, what it is shown, what it answers."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from firmware_sim.population.columns import Floats, Ints, Table
from firmware_sim.population.network import Sites
from firmware_sim.population.world import World
from firmware_sim.population.world_time import to_microseconds
from gateway.evidence.suspicion import Suspicion


@dataclass(frozen=True, slots=True)
class Registry:
    """What makers and operators have registered: sites with their markets, and each code's lot, place in it and dates.

    ``made`` and ``expires`` are microseconds, the greatest integer where there is none. ``index`` counts in the lot.
    """

    sites: Sites
    gtin: Ints
    lot: Ints
    index: Ints
    case: Ints
    made: Ints
    expires: Ints

    NEVER = np.iinfo(np.int64).max


def registry_of(world: World) -> Registry:
    """The registry of a world: no truth in it."""
    items = world.items
    return Registry(
        world.sites,
        items.gtin,
        items.lot,
        np.arange(len(items)),
        items.case,
        _dates(items.made),
        _dates(items.expires),
    )


def _dates(hours: Floats) -> Ints:
    dated = np.isfinite(hours)
    return np.where(dated, to_microseconds(np.where(dated, hours, 0.0)), Registry.NEVER)


Alert = Suspicion
"""What a judge has found. Of the scores of items, the one at any moment is the last of their history."""


class Judge(Protocol):
    """Judging code under test. It never sees a label."""

    def observe(self, events: Table) -> None:
        """Take in the next events, in order of arrival, and conclude what can be concluded."""

    def findings(self) -> list[Alert]:
        """Everything found so far."""

    def set_aside(self) -> Ints:
        """Arrival numbers (from 0) of events that were doubles, replays or from nobody, and say nothing of goods."""
