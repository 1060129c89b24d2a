import pytest

from scripts.commands.evaluate.limits import ceiling, even_odds


def test_limits_follow_from_scans():
    assert ceiling(1, 0.15, 0.7).seen == pytest.approx(0.15)
    assert ceiling(20, 0.15, 0.7).placed < ceiling(20, 0.15, 0.7).seen < 1
    assert even_odds([(5, 1.0), (20, 1.0)], 0.15) == pytest.approx(4.27, abs=0.1)
