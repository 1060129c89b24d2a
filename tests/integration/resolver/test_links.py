"""Links, linksets and everything around them over HTTP, on a real PostgreSQL."""

import itertools
import json
import threading
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import httpx
import psycopg
import pytest
from jsonschema import Draft202012Validator
from psycopg.types.json import Jsonb

from resolver.access import handset
from resolver.access.authentication import new_token, token_hash
from resolver.app import create_app
from resolver.scan import traffic_store
from resolver.services import build_services
from resolver.settings import Settings
from resolver.store import Scope
from resolver.web import signatures
from resolver.web.signatures import Exchange
from schemas import code
from schemas.gs1 import check_digit
from schemas.keys import seal_key
from schemas.serial import Sealer
from scripts import environment
from scripts.system.fixtures import GTIN, MAKER, PREFIX, add_market, register_maker
from tests.support.limits_storage import SharedCounts
from tests.support.served import BASE_URL, SEAL_ROOT, resolver_environment, served
from tests.support.waiting import wait_for

SHOP = "https://www.example.com"
LINKSET = {"Accept": "application/linkset+json"}
JSON = {"Accept": "application/json"}


def gtin(reference):
    return f"0{PREFIX}{reference}" + str(check_digit(f"0{PREFIX}{reference}"))


@pytest.fixture(scope="module")
def owner(database):
    with psycopg.connect(database.owner_dsn, autocommit=True) as connection:
        register_maker(connection, quantity=1000)
        add_market(connection, "chengdu", 30.66, 104.06, 60)
        connection.execute("INSERT INTO suyuan.organisation VALUES ('platform', 'P', 'P', 'operator')")
        connection.execute("INSERT INTO suyuan.organisation VALUES ('dealer-1', 'D', 'D', 'dealer')")
        yield connection


@pytest.fixture(scope="module")
def settings(database, tmp_path_factory):
    folder = tmp_path_factory.mktemp("secrets")
    return resolver_environment(database.resolver_dsn, folder, keyring_refresh_s="0.2", code_rate="0")


@pytest.fixture(scope="module")
def services(owner, settings):
    return build_services(Settings.from_env(settings))


@pytest.fixture(scope="module")
def client(services):
    with served(create_app(services)) as client:
        services.keyring.refresh()
        yield client


@pytest.fixture(scope="module")
def tokens(owner, client):
    found = {}
    for org, role in ((MAKER, "maker"), ("platform", "operator"), ("dealer-1", "dealer")):
        token = new_token()
        owner.execute(
            "INSERT INTO suyuan.api_token (token_hash, org_id, role, label) VALUES (%s, %s, %s, 't')",
            [token_hash(token), org, role],
        )
        found[role] = {"Authorization": f"Bearer {token}"}
    return found


@pytest.fixture(scope="module")
def maker(client, tokens):
    def put(anchor, link_type="gs1:pip", path="/x", **more):
        body = {"anchor": anchor, "link_type": link_type, "href": SHOP + path, "title": path, **more}
        answer = client.post("/api/v1/links", json=body, headers=tokens["maker"])
        assert answer.status_code == 201, answer.text
        return answer.json()

    return put


def unit(index):
    return f"/01/{GTIN}/21/" + Sealer(seal_key(SEAL_ROOT, MAKER, 0), 0).seal(GTIN, 1, index)


def forged(number=0):
    return f"/01/{GTIN}/21/{number:020d}"


def load(client, headers, lines, kind="application/x-ndjson"):
    body = lines if isinstance(lines, str | bytes) else "\n".join(json.dumps(line) for line in lines)
    return client.post("/api/v1/links/load", content=body, headers=headers | {"Content-Type": kind})


# Walking up


def test_no_descendant_of_a_known_thing_is_unknown_and_levels_accumulate(client, tokens, owner, maker):
    """For every subset of levels that have links: whatever is finer resolves, to the finest of them."""
    for index, present in enumerate(itertools.product((False, True), repeat=3)):
        number = gtin(f"{20000 + index:05d}")
        parts = {"gtin": f"01/{number}", "cpv": f"01/{number}/22/V", "lot": f"01/{number}/22/V/10/L"}
        stored = [name for name, there in zip(parts, present, strict=True) if there]
        for name in stored:
            maker(parts[name], path=f"/{name}", default=True)
        finest = stored[-1] if stored else None
        answer = client.get("/" + parts["lot"])
        assert answer.status_code == (307 if finest else 404)
        assert answer.headers.get("location") == (f"{SHOP}/{finest}" if finest else None)
        document = client.get("/" + parts["lot"], headers=LINKSET).json()["linkset"]
        assert [each["anchor"] for each in document] == [
            f"{BASE_URL}/{parts['lot']}",
            *(f"{BASE_URL}/{parts[name]}" for name in reversed(stored) if name != "lot"),
        ]


def test_a_unit_inherits_the_links_of_the_lot_that_it_is_known_to_be_of(client, maker):
    maker(f"01/{GTIN}/10/LOT1", "gs1:recallStatus", "/lot1")
    path = unit(1)
    assert client.get(f"{path}?linkType=gs1:recallStatus").headers["location"] == f"{SHOP}/lot1"
    anchors = [each["anchor"] for each in client.get(path, headers=LINKSET).json()["linkset"]]
    assert anchors[:2] == [BASE_URL + path, f"{BASE_URL}/01/{GTIN}/10/LOT1"]


def test_a_unit_leads_to_its_story_and_a_browser_is_there_at_once(client):
    path = unit(2)
    answer = client.get(path)
    assert (answer.status_code, answer.headers["location"]) == (307, f"{BASE_URL}/story{path}")
    page = client.get(path, headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert page.headers["content-location"] == f"{BASE_URL}/story{path}"
    there = client.get(f"/story{path}", headers={"Accept": "text/html"})
    assert there.status_code == 200
    assert 'data-verdict="genuine"' in page.text
    assert 'data-verdict="genuine"' in there.text


def test_a_maker_may_send_the_holders_of_one_unit_elsewhere(client, maker):
    path = unit(3)
    maker(path, "gs1:dpp", "/passport", default=True)
    for accept in ("*/*", "text/html"):
        answer = client.get(path + "?a=b", headers={"Accept": accept})
        assert (answer.status_code, answer.headers["location"]) == (307, f"{SHOP}/passport?a=b")
    assert client.get(path, headers=JSON).json()["verdict"] == "genuine", "whoever asks for the verdict gets it"


def test_scans_are_counted_where_the_verdict_is_shown_and_once(client, owner):
    path = unit(4)

    def noted():
        return owner.execute(
            "SELECT count(*) FROM suyuan.outbox WHERE scan ->> 'uri' LIKE %s", [f"%{path}"]
        ).fetchone()[0]

    client.get(path)  # a redirection to our own page: the page counts
    client.get(f"/story{path}", headers={"Accept": "text/html"})
    client.get(path, headers={"Accept": "text/html"})
    client.get(path + "?linkType=suyuan:verdict")
    client.get(path, headers=LINKSET)
    client.get(path + "?linkType=gs1:verificationService")
    client.head(path)
    wait_for(lambda: noted() >= 3)
    time.sleep(0.3)
    assert noted() == 3


# What makers do


def test_loading_twice_changes_nothing_and_a_new_content_is_a_new_version(client, tokens, owner):
    anchor = f"01/{gtin('30000')}"
    lines = [
        {"anchor": anchor, "link_type": "gs1:pip", "href": f"{SHOP}/{n}", "title": str(n), "slot": f"s{n}"}
        for n in range(50)
    ]
    assert load(client, tokens["maker"], lines).json() == {"lines": 50, "new": 50, "replaced": 0, "unchanged": 0}
    assert load(client, tokens["maker"], lines).json() == {"lines": 50, "new": 0, "replaced": 0, "unchanged": 50}
    lines[7]["title"] = "seven"
    assert load(client, tokens["maker"], lines).json() == {"lines": 50, "new": 0, "replaced": 1, "unchanged": 49}
    versions = client.get(
        "/api/v1/links", params={"anchor": anchor, "versions": True, "limit": 1000}, headers=tokens["maker"]
    ).json()["links"]
    seven = [row for row in versions if row["slot"] == "s7"]
    assert [(row["version"], row["title"], row["retired_at"] is None) for row in seven] == [
        (1, "7", False),
        (2, "seven", True),
    ]
    got, after = [], ""
    while after is not None:
        page = client.get(
            "/api/v1/links", params={"anchor": anchor, "limit": 7, "after": after}, headers=tokens["maker"]
        )
        got += [row["slot"] for row in page.json()["links"]]
        after = page.json()["next"]
    assert len(got) == len(set(got)) == 50


def test_texts_that_copy_might_misread_come_back_as_they_were_sent(client, tokens):
    anchor = f"01/{gtin('30021')}"
    odd = {
        "anchor": anchor,
        "link_type": "gs1:pip",
        "href": f"{SHOP}/a%5Cb?x={{}}'".replace("{}", "%7B%7D"),
        "title": r'\N "null" {a,b} \t 酒',
        "context": ["null", "CN"],
        "hreflang": ["zh", "en"],
        "slot": "NULL",
    }
    assert load(client, tokens["maker"], [odd]).json()["new"] == 1
    (stored,) = client.get("/api/v1/links", params={"anchor": anchor}, headers=tokens["maker"]).json()["links"]
    assert {name: stored[name] for name in odd} == odd
    assert load(client, tokens["maker"], [odd, odd]).json() == {"lines": 2, "new": 0, "replaced": 0, "unchanged": 2}
    last = [odd | {"title": each} for each in ("one", "two", "three")]
    assert load(client, tokens["maker"], last).json() == {"lines": 3, "new": 0, "replaced": 1, "unchanged": 2}
    (stored,) = client.get("/api/v1/links", params={"anchor": anchor}, headers=tokens["maker"]).json()["links"]
    assert (stored["title"], stored["version"]) == ("three", 2)


def test_a_csv_says_the_same(client, tokens):
    anchor = f"01/{gtin('30001')}"
    text = (
        "anchor,link_type,href,title,hreflang,context,default\r\n"
        f'{anchor},gs1:pip,{SHOP}/a,"Tea, green",zh en,CN DE,true\r\n{anchor},gs1:faqs,{SHOP}/b,Q,,,\r\n'
    )
    assert load(client, tokens["maker"], text, "text/csv").json()["new"] == 2
    (first,) = client.get(f"/{anchor}", headers=LINKSET).json()["linkset"]
    assert first["https://ref.gs1.org/voc/pip"][0]["title"] == "Tea, green"
    assert first["https://ref.gs1.org/voc/pip"][0]["context"] == ["CN", "DE"]


def test_one_wrong_line_and_nothing_is_loaded_every_wrong_line_is_named(client, tokens, owner):
    anchor = f"01/{gtin('30002')}"
    good = {"anchor": anchor, "link_type": "gs1:pip", "href": SHOP, "title": "x"}
    lines = [
        json.dumps(good),
        "{",
        json.dumps(good | {"link_type": "gs1:nosuchlt"}),
        json.dumps(good | {"anchor": "01/09521234000010"}),
        json.dumps(good | {"anchor": "01/09506000134352"}),
        json.dumps(good | {"href": "http://169.254.169.254/"}),
        json.dumps(good | {"colour": "red"}),
        json.dumps(good | {"anchor": f"01/{GTIN}/21/{'0' * 20}"}),
        json.dumps(good | {"valid_from": "yesterday"}),
        json.dumps(good | {"title": "a\nb"}),
    ]
    answer = load(client, tokens["maker"], "\n".join(lines))
    assert answer.status_code == 422
    named = [(each["line"], each["field"]) for each in answer.json()["errors"]]
    assert named == [
        (2, "line"),
        (3, "link_type"),
        (4, "anchor"),
        (5, "anchor"),
        (6, "href"),
        (7, "colour"),
        (8, "anchor"),
        (9, "valid_from"),
        (10, "title"),
    ]
    assert owner.execute("SELECT count(*) FROM suyuan.link WHERE anchor = %s", [anchor]).fetchone() == (0,)
    assert load(client, tokens["maker"], "anchor,title\r\nx,y\r\n", "text/csv").json()["errors"][0]["line"] == 1
    assert load(client, tokens["maker"], "x", "text/plain").status_code == 415


def test_a_load_that_is_cut_off_leaves_nothing_and_can_be_repeated(client, tokens, owner, services, monkeypatch):
    anchor = f"01/{gtin('30003')}"
    lines = [{"anchor": anchor, "link_type": "gs1:pip", "href": f"{SHOP}/{n}", "title": "x"} for n in range(20)]
    owner.execute(
        "CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF new.href LIKE '%/13' THEN"
        " RAISE EXCEPTION 'cut off' USING errcode = '57P01'; END IF; RETURN new; END $$;"
        " CREATE TRIGGER cut BEFORE INSERT ON suyuan.link FOR EACH ROW EXECUTE FUNCTION cut()"
    )
    assert load(client, tokens["maker"], lines).status_code == 503
    owner.execute("DROP TRIGGER cut ON suyuan.link")
    assert owner.execute("SELECT count(*) FROM suyuan.link WHERE anchor = %s", [anchor]).fetchone() == (0,)
    assert load(client, tokens["maker"], lines).json()["new"] == 20


def test_two_loads_at_a_time_leave_one_link_in_a_slot(client, tokens, owner):
    anchor = f"01/{gtin('30004')}"

    def one(title):
        lines = [
            {"anchor": anchor, "link_type": "gs1:pip", "href": SHOP, "title": title, "slot": f"s{n}"}
            for n in range(200)
        ]
        assert load(client, tokens["maker"], lines).status_code == 201

    threads = [threading.Thread(target=one, args=[str(n)]) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    standing = owner.execute(
        "SELECT count(*), count(DISTINCT slot), count(DISTINCT title) FROM suyuan.link"
        " WHERE anchor = %s AND retired_at IS NULL",
        [anchor],
    ).fetchone()
    assert standing == (200, 200, 1)


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


# Programs


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


# Others


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


# Defence


def test_too_many_requests_are_told_when_to_come_again(settings, owner):
    strict = build_services(Settings.from_env(settings | {"SUYUAN_NETWORK_RATE": "1"}))
    with served(create_app(strict)) as client:
        strict.keyring.refresh()
        statuses = [client.get(unit(10), headers=JSON).status_code for _ in range(12)]
        assert statuses[:10] == [200] * 10
        assert 429 in statuses[10:]
        answer = client.get(unit(10), headers=JSON)
        assert int(answer.headers["retry-after"]) >= 1
        assert client.get("/health").status_code == 200


def test_processes_share_their_limits_where_the_storage_is_shared(settings):
    shared = settings | {"SUYUAN_NETWORK_RATE": "1", "SUYUAN_LIMITS_STORAGE": f"{SharedCounts.STORAGE_SCHEME[0]}://"}
    SharedCounts().reset()
    processes = [build_services(Settings.from_env(shared)) for _ in range(2)]
    statuses = []
    for services in processes:
        with served(create_app(services)) as client:
            services.keyring.refresh()
            statuses += [client.get(unit(10), headers=JSON).status_code for _ in range(6)]
    assert statuses == [200] * 10 + [429] * 2


def test_guessing_is_reported_to_the_maker_without_saying_who(client, tokens, owner):
    for number in range(100, 145):
        assert client.get(forged(number), headers=JSON).json()["verdict"] == "forged"
    answer = lambda: client.get("/api/v1/analytics/guessing", headers=tokens["maker"]).json()["guessing"]  # noqa: E731
    wait_for(lambda: answer() and answer()[0]["guesses"] >= 40)
    (row,) = answer()
    assert row["gtin"] == GTIN
    assert "127.0.0" not in json.dumps(row)
    assert client.get("/api/v1/analytics/guessing", headers=tokens["dealer"]).status_code == 403


def test_makers_see_scans_in_numbers(client, tokens, owner):
    for language in ("zh-CN", "en"):
        client.get(unit(11), headers={"Accept": "text/html", "Accept-Language": language})
    body = {"uri": BASE_URL + unit(12), "latitude": 30.66, "longitude": 104.06, "consent": "exact"}
    assert client.post("/scans", json=body).status_code == 200
    client.get(unit(11), headers={"Accept": "text/html", "User-Agent": "Baiduspider/2.0"})

    def asked(by, **more):
        answer = client.get("/api/v1/analytics/scans", params={"by": by, **more}, headers=tokens["maker"])
        assert answer.status_code == 200, answer.text
        return answer.json()

    wait_for(lambda: any(row["market"] == "chengdu" for row in asked("market")["rows"]))
    found = asked("language,verdict", gtin=GTIN)
    assert {row["language"] for row in found["rows"]} == {"zh", "en"}
    assert {"genuine", "forged"} <= {row["verdict"] for row in found["rows"]}
    total = found["total"]
    assert sum(row["scans"] for row in found["rows"]) == total["scans"] == total["firsts"] + total["repeats"]
    assert 0 < total["first_share"] <= 1
    assert sum(row["scans"] for row in asked("hour")["rows"]) == sum(row["scans"] for row in asked("product")["rows"])
    wrong = client.get("/api/v1/analytics/scans", params={"by": "person"}, headers=tokens["maker"])
    assert (wrong.status_code, wrong.json()["field"]) == (422, "by")


def test_numbers_are_kept_as_scans_come_so_that_no_event_is_read_for_them(client, tokens, database):
    with psycopg.connect(database.owner_dsn) as holder:
        holder.execute("LOCK TABLE suyuan.event IN ACCESS EXCLUSIVE MODE")  # whoever reads an event waits, in vain
        answer = client.get(
            "/api/v1/analytics/scans",
            params={"by": "product,hour,language,market,verdict"},
            headers=tokens["maker"],
            timeout=20,
        )
    assert answer.status_code == 200
    assert answer.json()["total"].keys() == {"scans", "firsts", "repeats", "first_share"}


def test_a_person_can_be_forgotten_and_everybody_is_after_a_time(services, owner, client):
    pseudonym = handset.hashed(services.pepper, "install-77")
    owner.execute("INSERT INTO suyuan.outbox (scan) VALUES (%s)", [Jsonb({"uri": unit(13), "handset": pseudonym})])
    for number, age in enumerate((1, 100)):
        owner.execute(
            "INSERT INTO suyuan.event (item_id, occurred_at, event_id, recorded_at, owner_org, reader_org, reader_id,"
            " biz_step, action, offset_minutes, latitude, longitude, audience, handset, clock_bound_s, proof) VALUES"
            " ('x', now(), gen_random_uuid(), now() - make_interval(days => %s), %s, 'consumers', 'web', 'inspecting',"
            " 'OBSERVE', 480, 30, 104, 'consumer', %s, 1, 'sealed')",
            [age, MAKER, pseudonym if number == 0 else "somebody"],
        )
    with services.store.transaction(Scope()) as cursor:
        assert traffic_store.expire_consumers(cursor, datetime.now(UTC) - timedelta(days=30)) == 1
        assert traffic_store.forget_handset(cursor, pseudonym) == 2
        assert traffic_store.forget_handset(cursor, pseudonym) == 0
    left = owner.execute("SELECT handset, latitude FROM suyuan.event WHERE item_id = 'x'").fetchall()
    assert left == [(None, None), (None, None)]


@pytest.mark.parametrize("forget", ["SELECT suyuan.forget_handset('p-9')", "SELECT suyuan.expire_consumers(now())"])
def test_a_person_goes_from_openings_reads_of_tags_and_refused_scans_too(owner, forget: str):
    with owner.transaction(force_rollback=True):
        owner.execute(
            "INSERT INTO suyuan.opening (owner_org, batch_number, unit_index, item_id, opening_id, opened_at, handset,"
            " last_at) VALUES (%s, 77, 1, 'x', gen_random_uuid(), now() - interval '1 day', 'p-9', now())",
            [MAKER],
        )
        owner.execute("INSERT INTO suyuan.tag (uid, org_id, item_id) VALUES ('\\x04010203040506', %s, 'x')", [MAKER])
        owner.execute(
            "INSERT INTO suyuan.tag_read VALUES ('\\x04010203040506', 1, %s, now() - interval '1 day', 'p-9')", [MAKER]
        )
        owner.execute(
            "INSERT INTO suyuan.dead_message (digest, topic, received_at, message)"
            " VALUES (sha256('scan'), 'outbox', now() - interval '1 day', convert_to('{\"handset\": \"p-9\"}', 'UTF8'))"
        )
        owner.execute(forget)
        left = owner.execute(
            "SELECT handset FROM suyuan.opening WHERE batch_number = 77"
            " UNION ALL SELECT handset FROM suyuan.tag_read WHERE uid = '\\x04010203040506'"
            " UNION ALL SELECT convert_from(message, 'UTF8') FROM suyuan.dead_message WHERE topic = 'outbox'"
        )
        assert left.fetchall() == [(None,), (None,)]


@pytest.mark.parametrize(
    "path",
    [
        "/01/09521234000010",
        "/01/0952123400001X",
        "/01/%D9%A0%D9%A9521234000013",
        f"/01/{GTIN}/21/{'A' * 21}",
        f"/01/{GTIN}/21/%E4%BD%A0",
        f"/01/{GTIN}/21/A%00",
        f"/01/{GTIN}/21/A%0D%0AX-Evil:%201",
        f"/01/{GTIN}/21/%C0%AF",
        f"/01/{GTIN}/21/A/10/B",
        f"/01/{GTIN}/99/A",
        f"/01/{GTIN}/foo",
        f"/01/{GTIN}?17=261399",
        f"/01/{GTIN}?" + "x" * 8192,
        "/01/" + "9" * 8192,
    ],
)
def test_a_malformed_address_is_told_where(client, path):
    answer = client.get(path, headers={"Accept": "application/json"})
    assert answer.status_code == 400, answer.text
    problem = answer.json()
    assert problem["part"]
    assert len(problem["span"]) == 2
    assert "x-evil" not in answer.headers
    assert httpx.Headers(answer.headers).get("content-type") == "application/problem+json"


def test_a_compressed_address_says_what_it_stands_for(client, maker):
    number = gtin("30020")
    maker(f"01/{number}", path="/plain", default=True)
    bits = f"00000001{int(number):047b}"
    bits += "0" * (-len(bits) % 6)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    packed = "".join(alphabet[int(bits[at : at + 6], 2)] for at in range(0, len(bits), 6))
    answer = client.get(f"/{packed}")
    assert answer.headers["location"] == f"{SHOP}/plain"
    assert f'<{BASE_URL}/01/{number}>; rel="owl:sameAs"' in answer.headers["link"]
    assert client.get(f"/{packed}", headers=LINKSET).json()["linkset"][0]["anchor"] == f"{BASE_URL}/01/{number}"


def test_the_code_package_and_the_resolver_agree_on_a_units_address():
    assert code.uri(BASE_URL, GTIN, unit(1).rpartition("/")[2]).upper() == (BASE_URL + quote(unit(1))).upper()
