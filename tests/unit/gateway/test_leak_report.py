"""The leak-source report: where the codes of suspected copies leaked."""

import pytest

from gateway.assess.leaks import leak_report
from gateway.assess.supply import learn
from gateway.evidence.evidence_item import AccusedItem
from schemas.explain.leak_sentences import sentences
from tests.support.custody import MARKETS, NAMES, PLACES, accused, custody_goods, learned_supply


@pytest.fixture(scope="module")
def goods():
    return custody_goods()


@pytest.fixture(scope="module")
def supply():
    return learned_supply()


def test_copies_from_two_shops_of_one_dealer_lead_to_the_dealer(goods, supply):
    report = leak_report(accused(goods, 1, 2, 3, 4, 5), goods, supply)
    assert report["ranked"][0]["site"] == "dealer-1"
    assert report["ranked"][0]["suspects"] == 5
    assert report["credible"] == ["dealer-1"]
    assert report["inspect"]["sites"][0] == "dealer-1"
    assert report["change"]["site"] == report["ranked"][1]["site"]


def test_a_missed_reading_is_put_in_with_the_usual_supplier(goods, supply):
    report = leak_report(accused(goods, 60), goods, supply)
    assert "dealer-1" in report["suspects"][0]["path"]


def test_one_code_leaves_it_open_and_none_reports_nothing(goods, supply):
    report = leak_report(accused(goods, 1), goods, supply)
    assert len(report["credible"]) > 1
    said = " ".join(each.en for each in sentences(report, NAMES))
    assert "one code can't tell a shop from its dealer" in said
    assert leak_report([AccusedItem("01/elsewhere/21/x", 0.9, ())], goods, supply) is None


def test_the_same_units_in_another_order_give_the_same_report(goods, supply):
    again = learn(PLACES, MARKETS, [each.evidence.marks for each in reversed(goods)])
    suspects = accused(goods, 1, 2, 3)
    assert leak_report(suspects[::-1], goods[::-1], again) == leak_report(suspects, goods, supply)
