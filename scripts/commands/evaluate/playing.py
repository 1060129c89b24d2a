"""Shows a world's events to a judge, a day's arrivals at a time and without the truth."""

from collections.abc import Iterator, Mapping
from itertools import pairwise

import numpy as np

from firmware_sim.population.columns import Ints, Table, hashed
from firmware_sim.population.world import World
from firmware_sim.population.world_time import DAY_US
from scripts.commands.evaluate.judge_protocol import Judge
from scripts.commands.evaluate.sampling import DAYS_BETWEEN, AlertSamples


def days(events: Table) -> Iterator[Table]:
    """The events as a gateway gets them: in order of arrival, day by day, without the truth."""
    seen = events.seen()
    day = seen.ints("received") // DAY_US
    edges = np.flatnonzero(np.diff(day, prepend=-1, append=-1))
    for start, end in pairwise(edges):
        yield seen.take(np.arange(start, end))


def play_through(world: World, judge: Judge) -> Mapping[int, int]:
    """Show ``judge`` everything that the gateway of ``world`` saw; gives the alerts on items that were ever raised.

    That is by item the moment of the first sample in which it was an alert: one a week, and one at the end.
    """
    samples, now = AlertSamples(), 0
    for number, events in enumerate(days(world.events), 1):
        judge.observe(events)
        now = int(events.ints("received").max())
        if number % DAYS_BETWEEN == 0:
            samples.sample(judge, now)
    samples.sample(judge, now)
    return samples.raised


def shuffled(events: Table, window_days: int, rng: np.random.Generator) -> Iterator[Table]:
    """The same events in any order within windows of so many days, in as many parts; a message before its repetitions.

    Each event keeps the time of its arrival, which is a fact about it.
    """
    seen = events.seen()
    window = seen.ints("received") // (DAY_US * window_days)
    order = _originals_first(seen, np.lexsort((rng.random(len(window)), window)))
    edges = np.flatnonzero(np.diff(window[order], prepend=-1, append=-1))
    for start, end in pairwise(edges):
        for part in np.array_split(order[start:end], window_days):
            yield seen.take(part)


def _originals_first(events: Table, order: Ints) -> Ints:
    """``order`` with the rows of one message among themselves in order of arrival."""
    key = hashed(9, events.ints("device"), events.ints("sequence"), events.ints("digest"))[order]
    received = events.ints("received")[order]
    places = np.lexsort((np.arange(len(order)), key))
    members = np.lexsort((received, key))
    fixed = np.empty_like(order)
    fixed[places] = order[members]
    return fixed
