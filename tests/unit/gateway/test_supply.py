"""The supply network, learned from custody: who supplies whom, and where a dealer is at home."""

import pytest

from gateway.assess.supply import learn
from gateway.evidence.item import Scan
from gateway.rules.history import DealerTerritories
from tests.support.custody import CHANGSHA, CHENGDU, MARKETS, PLACES, T0, custody_goods, learned_supply


@pytest.fixture(scope="module")
def supply():
    return learned_supply()


def test_who_supplies_whom_is_learned_and_a_dealer_is_at_home_where_its_shops_are(supply):
    assert supply.parents["shop-1b"] == "dealer-1"
    assert supply.parents["dealer-2"] == "plant"
    assert supply.dealers == ["dealer-1", "dealer-2"]
    changsha_and_wuhan, beijing = supply.network.homes
    assert [MARKETS[n].market_id for n in sorted(changsha_and_wuhan)] == ["changsha", "wuhan"]
    assert [MARKETS[n].market_id for n in beijing] == ["beijing"]
    assert supply.network.km[0][1] == 0
    assert supply.network.km[0][0] > 900


def test_a_scan_is_in_a_market_only_when_the_phone_knows_its_place(supply):
    assert supply.market_of(Scan(T0, "a", *CHANGSHA, 0.1)) == 1
    assert supply.market_of(Scan(T0, "a", *CHANGSHA, 300.0)) == -1
    assert supply.market_of(Scan(T0, "a", *CHENGDU, 0.1)) == -1, "no market is near"


def test_a_dealers_contract_beats_what_its_deliveries_say():
    beijing, changsha, wuhan = MARKETS
    contracts = DealerTerritories({"dealer-1": (wuhan,)}, "digest")
    custody = [item.evidence.marks for item in custody_goods()]
    supply = learn(PLACES, MARKETS, custody, contracts)
    assert [sorted(home) for home in supply.network.homes] == [[2], [0]], "the shop in Changsha is no home of dealer 1"
    assert supply.network.km[0][1] > 200
    assert not supply.may_sell("dealer-1", changsha.market_id)
    assert supply.may_sell("dealer-1", wuhan.market_id)
    assert supply.may_sell("dealer-2", beijing.market_id)
