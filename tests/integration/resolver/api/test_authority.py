"""Claims, mandates, grants and statements over HTTP: each organisation sees and gives what is its own, and no more."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from gateway.judge import judge
from gateway.store import staging
from gateway.store.connection import connect
from gateway.store.event_row import EventRow
from gateway.store.events import store
from schemas.code import Checked, Proof
from schemas.event import Event
from schemas.moment import to_microseconds
from tests.support.api_world import GTIN, RIVAL_GTIN, T0
from tests.support.observed import observe

UNIT, RIVALS = f"01/{GTIN}/21/CLAIMED", f"01/{RIVAL_GTIN}/21/CLAIMED"


@pytest.fixture(scope="module")
def told(tokens, batches, database):
    """A dealer sells a unit of each maker's that it never had; the second maker's reader speaks from its shop."""
    with connect(database.gateway_dsn) as gateway:
        staging.prepare(gateway)
        rows = [
            _said(1, UNIT, "huadu", "dealer-01", "retail_selling", "shop-chengdu"),
            _said(2, RIVALS, "rival", "dealer-01", "retail_selling", "shop-chengdu"),
            _said(3, RIVALS, "rival", "rival", "shipping", "shop-chengdu"),
            _said(4, UNIT, "huadu", "huadu", "shipping", None),
        ]
        now = to_microseconds(datetime.now(UTC))
        with gateway.transaction():
            store(gateway, rows, now)
            judge(gateway, rows, now=now, all_new=True, rule_failed=pytest.fail)


def _said(number, item, owner_org, by, step, read_point):
    event = Event(f"/{item}", to_microseconds(T0 + timedelta(hours=number)), step, read_point=read_point)
    return EventRow(UUID(int=number), event, Checked(Proof.SEALED, item, owner_org), (), by, "gate-1", 1)


def get(client, headers, path, **query):
    answer = client.get(f"/api/v1/{path}", params=query, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_an_owner_sees_the_claims_about_its_goods_page_by_page_and_no_others(client, tokens, told):
    for maker, item in (("huadu", UNIT), ("rival", RIVALS)):
        page = get(client, tokens[maker], "claims", limit=1)
        (claim,) = page["claims"]
        assert (claim["item_id"], claim["reader_org"], claim["verb"]) == (item, "dealer-01", "handle")
        following = client.get(page["next"], headers=tokens[maker]).json()
        assert following == {"claims": [], "next": None}
    assert client.get("/api/v1/claims", headers=tokens["dealer-01"]).status_code == 403


def test_a_history_tells_facts_from_claims_and_a_verdicts_history_has_facts_alone(client, tokens, told):
    events = get(client, tokens["huadu"], "history", item=UNIT)["events"]
    assert [(event["reader_org"], event["standing"]) for event in events] == [("dealer-01", "claim"), ("huadu", "fact")]
    said = get(client, tokens["dealer-01"], "history", org="dealer-01")["events"]
    assert {event["standing"] for event in said if event["item_id"] in (UNIT, RIVALS)} == {"claim"}


def test_whoever_has_a_site_sees_what_others_say_of_it(client, tokens, told):
    page = get(client, tokens["dealer-01"], "sites/shop-chengdu/statements", limit=1)
    said = [(each["reader_org"], each["item_id"], each["standing"]) for each in page["statements"]]
    assert said == [("rival", RIVALS, "fact")], "its own statements are none of others"
    assert client.get(page["next"], headers=tokens["dealer-01"]).json() == {"statements": [], "next": None}
    refused = client.get("/api/v1/sites/shop-chengdu/statements", headers=tokens["rival"])
    assert (refused.status_code, refused.json()["reason"]) == (403, "foreign_site")
    assert client.get("/api/v1/sites/nowhere/statements", headers=tokens["rival"]).status_code == 404


def test_statements_are_read_a_bounded_number_of_events_at_a_time(client, tokens, told, monkeypatch):
    monkeypatch.setattr("resolver.authority.store.MAX_EVENTS_READ", 1)
    path, said, pages = "/api/v1/sites/shop-chengdu/statements", [], 0
    while path is not None:
        page = client.get(path, headers=tokens["dealer-01"]).json()
        said, path, pages = said + page["statements"], page["next"], pages + 1
    assert [each["reader_org"] for each in said] == ["rival"]
    assert pages > 3, "its own statements are read as well"


def test_an_organisations_id_is_nobody_elses_site(client, tokens):
    place = {"name": "Depot", "name_zh": "仓", "kind": "dealer", "latitude": 30.0, "longitude": 104.0}
    body = place | {"site_id": "rival", "org_id": "dealer-01"}
    assert client.post("/api/v1/sites", json=body, headers=tokens["operator"]).json()["reason"] == "exists"
    org = {"org_id": "shop-chengdu", "name": "x", "name_zh": "x", "kind": "dealer", "prefixes": []}
    assert client.post("/api/v1/organisations", json=org, headers=tokens["operator"]).json()["reason"] == "exists"


def test_a_mandate_is_given_and_ended_by_the_owner_and_seen_by_both_parties(client, tokens, batches):
    body = {"org_id": "dealer-01", "verbs": ["custody"], "gtin": GTIN, "since": "2026-01-01T00:00:00Z"}
    given = client.post("/api/v1/mandates", json=body, headers=tokens["huadu"])
    assert given.status_code == 201, given.text
    mandate = given.json()
    assert (mandate["owner_org"], mandate["until"]) == ("huadu", None)
    for party in ("huadu", "dealer-01"):
        assert mandate in get(client, tokens[party], "mandates")["mandates"]
    assert get(client, tokens["rival"], "mandates")["mandates"] == []
    address = f"/api/v1/mandates/{mandate['mandate_id']}"
    assert client.delete(address, headers=tokens["rival"]).status_code == 404
    assert client.delete(address, headers=tokens["dealer-01"]).status_code == 403
    assert client.delete(address, headers=tokens["huadu"]).json() == {"ended": True}
    assert get(client, tokens["dealer-01"], "mandates")["mandates"][0]["until"] is not None
    for wrong in ({"gtin": RIVAL_GTIN}, {"org_id": "huadu"}, {"org_id": "nobody"}, {"until": "2025-01-01T00:00:00Z"}):
        answer = client.post("/api/v1/mandates", json=body | wrong, headers=tokens["huadu"])
        assert answer.status_code == 422, answer.text


def test_a_read_point_is_granted_and_taken_back_by_whoever_has_it(client, tokens):
    grant = {"site_id": "shop-chengdu", "org_id": "rival"}
    assert client.post("/api/v1/read-point-grants", json=grant, headers=tokens["rival"]).status_code == 403
    assert client.post("/api/v1/read-point-grants", json=grant, headers=tokens["dealer-01"]).status_code == 201
    assert client.post("/api/v1/read-point-grants", json=grant, headers=tokens["dealer-01"]).status_code == 409
    for party, seen in (("dealer-01", 1), ("rival", 1), ("huadu", 0)):
        assert len(get(client, tokens[party], "read-point-grants")["grants"]) == seen
    address = "/api/v1/read-point-grants/shop-chengdu/rival"
    assert client.delete(address, headers=tokens["rival"]).status_code == 403
    assert client.delete(address, headers=tokens["dealer-01"]).json() == {"withdrawn": True}
    assert client.delete(address, headers=tokens["dealer-01"]).status_code == 404


def test_an_operator_alone_makes_a_reader_a_kiosk_and_nobody_a_makers_one_an_inspectors(client, tokens):
    address = "/api/v1/readers/huadu/line-1/class"

    def put(who, reader_class):
        return client.put(address, json={"reader_class": reader_class}, headers=tokens[who])

    assert put("huadu", "till").json()["reader_class"] == "till"
    assert put("huadu", "kiosk").json()["reason"] == "class_not_allowed"
    assert put("operator", "inspector").json()["reason"] == "class_not_allowed"
    assert put("rival", "edge").status_code == 403
    assert put("operator", "kiosk").status_code == 200
    readers = get(client, tokens["huadu"], "readers")["readers"]
    assert {reader["reader_class"] for reader in readers if reader["reader_id"] == "line-1"} == {"kiosk"}
    enrolment = {"reader_id": "kiosk-1", "reader_class": "kiosk"}
    assert client.post("/api/v1/enrolments", json=enrolment, headers=tokens["dealer-01"]).status_code == 403


def test_an_id_that_others_have_spoken_of_becomes_a_site_from_then_on(client, tokens, owner):
    site = {"name": "Depot", "name_zh": "仓", "kind": "dealer", "latitude": 30.0, "longitude": 104.0}
    observe(owner, UNIT, T0, owner_org="huadu", reader_org="rival", read_point="depot-to-come")
    observe(owner, UNIT, T0, owner_org="huadu", reader_org="dealer-01", read_point="depot-of-own")

    def add(site_id):
        body = site | {"site_id": site_id, "org_id": "dealer-01"}
        return client.post("/api/v1/sites", json=body, headers=tokens["operator"])

    assert add("depot-to-come").status_code == 201
    assert get(client, tokens["dealer-01"], "sites/depot-to-come/statements")["statements"] == []
    assert add("depot-of-own").status_code == 201
    since = "SELECT registered_at FROM suyuan.site WHERE site_id = 'depot-of-own'"
    registered = owner.execute(since).fetchone()
    assert add("depot-of-own").status_code == 201, "a site that is registered may be corrected"
    assert owner.execute(since).fetchone() == registered
