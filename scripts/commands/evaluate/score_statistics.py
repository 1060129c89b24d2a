"""Statistics of scores and stated probabilities: calibration error, average precision, limits for a budget. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from firmware_sim.population.columns import Floats


def tenths(stated: Iterable[tuple[float, bool]]) -> dict[int, list[tuple[float, bool]]]:
    """Pairs (stated probability, whether it was so) by tenths of the probability, from 0 to 9."""
    bins: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for probability, true in stated:
        bins[min(int(probability * 10), 9)].append((probability, true))
    return bins


def calibration_error(stated: Sequence[tuple[float, bool]], minimum: float = 0.5) -> float | None:
    """The expected calibration error of probabilities from ``minimum`` on; None without any.

    That is the mean over tenths, weighted by their number, of |mean stated probability - share of what was so|.
    """
    bins = tenths(pair for pair in stated if pair[0] >= minimum)
    total = sum(len(pairs) for pairs in bins.values())
    if not total:
        return None
    gaps = (abs(sum(p for p, _ in pairs) - sum(true for _, true in pairs)) for pairs in bins.values())
    return sum(gaps) / total


def limit_for(genuine: Floats, per_10k: float) -> float:
    """The score that at most ``per_10k`` of 10,000 genuine items exceed, from their scores, highest first."""
    return float(genuine[min(int(per_10k * len(genuine) / 1e4), len(genuine) - 1)])


def pr_auc(guilty: Floats, genuine: Floats, prevalence: float) -> float:
    """The area under precision by recall (average precision), genuine and guilty weighted to ``prevalence``."""
    scores = np.concatenate([guilty, genuine])
    weight = np.concatenate(
        [np.full(len(guilty), prevalence / len(guilty)), np.full(len(genuine), (1 - prevalence) / len(genuine))]
    )
    truth = np.concatenate([np.ones(len(guilty)), np.zeros(len(genuine))])
    order = np.argsort(-scores, kind="stable")
    # Equal scores are one step of the curve: no order among them may help.
    edges = np.flatnonzero(np.diff(scores[order], append=-np.inf))
    hit = np.cumsum((weight * truth)[order])[edges]
    every = np.cumsum(weight[order])[edges]
    recall = hit / prevalence
    return float(np.sum(np.diff(recall, prepend=0.0) * hit / every))
