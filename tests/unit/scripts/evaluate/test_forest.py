import numpy as np

from scripts.commands.evaluate.forest import isolation_scores


def test_a_forest_sets_the_odd_point_apart():
    rng = np.random.default_rng(1)
    points = np.vstack([rng.normal(0, 1, (500, 3)), [[9.0, 9.0, 9.0]]])
    scores = isolation_scores(points, rng)
    assert scores.argmax() == 500
