"""Dealers' territories over HTTP: whose they are, who sees them, what can't be one."""

import pytest

from gateway.rules.history import NO_CONTRACTS
from gateway.store import sites
from gateway.store.connection import connect
from gateway.store.territories import dealer_territories
from tests.support.api_world import CHENGDU


@pytest.fixture(scope="module")
def depot(client, tokens) -> str:
    site = {"site_id": "depot-01", "org_id": "dealer-01", "name": "Depot", "name_zh": "仓", "kind": "dealer"}
    place = {"latitude": CHENGDU[0], "longitude": CHENGDU[1]}
    assert client.post("/api/v1/sites", json=site | place, headers=tokens["operator"]).status_code == 201
    return site["site_id"]


@pytest.fixture
def put(client, tokens, depot):
    def put(who, markets, dealer=depot, **more):
        return client.put(f"/api/v1/territories/{dealer}", json={"markets": markets, **more}, headers=tokens[who])

    yield put
    for maker in ("huadu", "rival"):
        assert put(maker, []).status_code == 200


def seen(client, tokens, who):
    answer = client.get("/api/v1/territories", headers=tokens[who])
    assert answer.status_code == 200, answer.text
    return [(row["owner_org"], row["dealer_id"], row["markets"]) for row in answer.json()["territories"]]


def test_a_makers_territories_are_seen_by_it_and_by_the_dealer_alone(client, tokens, depot, put):
    assert put("huadu", ["shanghai", "chengdu", "chengdu"]).json()["markets"] == ["chengdu", "shanghai"]
    assert put("rival", ["shanghai"]).status_code == 200
    own = ("huadu", depot, ["chengdu", "shanghai"])
    assert seen(client, tokens, "huadu") == [own]
    assert seen(client, tokens, "rival") == [("rival", depot, ["shanghai"])]
    assert seen(client, tokens, "dealer-01") == [own, ("rival", depot, ["shanghai"])]
    assert put("huadu", ["shanghai"]).status_code == 200
    assert seen(client, tokens, "huadu") == [("huadu", depot, ["shanghai"])], "the new one replaces the old one"
    assert put("huadu", []).status_code == 200
    assert seen(client, tokens, "huadu") == []
    assert len(seen(client, tokens, "rival")) == 1


def test_an_operator_registers_for_a_maker_and_nobody_for_another_one(client, tokens, depot, put):
    assert put("operator", ["chengdu"], owner_org="huadu").status_code == 200
    assert seen(client, tokens, "huadu") == [("huadu", depot, ["chengdu"])]
    assert put("operator", ["chengdu"]).json()["reason"] == "no_owner"
    assert put("operator", ["chengdu"], owner_org="nobody").json()["reason"] == "unknown_organisation"
    foreign = put("huadu", ["chengdu"], owner_org="rival")
    assert (foreign.status_code, foreign.json()["reason"]) == (403, "foreign_goods")
    assert put("dealer-01", ["chengdu"]).status_code == 403


@pytest.mark.parametrize(
    ("markets", "dealer", "reason"),
    [(["atlantis"], "depot-01", "unknown_market"), (["chengdu"], "shop-chengdu", "unknown_dealer")],
)
def test_a_territory_is_of_registered_markets_and_of_a_dealers_site(put, markets, dealer, reason):
    answer = put("huadu", markets, dealer)
    assert (answer.status_code, answer.json()["reason"]) == (422, reason)


def test_the_gateway_reads_each_owners_territories(database, depot, put):
    put("huadu", ["chengdu"])
    with connect(database.gateway_dsn) as gateway:
        found = dealer_territories(gateway, ["huadu", "rival"], sites.markets(gateway))
        assert [market.market_id for market in found["huadu"].by_dealer[depot]] == ["chengdu"]
        assert found["rival"] == NO_CONTRACTS
        before = found["huadu"].digest
        put("huadu", ["shanghai"])
        after = dealer_territories(gateway, ["huadu"], sites.markets(gateway))["huadu"].digest
    assert before != after, "units are judged anew"
