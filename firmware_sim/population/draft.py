"""A world in the making: crimes are added one after the other, before clocks and links change the events."""

from dataclasses import dataclass, field, replace

import numpy as np

from firmware_sim.population.columns import Flags, Ints, Table, concatenated
from firmware_sim.population.country import Country
from firmware_sim.population.items import Items
from firmware_sim.population.network import Sites
from firmware_sim.population.settings import Settings
from firmware_sim.world.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Crime:
    """The truth about one crime: its scenario, where it came from, which markets and items it touched.

    ``source`` and ``dealer`` are site indexes, or -1; ``devices`` those of readers that were tampered with.
    """

    scenario: Scenario
    items: Ints
    source: int = -1
    dealer: int = -1
    markets: tuple[int, ...] = ()
    devices: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """A world before its clocks go wrong: events by true time. ``items`` may contain labels that were never used."""

    settings: Settings
    sites: Sites
    seed: int
    items: Items
    events: Table
    crimes: tuple[Crime, ...] = ()
    taken: frozenset[int] = frozenset()
    venues: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    """Shops that are restaurants."""

    def with_crime(self, crime: Crime, *events: Table, drop: Flags | None = None) -> "Draft":
        """This draft with a crime's events, less the honest ones that it prevents."""
        honest = self.events if drop is None else self.events.take(~drop)
        return replace(
            self,
            events=concatenated([honest, *events]),
            crimes=(*self.crimes, crime),
            taken=self.taken | frozenset(crime.items.tolist()),
        )

    def free(self, items: Ints) -> Ints:
        """Those of ``items`` that no crime has touched."""
        return items[~np.isin(items, np.fromiter(self.taken, dtype=np.int64, count=len(self.taken)))]

    @property
    def country(self) -> Country:
        """What people and addresses are drawn from."""
        return Country(self.settings, self.sites, self.seed)

    @property
    def actor(self) -> int:
        """The number of the next crime."""
        return len(self.crimes)
