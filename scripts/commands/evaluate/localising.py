"""How often the source of leaked codes is located (target T8): trials with few confirmed codes, some of them false."""

from collections import defaultdict
from collections.abc import Callable
from random import Random

import numpy as np

from firmware_sim.population.columns import Step
from firmware_sim.population.network import DC, DEALER, PLANT, SHOP
from firmware_sim.population.world import World, scanned
from firmware_sim.world.scenario import Scenario
from gateway.evidence.leak_source import Node, Suspect, imputed_path, locate

_TIERS = {PLANT: "plant", DC: "dc", DEALER: "dealer", SHOP: "shop"}
TRIALS = 40


def leak_rates(world: World, codes: int = 5, false_share: float = 0.3) -> dict[str, float]:
    """Top-1 and top-3 rates, and coverage of the 90 % credible set, for the world's first leak; empty without one."""
    crime = next((crime for crime in world.crimes if crime.source >= 0 and crime.scenario is Scenario.CLONE), None)
    if crime is None:
        return {}
    paths, nodes = _paths(world)
    total = len(world.items)
    rng = Random(world.seed)  # noqa: S311 -- trials have to be repeatable
    leaked, others = crime.items.tolist(), scanned(world).tolist()
    trials: dict[str, list[float]] = defaultdict(list)
    for _ in range(TRIALS):
        confirmed = rng.sample(leaked, min(codes, len(leaked)))
        mixed = [rng.choice(others) if rng.random() < false_share else item for item in confirmed]
        for suffix, items, sure in (("", confirmed, 0.95), ("_false", mixed, 0.7)):
            leak = locate([Suspect(str(item), sure, paths(item)) for item in items], nodes, total)
            ranked = [int(site) for site, _ in leak.ranked[:3]]
            trials[f"leak_top1{suffix}"].append(ranked[0] == crime.source)
            trials[f"leak_top3{suffix}"].append(crime.source in ranked)
            if not suffix:
                trials["leak_covered"].append(str(crime.source) in leak.credible)
                trials["leak_set"].append(len(leak.credible))
    return {f"clone.{name}": sum(values) / len(values) for name, values in trials.items()}


def _paths(world: World) -> tuple[Callable[[int], dict[str, float]], list[Node]]:
    """A function from an item to its path as readers saw it, and all sites with how many items passed them."""
    events, sites = world.events, world.sites
    seen = (events.ints("site") >= 0) & (events.ints("step") < Step.SCAN) & (events.ints("item") >= 0)
    item, site = events.ints("item")[seen], events.ints("site")[seen]
    pairs = np.unique(item * len(sites.kind) + site)
    of_item, of_site = pairs // len(sites.kind), pairs % len(sites.kind)
    passed = np.bincount(of_site, minlength=len(sites.kind))
    parents = {str(number): str(parent) for number, parent in enumerate(sites.parent.tolist()) if parent >= 0}
    nodes = [
        Node(str(number), _TIERS[kind], int(passed[number]))
        for number, kind in enumerate(sites.kind.tolist())
        if passed[number]
    ]

    def path(wanted: int) -> dict[str, float]:
        start, end = np.searchsorted(of_item, [wanted, wanted + 1])
        return imputed_path([str(number) for number in of_site[start:end].tolist()], parents)

    return path, nodes
