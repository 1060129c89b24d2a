"""A crime in a world and what a judge made of it: what the measures of crimes are given."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from firmware_sim.population.columns import Ints, Step
from firmware_sim.population.draft import Crime
from firmware_sim.population.world import World
from firmware_sim.population.world_time import DAY_US
from firmware_sim.world.scenario import Scenario
from scripts.commands.evaluate.findings import Findings

NEVER = 99.0
"""Stands for a count that was not reached."""
NEVER_US = 1 << 62
"""Stands for a moment that never came."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A world, a crime in it, and what the judge made of it.

    ``hits`` are the crime's items that consumers' phones scanned in criminal hands, with the number of those phones;
    ``limit`` is the highest score that 5 of 10,000 genuine items ever exceed; ``set_aside`` are rows of the world's
    events; ``raised`` are items that were ever alerts, with the moment.
    """

    world: World
    crime: Crime
    findings: Findings
    hits: Mapping[int, int]
    limit: float
    set_aside: Ints
    raised: Mapping[int, int] = field(default_factory=dict)


Measure = Callable[[Judged], dict[str, float]]


def day_after(at: int) -> int:
    """The end of the day: worlds are shown to judges a day at a time."""
    return (at // DAY_US + 1) * DAY_US


def first_scans(judged: Judged, scenario: Scenario) -> dict[int, int]:
    """By item when the first scan in criminal hands arrived."""
    events = judged.world.events
    rows = (events.ints("scenario") == scenario) & (events.ints("step") >= Step.SCAN) & (events.ints("item") >= 0)
    first: dict[int, int] = {}
    for item, at in zip(events.ints("item")[rows].tolist(), events.ints("received")[rows].tolist(), strict=True):
        if item in judged.hits:
            first[item] = min(at, first.get(item, at))
    return first
