"""Whether the order of arrival matters to what a judge finds (target T14)."""

import numpy as np

from firmware_sim.population.world import World
from scripts.commands.evaluate.judge_protocol import Judge
from scripts.commands.evaluate.playing import shuffled

WINDOW_DAYS = 3
"""Late events come within so many days: readers are offline for up to three."""


def order_free(world: World, judge: Judge, other: Judge) -> bool:
    """Whether ``other`` finds the same as ``judge`` when it is shown each day's events in another order.

    Moments of detection lie at the end of a day, and are compared too.
    """
    for events in shuffled(world.events, 1, np.random.default_rng(world.seed)):
        other.observe(events)
    return repr(judge.findings()) == repr(other.findings())


def same_alerts(world: World, judge: Judge, other: Judge) -> float:
    """Of the alerts of either judge the share that both raise, ``other`` being shown events late, in any order.

    Alerts are the same that say the same of the same subject; since when differs with the arrival.
    """
    for events in shuffled(world.events, WINDOW_DAYS, np.random.default_rng(world.seed)):
        other.observe(events)
    ours, theirs = (
        {(str(alert.subject), alert.kind) for alert in each.findings() if alert.level == "alert"}
        for each in (judge, other)
    )
    return len(ours & theirs) / max(len(ours | theirs), 1)
