"""A small world by both paths: through the gateway on a real PostgreSQL, and through the harness in memory."""

from datetime import timedelta

import pytest

from firmware_sim.population.settings import load_settings
from firmware_sim.population.world import worlds
from gateway.evidence.model import fitted_model
from gateway.evidence.suspicion import SuspectedItem, SuspectedLane
from gateway.store import item_evidence
from gateway.store.connection import connect
from schemas.event_reader import FUTURE_TOLERANCE_S
from scripts.commands.evaluate.evidence_judge import EvidenceJudge
from scripts.commands.evaluate.gateway_path import false_alerts
from scripts.commands.evaluate.gateway_path_judge import ALERT, GatewayJudge
from scripts.commands.evaluate.gateway_path_store import PlayedStore
from scripts.commands.evaluate.judge_protocol import registry_of
from scripts.commands.evaluate.playing import play_through
from scripts.system.fixtures import MAKER

SMALL = load_settings().with_values({"goods.items": 2_000, "network.dealers": 12, "network.shops_per_dealer": 4})


@pytest.fixture(scope="module")
def world():
    return next(iter(worlds(SMALL.of_seed(0), 0, ["S1-M20"])))


@pytest.fixture(scope="module")
def harness(world):
    judge = EvidenceJudge(registry_of(world), fitted_model())
    play_through(world, judge)
    return judge


@pytest.fixture(scope="module")
def gateway(world, database):
    store = PlayedStore(database.owner_dsn, database.gateway_dsn)
    with GatewayJudge(world, store, assess_days=60) as judge:
        play_through(world, judge)
        judge.found = judge.findings()
        yield judge
    store.close()


@pytest.fixture(scope="module")
def evidence(gateway, database):
    with connect(database.gateway_dsn) as connection:
        items = item_evidence.evidence_items(connection, MAKER, timedelta(days=3650))
    return {int(each.item_id.rpartition("/")[2]): each.evidence for each in items}


def test_both_have_the_same_evidence_of_each_item(harness, evidence):
    """But for clocks, which the gateway puts right when it reads; and an item is opened once."""

    def looks(own):
        seen = {(scan.at, scan.handset, scan.network, scan.source, scan.inner) for scan in own.scans if not scan.opened}
        return seen, [scan.at for scan in own.scans if scan.opened][:1]

    def custody(own):
        return sorted((mark.site, mark.step) for mark in own.marks)

    of_harness = {item: harness.evidence(item) for item in evidence}
    assert len(evidence) > 200
    assert {item: looks(own) for item, own in evidence.items()} == {n: looks(own) for n, own in of_harness.items()}
    assert {item: custody(own) for item, own in evidence.items()} == {n: custody(own) for n, own in of_harness.items()}


def test_what_one_alerts_the_other_watches_at_least(harness, gateway):
    """An item that nothing touches is weighed anew in the gateway's next pass; in the harness when a pool moves."""
    levels = [
        {each.subject.item: each.level for each in found if isinstance(each.subject, SuspectedItem)}
        for found in (harness.findings(), gateway.found)
    ]
    for one, other in (levels, levels[::-1]):
        alerts = {item for item, level in one.items() if level == "alert"}
        assert alerts
        assert {item for item in alerts if other.get(item, "fact") == "fact"} == set()


def test_both_find_the_same_lanes(harness, gateway):
    lanes = [
        {each.subject for each in found if isinstance(each.subject, SuspectedLane) and each.level == "alert"}
        for found in (harness.findings(), gateway.found)
    ]
    assert lanes[0] == lanes[1] != set()


def test_alerts_of_both_families_share_one_budget_and_each_rule_has_its_price(world, gateway):
    costs = false_alerts(world, gateway)
    families = costs["false_alerts.evidence"], costs["false_alerts.rules"]
    assert max(families) <= costs["false_alerts"] <= sum(families)
    by_rule = sum(value for name, value in costs.items() if name.startswith("false_alerts.rule."))
    assert by_rule >= costs["false_alerts"]
    assert all(each.score < ALERT or gateway.rules[each.subject] for each in gateway.found)


def test_what_was_sent_twice_is_set_aside_by_both_and_what_lies_in_the_future_by_the_gateway(world, harness, gateway):
    by_gateway, by_harness = set(gateway.set_aside().tolist()), set(harness.set_aside().tolist())
    assert by_harness <= by_gateway
    rows = sorted(by_gateway - by_harness)
    at, received = world.events.ints("at")[rows], world.events.ints("received")[rows]
    assert (at > received + FUTURE_TOLERANCE_S * 1_000_000).all()
