"""What the report of docs/detection.md is made of: stages, each a path, a size and scenarios, in order of weight. Pure.

The stages that the targets are asked of come first, by the gateway's path before the harness's, so that a report that
is interrupted lacks what matters least. A stage is played as units, one seed and a few scenarios each.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from firmware_sim.population.settings import Settings
from scripts.commands.evaluate.scenarios import scenarios_of

GATEWAY, HARNESS = "gateway", "harness"
ASSESS_DAYS = 14
"""The gateway's path assesses once in two weeks here: once a day takes several times as long."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Scenarios (or groups of them) that are played by one path in worlds of so many items."""

    path: str
    items: int
    scenarios: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unit:
    """One process's work, kept as one file: scenarios of one seed."""

    path: str
    items: int
    seed: int
    scenarios: tuple[str, ...]


_PLACES = ("half_placed", "unplaced")
_FIRST = tuple(f"{crime}{mark}{place}" for place in _PLACES for crime, mark in (("S0", "-"), ("S1", "@"), ("S2", "@")))

STAGES = (
    Stage(GATEWAY, 2_000, ("S0", "S1", "S2", *_FIRST)),
    Stage(HARNESS, 10_000, ("S0", "attacks", *_FIRST)),
    Stage(HARNESS, 4_000, ("stresses",)),
    Stage(HARNESS, 4_000, ("ends",)),
    Stage(GATEWAY, 2_000, ("S1-F5", "S3-F20", "S4", "S5", "S9", "S10")),
    Stage(HARNESS, 4_000, ("unplaced", "spread", "variants")),
    Stage(GATEWAY, 2_000, ("attacks", "stresses", "unplaced", "spread", "variants")),
)
"""All stages. What an earlier stage of the same path has played is left out of a later one."""

_SCENARIOS_A_UNIT = {GATEWAY: 3, HARNESS: 12}


def units_of(settings: Settings, seeds: Sequence[int], stages: Sequence[Stage] = STAGES) -> Iterator[Unit]:
    """All units in the order in which they are played: every seed of a part of a stage before the next part."""
    done: set[tuple[str, str]] = set()
    for stage in stages:
        wanted = [name for name in scenarios_of(settings, stage.scenarios) if (stage.path, name) not in done]
        done |= {(stage.path, name) for name in wanted}
        size = _SCENARIOS_A_UNIT[stage.path]
        for start in range(0, len(wanted), size):
            for seed in seeds:
                yield Unit(stage.path, stage.items, seed, tuple(wanted[start : start + size]))
