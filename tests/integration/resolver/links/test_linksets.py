"""What programs read: signed verdicts and linksets in the published shape."""

import json
from datetime import UTC, datetime

from jsonschema import Draft202012Validator

from resolver.web import signatures
from resolver.web.signatures import Exchange
from scripts import environment
from scripts.system.fixtures import GTIN
from tests.support.link_world import JSON, LINKSET, forged, unit
from tests.support.served import BASE_URL


def test_every_verdict_is_signed_for_its_own_question(client, services):
    keys = signatures.read_directory(client.get("/.well-known/http-message-signatures-directory").content)
    for path in (unit(5), forged(), f"/01/{GTIN}/21/ABC"):
        for more, headers in (("?linkType=suyuan:verdict", {}), ("", JSON), ("?linkType=suyuan:provenance", {})):
            answer = client.get(path + more, headers=headers)
            exchange = Exchange(
                "GET", BASE_URL + path + more, answer.status_code, answer.headers["content-type"], answer.content
            )
            at = signatures.verify(exchange, answer.headers, keys)
            assert abs((datetime.now(UTC) - at).total_seconds()) < 60
            assert answer.headers["cache-control"] == "no-store"
    body = json.dumps({"uri": BASE_URL + unit(5)}).encode()
    answer = client.post("/scans", content=body, headers={"Content-Type": "application/json"})
    exchange = Exchange("POST", BASE_URL + "/scans", 200, answer.headers["content-type"], answer.content)
    assert signatures.verify(exchange, answer.headers, keys)


def test_a_guess_gets_the_same_members_and_links_as_any_unit_and_costs_the_store_nothing(client, services):
    genuine, guess = (client.get(path, headers=JSON).json() for path in (unit(6), forged(1)))
    assert genuine.keys() == guess.keys()
    assert genuine["custody"].keys() == guess["custody"].keys()
    before = services.query_count
    links = client.get(forged(2), headers=LINKSET).json()["linkset"]
    for more in ("", "?linkType=suyuan:verdict", "?linkType=gs1:pip", "?linkType=suyuan:provenance"):
        client.get(forged(3) + more)
        client.get(forged(3) + more, headers={"Accept": "text/html"})
    assert services.query_count == before
    own = client.get(unit(6), headers=LINKSET).json()["linkset"][0]
    assert links[0].keys() <= own.keys()


def test_every_linkset_has_the_published_shape(client):
    schema = json.loads((environment.ROOT / "schemas/json/linkset.schema.json").read_text())
    for path in (unit(7), forged(4), f"/01/{GTIN}", f"/01/{GTIN}/10/NO-SUCH-LOT", f"/01/{GTIN}/21/%21%22%25%26%2F"):
        answer = client.get(path, headers=LINKSET)
        assert answer.status_code == 200, path
        Draft202012Validator(schema).validate(answer.json())
