"""Identifiers of other systems, and codes that another platform answers for."""

import json

from resolver.app import create_app
from resolver.services import build_services
from resolver.settings import Settings
from scripts.system.fixtures import GTIN, PREFIX
from tests.support.link_world import JSON, LINKSET, unit
from tests.support.served import BASE_URL, served


def test_other_systems_identifiers_lead_to_the_item(client, tokens):
    space = {"scheme": "handle", "prefix": "88.118.5/", "title": "Maker", "form": f"/01/{GTIN}/21/{{suffix}}"}
    assert client.put("/api/v1/identifier-spaces", json=space, headers=tokens["maker"]).status_code == 403
    assert client.put("/api/v1/identifier-spaces", json=space, headers=tokens["operator"]).status_code == 200
    serial = unit(8).rpartition("/")[2]
    for text in (f"88.118.5/{serial}", f"(01){GTIN}(21){serial}", f"urn:epc:id:sgtin:{PREFIX}.{GTIN[0]}00001.{serial}"):
        answer = client.get("/identify", params={"id": text})
        assert (answer.status_code, answer.headers["location"]) == (307, BASE_URL + unit(8)), text
        assert client.get("/identify", params={"id": text}, headers=JSON).json()["address"] == BASE_URL + unit(8)
    found = client.get(f"/api/handles/88.118.5/{serial}").json()
    assert (found["responseCode"], found["values"][0]["data"]["value"]) == (1, BASE_URL + unit(8))
    unknown = client.get("/api/handles/88.9.9/x")
    assert (unknown.status_code, unknown.json()["responseCode"]) == (404, 100)
    assert client.get("/api/handles/10.1000/182").status_code == 400
    assert client.get("/identify", params={"id": "what is this"}).status_code in (400, 404)


def test_a_delegated_prefix_is_answered_elsewhere_at_most_once(client, tokens):
    rule = {"pattern": "01/0950600", "resolver": "https://id.other.example/", "title": "Other"}
    assert client.put("/api/v1/delegations", json=rule, headers=tokens["operator"]).status_code == 200
    answer = client.get("/01/09506000134352/10/A?linkType=gs1:pip&foo=b%26r")
    there = "https://id.other.example/01/09506000134352/10/A"
    assert answer.status_code == 307
    assert answer.headers["location"] == f"{there}?suyuanHop=1&linkType=gs1:pip&foo=b%26r"
    assert 'rel="https://ref.gs1.org/voc/handledBy"' in answer.headers["link"]
    assert client.get("/01/09506000134352?suyuanHop=1").status_code == 508
    for wrong in (BASE_URL, "http://127.0.0.1:1", "https://id.other.example/?a=b"):
        refused = client.put("/api/v1/delegations", json=rule | {"resolver": wrong}, headers=tokens["operator"])
        assert (refused.status_code, refused.json()["field"]) == (422, "resolver")
    own = client.put("/api/v1/delegations", json=rule | {"pattern": f"01/{GTIN[:8]}"}, headers=tokens["operator"])
    assert own.status_code == 200
    assert client.get(unit(9), headers=JSON).json()["verdict"] == "genuine", "ours stay ours"
    for pattern in ("01/0950600", f"01/{GTIN[:8]}"):
        client.delete("/api/v1/delegations", params={"pattern": pattern}, headers=tokens["operator"])
    assert client.get("/01/09506000134352").status_code == 404


def test_another_platforms_linkset_is_fetched_kept_and_marked_as_theirs(settings, owner, tokens):
    asked = []

    async def platform(scope, receive, send):
        if scope["type"] == "lifespan":
            return
        asked.append(scope["path"] + "?" + scope["query_string"].decode())
        body = json.dumps(
            {"linkset": [{"anchor": "https://id.other.example/01/09506000134352", "itemDescription": "Theirs",
                          "https://ref.gs1.org/voc/pip": [{"href": "https://other.example/p", "title": "P"}]}]}
        ).encode()  # fmt: skip
        await send({"type": "http.response.start", "status": 200,
                    "headers": [(b"content-type", b"application/linkset+json")]})  # fmt: skip
        await send({"type": "http.response.body", "body": body})

    mine = build_services(Settings.from_env(settings | {"SUYUAN_PRIVATE_TARGETS": "yes"}))
    with served(platform) as theirs, served(create_app(mine)) as client:
        mine.keyring.refresh()
        rule = {
            "pattern": "01/0950600",
            "resolver": str(theirs.base_url).rstrip("/"),
            "title": "Other",
            "fetched": True,
        }
        assert client.put("/api/v1/delegations", json=rule, headers=tokens["operator"]).status_code == 200
        for _ in range(3):
            answer = client.get("/01/09506000134352", headers=LINKSET)
            ours, other = answer.json()["linkset"]
        assert ours["https://ref.gs1.org/voc/handledBy"] == [{"href": rule["resolver"], "title": "Other"}]
        assert other["itemDescription"] == "Theirs"
        assert asked == ["/01/09506000134352?linkType=linkset&suyuanHop=1"]
        client.delete("/api/v1/delegations", params={"pattern": "01/0950600"}, headers=tokens["operator"])
    gone = build_services(Settings.from_env(settings | {"SUYUAN_PRIVATE_TARGETS": "yes"}))
    with served(create_app(gone)) as client:
        gone.keyring.refresh()
        client.put("/api/v1/delegations", json=rule, headers=tokens["operator"])
        assert client.get("/01/09506000134352", headers=LINKSET).status_code == 502
        client.delete("/api/v1/delegations", params={"pattern": "01/0950600"}, headers=tokens["operator"])
