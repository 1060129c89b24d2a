"""Shows a world's events to a judge, a day's arrivals at a time and without the truth."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from firmware_sim.population.columns import Table
from firmware_sim.population.world import World
from firmware_sim.population.world_time import DAY_US
from scripts.commands.evaluate.judge_protocol import Judge


def days(events: Table) -> Iterator[Table]:
    """The events as a gateway gets them: in order of arrival, day by day, without the truth."""
    seen = events.seen()
    day = seen.ints("received") // DAY_US
    edges = np.flatnonzero(np.diff(day, prepend=-1, append=-1))
    for start, end in pairwise(edges):
        yield seen.take(np.arange(start, end))


def play_through(world: World, judge: Judge) -> None:
    """Show ``judge`` everything that the gateway of ``world`` saw."""
    for events in days(world.events):
        judge.observe(events)
