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


def same_alerts(world: World, judge: Judge, other: Judge) -> dict[str, float]:
    """Of the alerts of either judge the share that both raise, ``other`` being shown events late, in any order.

    Alerts are the same that say the same of the same subject; since when differs with the arrival. Alerts about goods
    are counted by themselves as well: a reader's clock is judged by when its events come.
    """
    for events in shuffled(world.events, WINDOW_DAYS, np.random.default_rng(world.seed)):
        other.observe(events)
    ours, theirs = (
        {(str(alert.subject), alert.kind) for alert in each.findings() if alert.level == "alert"}
        for each in (judge, other)
    )
    devices = {alert for alert in ours | theirs if alert[1] == "device"}
    return {
        "order_free_window": _shared(ours, theirs),
        "order_free_goods": _shared(ours - devices, theirs - devices),
    }


def _shared(ours: set[tuple[str, str]], theirs: set[tuple[str, str]]) -> float:
    return len(ours & theirs) / len(ours | theirs) if ours | theirs else 1.0
