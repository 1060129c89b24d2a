"""Reports on batches and on the edges of the supply network."""

import pytest

from gateway.assess.reports import batch_reports, transit_reports
from tests.support.custody import custody_goods


@pytest.fixture(scope="module")
def goods():
    return custody_goods()


def test_a_batch_without_copies_says_what_share_it_would_have_noticed(goods):
    clean = batch_reports(goods, set(), {"L1": 80})["L1"]
    assert (clean["flagged"], clean["low95"], clean["outlier"]) == (0, 0.0, False)
    assert 0 < clean["detectable"] < 0.2
    dirty = batch_reports(goods, {goods[n].item_id for n in range(9)}, {"L1": 80})["L1"]
    assert dirty["low95"] < 9 / 61 < dirty["high95"]
    assert dirty["outlier"]


def test_an_edge_tells_its_middle_time_once_it_has_shipments(goods):
    reports = transit_reports(goods)
    edge = reports["plant>dealer-1"]
    assert edge["shipments"] == 30
    assert edge["too_fast_h"] < edge["middle_h"] < edge["too_slow_h"]
    assert "dealer-2>shop-2a" in reports
