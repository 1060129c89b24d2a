"""Links that a maker sets one by one: their time, the default, roles, owners, successors."""

from datetime import UTC, datetime, timedelta

from scripts.system.fixtures import GTIN
from tests.support.link_world import LINKSET, SHOP, gtin
from tests.support.served import BASE_URL


def test_links_hold_within_their_time_and_end_when_they_are_retired(client, tokens, maker):
    anchor, now = f"01/{gtin('30005')}", datetime.now(UTC)
    maker(anchor, path="/soon", default=True, valid_from=(now + timedelta(days=1)).isoformat())
    maker(anchor, path="/past", valid_until=(now - timedelta(days=1)).isoformat())
    assert client.get(f"/{anchor}").status_code == 404
    maker(anchor, path="/now", slot="now", valid_until=(now + timedelta(days=1)).isoformat())
    assert client.get(f"/{anchor}").headers["location"] == f"{SHOP}/now"
    where = {"anchor": anchor, "slot": "now"}
    assert client.delete("/api/v1/links", params=where, headers=tokens["maker"]).status_code == 200
    assert client.delete("/api/v1/links", params=where, headers=tokens["maker"]).status_code == 404
    assert client.get(f"/{anchor}").status_code == 404


def test_an_anchor_has_one_default_link_the_newest(client, maker):
    anchor = f"01/{gtin('30006')}"
    maker(anchor, path="/first")
    maker(anchor, path="/second", default=True)
    maker(anchor, "gs1:faqs", path="/third", default=True)
    (context,) = client.get(f"/{anchor}", headers=LINKSET).json()["linkset"]
    assert [each["href"] for each in context["https://ref.gs1.org/voc/defaultLink"]] == [f"{SHOP}/third"]
    assert client.get(f"/{anchor}").headers["location"] == f"{SHOP}/third"


def test_some_links_are_not_for_everybody(client, tokens, maker):
    anchor = f"01/{gtin('30007')}"
    maker(anchor, path="/public", default=True)
    maker(anchor, "gs1:epcis", path="/dealers", roles=["dealer"])
    assert client.get(f"/{anchor}?linkType=gs1:epcis").status_code == 404
    assert client.get(f"/{anchor}?linkType=gs1:epcis", headers=tokens["maker"]).status_code == 404
    answer = client.get(f"/{anchor}?linkType=gs1:epcis", headers=tokens["dealer"])
    assert answer.headers["location"] == f"{SHOP}/dealers"
    assert answer.headers["cache-control"] == "no-store"
    seen = client.get(f"/{anchor}", headers=LINKSET | tokens["dealer"])
    assert "private" in seen.headers["cache-control"]
    assert seen.json()["linkset"][0]["https://ref.gs1.org/voc/epcis"][0]["public"] is False
    assert "epcis" not in client.get(f"/{anchor}", headers=LINKSET).text


def test_nobody_else_speaks_for_a_product(client, tokens):
    body = {"anchor": f"01/{GTIN}", "link_type": "gs1:pip", "href": SHOP, "title": "x"}
    assert client.post("/api/v1/links", json=body).status_code == 401
    assert client.post("/api/v1/links", json=body, headers=tokens["dealer"]).status_code == 403
    foreign = client.post("/api/v1/links", json=body | {"anchor": "01/09506000134352"}, headers=tokens["maker"])
    assert (foreign.status_code, foreign.json()["field"]) == (422, "anchor")


def test_a_retired_number_leads_to_its_successor_and_never_in_a_circle(client, tokens, maker):
    first, second, third = (gtin(each) for each in ("30010", "30011", "30012"))
    maker(f"01/{third}", path="/newest", default=True)
    for old, new in ((first, second), (second, third)):
        answer = client.post(f"/api/v1/products/{old}/successor", json={"successor": new}, headers=tokens["maker"])
        assert answer.status_code == 201, answer.text
    answer = client.get(f"/01/{first}/10/L")
    assert answer.headers["location"] == f"{BASE_URL}/01/{second}"
    assert 'rel="successor-version"' in answer.headers["link"]
    circle = client.post(f"/api/v1/products/{third}/successor", json={"successor": first}, headers=tokens["maker"])
    assert (circle.status_code, circle.json()["reason"]) == (409, "circle")
