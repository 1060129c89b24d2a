"""The copied share of a batch's scanned items, with a confidence interval (docs/detection.md#batches)."""

from dataclasses import dataclass
from math import comb, exp, log, log1p, sqrt

SENSITIVITY = 0.94
"""Of copied codes with a scanned copy, those above the budget of false alerts: scripts/evaluate, T2, worlds 0-9."""
SPECIFICITY = 1 - 1.1e-4
"""The alert threshold is set so that it lets so few honest items through."""


@dataclass(frozen=True, slots=True)
class CloneShare:
    """The estimated share of copied items with its 95 % interval, and the least share that would have been noticed."""

    share: float
    low: float
    high: float
    detectable: float

    @property
    def outlier(self) -> bool:
        """Whether the lower bound of the share is above one in a thousand."""
        return self.low > 0.001


def clone_share(flagged: int, scanned: int, sensitivity: float, specificity: float) -> CloneShare:
    """The share from ``flagged`` of ``scanned`` items, corrected for what the test misses and accuses wrongly.

    Rogan and Gladen 1978; the interval is Wilson's (1927) for the flagged share, carried through the same correction.

    :raises ValueError: the test is no better than chance, or the counts are impossible.
    """
    gain = sensitivity + specificity - 1
    if gain <= 0:
        raise ValueError(f"sensitivity {sensitivity} and specificity {specificity} add up to no more than chance")
    if not 0 <= flagged <= scanned or scanned == 0:
        raise ValueError(f"{flagged} of {scanned} scanned items can't be flagged")
    low, high = wilson(flagged, scanned)

    def corrected(rate: float) -> float:
        return min(1.0, max(0.0, (rate + specificity - 1) / gain))

    return CloneShare(
        corrected(flagged / scanned),
        corrected(low),
        corrected(high),
        detectable_share(scanned, sensitivity, specificity),
    )


def wilson(hits: int, tries: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's score interval of a share."""
    share, square = hits / tries, z * z / tries
    centre = (share + square / 2) / (1 + square)
    half = z * sqrt(share * (1 - share) / tries + square / (4 * tries)) / (1 + square)
    low = 0.0 if hits == 0 else max(0.0, centre - half)
    return low, 1.0 if hits == tries else min(1.0, centre + half)


def detectable_share(scanned: int, sensitivity: float, specificity: float, power: float = 0.95) -> float:
    """The least share of copies that, with probability ``power``, flags more items than false alarms explain.

    False alarms explain as many as happen with probability 0.95; 1 when no share would do.
    """
    limit = _binomial_quantile(scanned, 1 - specificity, 0.95)
    low, high = 0.0, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        rate = middle * sensitivity + (1 - middle) * (1 - specificity)
        if 1 - _binomial_cdf(limit, scanned, rate) >= power:
            high = middle
        else:
            low = middle
    return high


def _binomial_cdf(maximum: int, tries: int, rate: float) -> float:
    if rate <= 0:
        return 1.0
    if rate >= 1:
        return float(maximum >= tries)
    term = exp(tries * log1p(-rate)) if tries * log1p(-rate) > -700 else 0.0
    if term == 0.0:
        return min(1.0, sum(exp(_log_term(k, tries, rate)) for k in range(maximum + 1)))
    total = 0.0
    for k in range(maximum + 1):
        total += term
        term *= (tries - k) / (k + 1) * rate / (1 - rate)
    return min(1.0, total)


def _log_term(k: int, tries: int, rate: float) -> float:
    return log(comb(tries, k)) + k * log(rate) + (tries - k) * log1p(-rate)


def _binomial_quantile(tries: int, rate: float, level: float) -> int:
    maximum = 0
    while maximum < tries and _binomial_cdf(maximum, tries, rate) < level:
        maximum += 1
    return maximum


def copies_per_code(handsets: list[int], scan_rate: float) -> float:
    """How many copies a copied code has, from how many distinct handsets each *seen* one shows.

    The handsets of all codes are Poisson, but codes with none are not seen: the mean of the zero-truncated
    distribution is inverted, then divided by the share of objects that are scanned at all.

    :raises ValueError: no code was given, or the scan rate is not a share.
    """
    if not handsets or min(handsets) < 1 or not 0 < scan_rate <= 1:
        raise ValueError("codes with at least one handset each, and a scan rate above 0, are needed")
    mean = sum(handsets) / len(handsets)
    rate = mean
    for _ in range(200):
        rate = mean * (1 - exp(-rate))
    return rate / scan_rate
