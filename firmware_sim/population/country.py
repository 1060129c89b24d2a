"""A world's country: its settings, sites and seed, from which homes, phones and addresses follow by number alone."""

from dataclasses import dataclass

from firmware_sim.population.network import Sites
from firmware_sim.population.settings import Settings


@dataclass(frozen=True, slots=True)
class Country:
    """What everything about a person or an address is drawn from, the same whenever it is asked for."""

    settings: Settings
    sites: Sites
    seed: int
