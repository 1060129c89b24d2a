import numpy as np
import pytest

from scripts.commands.evaluate.score_statistics import calibration_error, pr_auc


def test_average_precision_is_weighted_to_the_prevalence():
    perfect = pr_auc(np.array([5.0, 6.0]), np.array([1.0, 2.0, 3.0]), 1e-3)
    blind = pr_auc(np.array([1.0, 1.0]), np.array([1.0, 1.0]), 1e-2)
    assert perfect == pytest.approx(1)
    assert blind == pytest.approx(1e-2)


def test_calibration_compares_what_was_said_with_what_was():
    assert calibration_error([(0.9, True)] * 9 + [(0.9, False)]) == pytest.approx(0)
    assert calibration_error([(0.9, False)] * 10) == pytest.approx(0.9)
    assert calibration_error([(0.1, False)]) is None
