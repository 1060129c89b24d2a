"""The leak-source report: where the codes of suspected copies leaked."""

import pytest

from gateway.assess.leak_clusters import leak_clusters
from gateway.assess.leaks import leak_reports, passed
from gateway.assess.supply import learn
from gateway.evidence.evidence_item import AccusedItem
from gateway.evidence.leak_source import Node, Suspect
from schemas.explain.leak_sentences import sentences
from tests.support.custody import MARKETS, NAMES, PLACES, accused, custody_goods, leak_report, learned_supply


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


def sources_of(*dealers: int) -> list[int]:
    """The number of codes by source, when a code of each of these dealers is suspected: of eight, with one plant."""
    nodes = [Node("plant", "plant", 800), *(Node(f"dealer-{n}", "dealer", 100) for n in range(8))]
    codes = [Suspect(f"{n:02}", 0.95, {"plant": 1.0, f"dealer-{dealer}": 1.0}) for n, dealer in enumerate(dealers)]
    return [len(cluster) for cluster in leak_clusters(codes, nodes, 800)]


def test_two_crimes_in_one_product_are_two_sources():
    assert sources_of(1, 1, 1, 1, 5, 5, 5) == [4, 3]


def test_a_leak_above_the_dealers_is_one_source():
    assert sources_of(*range(8)) == [8]


def test_a_code_that_is_suspected_by_mistake_is_no_second_source():
    assert sources_of(1, 1, 1, 1, 5) == [5]


def test_each_source_has_its_report(goods, supply):
    by_id = {item.item_id: item for item in goods}
    suspects = accused(goods, *range(6), *range(30, 36))
    found = leak_reports(suspects, by_id, passed(goods, supply), supply)
    assert {(report["ranked"][0]["site"], report["codes"]) for report in found} == {("dealer-1", 6), ("dealer-2", 6)}
