"""Suspected codes parted by where they leaked: two crimes in one product are two sources. Pure.

Codes are parted by the dealer that had them. Two parts become one when a single site explains both better than a site
each: a distribution centre's leak shows at all dealers that it supplies. Each source costs its prior, and each code the
choice of its source, so that a part more has to pay for itself.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations
from math import log

from gateway.evidence.leak_source import Node, Suspect, log_likelihoods, log_prior

MAX_CLUSTERED = 200
"""So many codes are parted, the surest; further ones of the same crimes say nothing new."""
MAX_SOURCES = 20

Part = tuple[tuple[Suspect, ...], tuple[float, ...]]
"""Codes, and by node the sum of their log likelihoods."""


def leak_clusters(suspects: Sequence[Suspect], nodes: Sequence[Node], total: int) -> list[list[Suspect]]:
    """The codes of each source, the source with the most codes first. ``total`` and ``nodes``: as for locating.

    ``suspects`` come in the order of their probability, the surest first.
    """
    prior = log_prior(nodes)
    priors = [prior[node.site] for node in nodes]
    tier = {node.site: node.tier for node in nodes}
    parts: dict[str, list[Suspect]] = {}
    for suspect in suspects[:MAX_CLUSTERED]:
        parts.setdefault(_dealer(suspect.path, tier), []).append(suspect)
    largest = sorted(parts.items(), key=lambda part: (-len(part[1]), part[0]))[:MAX_SOURCES]
    found: list[Part] = [_part(codes, nodes, total) for _, codes in largest]
    number = sum(len(codes) for codes, _ in found)
    while len(found) > 1:
        gain, group = max(
            (_gain([found[index] for index in group], priors, number), tuple(-index for index in group))
            for group in _groups(found, tier)
        )
        if gain <= 0:
            break
        one = _together([found[-index] for index in group])
        found = [part for index, part in enumerate(found) if -index not in group] + [one]
    return [list(codes) for codes, _ in sorted(found, key=lambda part: (-len(part[0]), part[0][0].item))]


def _groups(parts: Sequence[Part], tier: Mapping[str, str]) -> set[tuple[int, ...]]:
    """Parts that may be one: any two, and all that passed the same site above the dealers."""
    above: dict[str, list[int]] = {}
    for index, (codes, _) in enumerate(parts):
        for site in sorted({site for code in codes for site in code.path if tier.get(site) in ("dc", "plant")}):
            above.setdefault(site, []).append(index)
    together = {tuple(group) for group in above.values() if len(group) > 1}
    return {*combinations(range(len(parts)), 2), *together}


def _part(codes: Sequence[Suspect], nodes: Sequence[Node], total: int) -> Part:
    columns = zip(*(log_likelihoods(code, nodes, total) for code in codes), strict=True)
    return tuple(codes), tuple(map(sum, columns))


def _together(parts: Sequence[Part]) -> Part:
    codes = sorted((code for part in parts for code in part[0]), key=lambda code: (-code.probability, code.item))
    return tuple(codes), tuple(map(sum, zip(*(likelihoods for _, likelihoods in parts), strict=True)))


def _gain(parts: Sequence[Part], priors: Sequence[float], number: int) -> float:
    """By how much one source of these parts is likelier than a source each."""
    return _evidence(_together(parts), priors, number) - sum(_evidence(part, priors, number) for part in parts)


def _evidence(part: Part, priors: Sequence[float], number: int) -> float:
    codes, likelihoods = part
    best = max(prior + likelihood for prior, likelihood in zip(priors, likelihoods, strict=True))
    return best + len(codes) * log(len(codes) / number)


def _dealer(path: Mapping[str, float], tier: Mapping[str, str]) -> str:
    """The dealer that had a code, the surest of several; empty when none had it."""
    dealers = [(-share, site) for site, share in path.items() if tier.get(site) == "dealer"]
    return min(dealers)[1] if dealers else ""
