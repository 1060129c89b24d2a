"""What is measured of one world, and the parameters of measuring."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from firmware_sim.world.scenario import Scenario

BUDGETS = (1, 5, 20)
"""False alerts per 10,000 scanned genuine items at which recall is measured."""

RIGHT_KIND: Mapping[Scenario, frozenset[str]] = {
    Scenario.CLONE: frozenset({"copied"}),
    Scenario.HOME: frozenset({"copied"}),
    Scenario.EARLY: frozenset({"copied"}),
    Scenario.ADAPTIVE: frozenset({"copied"}),
    Scenario.THEFT: frozenset({"stolen"}),
    Scenario.DIVERSION: frozenset({"diverted"}),
    Scenario.INSIDER: frozenset({"diverted", "device"}),
    Scenario.REFILL: frozenset({"refilled", "copied"}),
    Scenario.DUMPING: frozenset({"dumping"}),
    Scenario.CLOCK: frozenset({"device"}),
}
"""Which kinds of suspicion are right. A refilled package is a second object under its code: both words are true."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One world's measurements by name.

    ``curve`` contains pairs (false alerts per 10,000, recall), ``stated`` pairs (stated probability, was it so),
    ``waits`` how many phones scanned copies of each code until its alert, ``baselines`` by name the false alerts per
    10,000 and recall at the baseline's own limit, and recall at 5 per 10,000.
    """

    seed: int
    scenario: str
    values: Mapping[str, float]
    curve: tuple[tuple[float, float], ...] = ()
    stated: tuple[tuple[float, bool], ...] = ()
    waits: tuple[int, ...] = ()
    baselines: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)
