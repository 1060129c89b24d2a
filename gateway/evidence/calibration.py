"""Thresholds for a budget of false alerts, recalibrated on unlabelled items (docs/detection.md#thresholds)."""

from collections.abc import Sequence
from math import ceil, exp, log

_LEAST = 1000
"""Fewer scores have no tail."""


def conformal_threshold(scores: Sequence[float], budget: float, contamination: float = 0.01) -> float:
    """The score that a share ``budget`` of honest items exceeds, from recent items of which few may be criminal.

    Up to a share ``contamination`` of the items may be anything: the top of the sample is not used. Honest scores
    fall off about exponentially, so the tail is continued from the part below it (Hill 1975, for log-odds).

    :raises ValueError: fewer than 1000 items, or a budget that is no share.
    """
    if len(scores) < _LEAST or not 0 < budget < 0.5:
        raise ValueError(f"{len(scores)} items and a budget of {budget}: at least 1000 items, a share below 0.5")
    ordered = sorted(scores, reverse=True)
    if budget >= contamination:
        return ordered[ceil(len(ordered) * budget)]
    top, foot = ceil(len(ordered) * contamination), ceil(len(ordered) * 4 * contamination)
    return _continued(ordered[foot], ordered[top], contamination / budget)


def _continued(base: float, edge: float, times: float) -> float:
    """The score that ``times`` fewer items exceed than exceed ``edge``, which a quarter of those above ``base`` do."""
    return edge + max(edge - base, 1e-3) / log(4) * log(times)


MAX_RISE = 2.0
"""A limit rises by no more than this (log odds): a crime that fills the sample must not silence its own alerts."""


def recalibrated_alert(
    scores: Sequence[float], fixed: float, tail: Sequence[tuple[float, float]], budget: float
) -> float:
    """The alert limit for goods with these scores: ``fixed``, raised by as much as these goods are noisier than usual.

    Usual is the model's ``tail``: (number of 10,000, score). What exceeds ``fixed`` beyond the budget may be crime,
    and is left out of the sample.
    """
    ordered = sorted(scores, reverse=True)
    excess = max(0, sum(score >= fixed for score in ordered) - ceil(len(ordered) * budget))
    reached = dict(tail)
    if len(ordered) - excess < _LEAST or not {100, 400} <= reached.keys():
        return fixed
    usual = _continued(reached[400], reached[100], 0.01 / budget)
    rise = conformal_threshold(ordered[excess:], budget) - usual
    return fixed + min(max(rise, 0.0), MAX_RISE)


def guilty_shares(scores: Sequence[float], scanned: int, tail: Sequence[tuple[float, float]]) -> list[float]:
    """For each score, the probability that its item isn't genuine: what is seen beyond what honesty explains.

    The local false discovery rate (Efron 2004) by the steps of ``tail``, which gives the number of 10,000 honest items
    that score at least so much. No prior is assumed: ``scanned`` and the scores themselves say how much crime there
    is. Half an item is added to both sides, so that one surprising item is not taken for a certainty.
    """
    if not tail:
        return [0.0] * len(scores)
    edges = [log_odds for _, log_odds in tail]
    seen = [0] * (len(edges) + 1)
    where = []
    for score in scores:
        step = next((number for number, edge in enumerate(edges) if score >= edge), len(edges))
        seen[step] += 1
        where.append(step)
    shares, minimum, before = [0.0] * (len(edges) + 1), 1.0, 0.0
    for step, (number, _) in enumerate(tail):
        honest = (number - before) * scanned / 1e4
        before = number
        if not seen[step]:
            continue  # a range in which nothing was seen says nothing of those below it
        # A higher score never means less; and what stands in a range is shared by honest and criminal alike.
        minimum = min(minimum, max(0.0, 1 - (honest + 0.5) / (seen[step] + 0.5)))
        shares[step] = minimum
    return [shares[step] for step in where]


def probability(log_odds: float, prior: float) -> float:
    """The posterior probability after evidence of ``log_odds`` on a prior share."""
    odds = prior / (1 - prior) * exp(min(log_odds, 60.0))
    return odds / (1 + odds)
