"""How crimes against the system itself are measured: guessed codes, replayed messages, wrong clocks."""

import numpy as np

from firmware_sim.world.scenario import Scenario
from scripts.commands.evaluate.judged import Judged, day_after

_AFFECTED = 20
"""A wrong clock should be known when so many items have passed it."""


def enumeration(judged: Judged) -> dict[str, float]:
    """The share of guessing networks that were named, after how many guesses, and how many honest ones besides.

    ``honest_behind``: honest phones that use a network which was named, rightly or not.
    """
    events = judged.world.events
    guilty = set(events.ints("network")[events.ints("scenario") == Scenario.ENUMERATION].tolist())
    sources = judged.findings.sources
    named = [alert for network, alert in sources.items() if network in guilty]
    return {
        "blocked": len(named) / max(len(guilty), 1),
        "probes": max((alert.details["probes"] for alert in named), default=1e9),
        "honest_blocked": float(len(sources) - len(named)),
        "honest_behind": float(len(_honest_phones(judged, list(sources)))),
    }


def _honest_phones(judged: Judged, networks: list[int]) -> set[int]:
    events = judged.world.events
    rows = (events.ints("scenario") == Scenario.GENUINE) & np.isin(events.ints("network"), networks)
    return set(events.ints("phone")[rows].tolist())


def replay(judged: Judged) -> dict[str, float]:
    """The share of replayed messages that were set aside, and alerts per 100 of the items that they are about."""
    replayed = np.flatnonzero(judged.world.events.ints("scenario") == Scenario.REPLAY)
    items = set(judged.crime.items.tolist())
    return {
        "rejected": float(np.isin(replayed, judged.set_aside).mean()),
        "leaked_per_100": 100 * sum(item in items for item in judged.raised) / max(len(items), 1),
    }


def clock(judged: Judged) -> dict[str, float]:
    """Whether a wrong clock's reader was named, and named in time; alerts per 100 items that passed it."""
    items = set(judged.crime.items.tolist())
    readers = judged.findings.readers
    named = [readers[device].detected_at for device in judged.crime.devices if device in readers]
    return {
        "named": float(bool(named)),
        "named_by_20": float(any(at <= _by_twentieth(judged) for at in named)),
        "leaked_per_100": 100 * sum(item in items for item in judged.raised) / max(len(items), 1),
    }


def _by_twentieth(judged: Judged) -> int:
    """The end of the day on which the 20th item that a wrong clock touched arrived."""
    events = judged.world.events
    rows = events.ints("scenario") == Scenario.CLOCK
    first: dict[int, int] = {}
    for item, at in zip(events.ints("item")[rows].tolist(), events.ints("received")[rows].tolist(), strict=True):
        first[item] = min(at, first.get(item, at))
    arrived = sorted(first.values())
    return day_after(arrived[min(len(arrived), _AFFECTED) - 1]) if arrived else 0
