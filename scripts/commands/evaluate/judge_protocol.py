"""The interface of judging code under test: what is registered beforehand, the events it is shown, what it found."""

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
    """What makers and operators have registered: sites with their markets, and of each code its lot and dates.

    ``made`` and ``expires`` are microseconds since 1970, :data:`NEVER` where there is none.
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
    """The registry of a world: nothing that only the truth would tell."""
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
"""What a judge has found of one subject."""


class Judge(Protocol):
    """Judging code under test. It is never shown the truth."""

    def observe(self, events: Table) -> None:
        """Take in the next events, in order of arrival, and conclude what can be concluded."""

    def findings(self) -> list[Alert]:
        """Everything that is suspected now."""

    def set_aside(self) -> Ints:
        """Arrival numbers (from 0) of events that were not judged: duplicates, replays, unknown readers'."""
