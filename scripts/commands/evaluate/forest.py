"""An isolation forest (Liu, Ting, Zhou 2008): how few random cuts separate a point from the others."""

import numpy as np

from firmware_sim.population.columns import Floats, Ints

TREES = 100
SAMPLE = 256


def isolation_scores(points: Floats, rng: np.random.Generator) -> Floats:
    """The anomaly score of each row, between 0 and 1: the nearer to 1, the fewer cuts it takes."""
    depths = np.zeros(len(points))
    size = min(SAMPLE, len(points))
    limit = int(np.ceil(np.log2(max(size, 2))))
    for _ in range(TREES):
        sample = points[rng.choice(len(points), size, replace=False)]
        depths += _depths(points, sample, np.arange(len(points)), 0, limit, rng)
    return np.asarray(2.0 ** (-depths / TREES / _mean_depth(size)))


def _depths(points: Floats, sample: Floats, rows: Ints, depth: int, limit: int, rng: np.random.Generator) -> Floats:
    """The depth at which each of ``rows`` ends in one tree, grown on ``sample`` as it goes."""
    depths = np.zeros(len(points))
    spread = sample.max(axis=0) - sample.min(axis=0) if len(sample) else np.zeros(points.shape[1])
    able = np.flatnonzero(spread > 0)
    if depth >= limit or len(sample) <= 1 or not len(able):
        depths[rows] = depth + _mean_depth(len(sample))
        return depths
    column = int(rng.choice(able))
    cut = rng.uniform(sample[:, column].min(), sample[:, column].max())
    below = points[rows, column] < cut
    left = _depths(points, sample[sample[:, column] < cut], rows[below], depth + 1, limit, rng)
    return depths + left + _depths(points, sample[sample[:, column] >= cut], rows[~below], depth + 1, limit, rng)


def _mean_depth(size: int) -> float:
    """The mean depth of an unsuccessful search in a binary tree of so many points."""
    if size <= 1:
        return 0.0
    return 2 * (np.log(size - 1) + np.euler_gamma) - 2 * (size - 1) / size if size > 2 else 1.0
