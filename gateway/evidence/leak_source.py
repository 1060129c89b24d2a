"""Where codes leak: a posterior over the sites that copied codes have passed (docs/detection.md#leaks)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, log

CREDIBLE = 0.90
OFF_PATH = 0.02
"""The chance that a code leaked off the path that is known of it."""

TIER_PRIOR = {"shop": 0.3, "dealer": 0.6, "dc": 0.07, "plant": 0.03}
"""Before any code is seen: which tier leaks, shared among its sites. One code can't tell a shop from its dealer."""


@dataclass(frozen=True, slots=True)
class Node:
    """A site at which codes may leak: its tier, and how many items passed it in the time in question."""

    site: str
    tier: str
    items: int


@dataclass(frozen=True, slots=True)
class Suspect:
    """A copied code: how sure that is, and the sites that it passed, with the probability that it did (imputation)."""

    item: str
    probability: float
    path: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Leak:
    """Sites with their posterior, most likely first; ``credible`` are the first ones that add up to 90 %."""

    ranked: tuple[tuple[str, float], ...]
    credible: tuple[str, ...]

    @property
    def entropy(self) -> float:
        """The entropy of the posterior (natural logarithm)."""
        return -sum(p * log(p) for _, p in self.ranked if p > 0)


def imputed_path(seen: Sequence[str], parents: Mapping[str, str], read_rate: float = 0.965) -> dict[str, float]:
    """The sites that an item passed: those that saw it, and those above them that must have missed it.

    A unit can't come to a shop but through its dealer: a missed read leaves the supplier on the path with the chance
    that the registered supply is the one that was used.
    """
    path = dict.fromkeys(seen, 1.0)
    for site in seen:
        above = parents.get(site)
        trust = read_rate
        while above is not None and above not in path:
            path[above] = trust
            trust *= read_rate
            above = parents.get(above)
    return path


def locate(suspects: Sequence[Suspect], nodes: Sequence[Node], total: int) -> Leak:
    """The posterior over ``nodes`` given suspected codes; ``total`` is the number of items in the time in question.

    L(v) is the product over codes of p ((1 - e) [v on path] / n_v + e / N) + (1 - p) / N.

    :raises ValueError: there is no node, or a node without items.
    """
    prior = log_prior(nodes)
    return _ranked(
        {node.site: prior[node.site] + sum(_log_likelihood(s, node, total) for s in suspects) for node in nodes}
    )


def log_prior(nodes: Sequence[Node]) -> dict[str, float]:
    """By site the logarithm of its prior: that of its tier, shared among the tier's sites.

    :raises ValueError: there is no node, or a node without items.
    """
    if not nodes:
        raise ValueError("there is no site at which codes could leak")
    tiers: dict[str, int] = {}
    for node in nodes:
        if node.items < 1:
            raise ValueError(f"site {node.site} has passed {node.items} items: leave it out")
        tiers[node.tier] = tiers.get(node.tier, 0) + 1
    return {node.site: log(TIER_PRIOR.get(node.tier, 0.1) / tiers[node.tier]) for node in nodes}


def log_likelihoods(suspect: Suspect, nodes: Sequence[Node], total: int) -> list[float]:
    """How likely the code is when it leaked at each of ``nodes``, as logarithms."""
    return [_log_likelihood(suspect, node, total) for node in nodes]


def _log_likelihood(suspect: Suspect, node: Node, total: int) -> float:
    p = min(max(suspect.probability, 0.0), 1.0)
    passed = suspect.path.get(node.site, 0.0)
    return log(p * ((1 - OFF_PATH) * passed / node.items + OFF_PATH / total) + (1 - p) / total)


def _ranked(logs: Mapping[str, float]) -> Leak:
    top = max(logs.values())
    weights = {site: exp(value - top) for site, value in logs.items()}
    total = sum(weights.values())
    ranked = tuple(sorted(((site, w / total) for site, w in weights.items()), key=lambda site: (-site[1], site[0])))
    covered, credible = 0.0, []
    for site, p in ranked:
        credible.append(site)
        covered += p
        if covered >= CREDIBLE:
            break
    return Leak(ranked, tuple(credible))


def next_inspection(leak: Leak, groups: Mapping[str, Sequence[str]], found: float = 0.8) -> tuple[str, float] | None:
    """The inspection that is expected to leave least unknown, and the expected drop in entropy.

    ``groups`` are inspections with the sites each of them covers; an inspection of the leaking site finds the leak with
    probability ``found``, and never finds one that is not there. None when there is nothing to inspect.
    """
    best: tuple[str, float] | None = None
    for name, sites in sorted(groups.items()):
        covered = frozenset(sites)
        hit = sum(p for site, p in leak.ranked if site in covered) * found
        if not 0 < hit < 1:
            continue
        yes = _entropy([p * found / hit for site, p in leak.ranked if site in covered])
        no = _entropy([p * (1 - found if site in covered else 1) / (1 - hit) for site, p in leak.ranked])
        drop = leak.entropy - hit * yes - (1 - hit) * no
        if best is None or drop > best[1] + 1e-12:
            best = name, drop
    return best


def _entropy(shares: Sequence[float]) -> float:
    return -sum(p * log(p) for p in shares if p > 0)
