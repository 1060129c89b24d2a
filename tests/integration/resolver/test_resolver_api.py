"""The resolver over HTTP, on a real PostgreSQL: what each kind of caller can do, and what nobody can."""

import csv
import io
import json
import re
import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import orjson
import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from resolver.access.authentication import token_hash
from resolver.app import create_app
from resolver.key import public_key_set
from resolver.registry import store as registry_store
from resolver.registry import tokens as registry_tokens
from resolver.services import build_services
from resolver.settings import Settings
from resolver.store import Scope, Store
from schemas import code, digital_link
from schemas.errors import StoreUnavailable
from schemas.event import Action
from schemas.geodesy import Position
from schemas.gs1 import check_digit
from tests.support.observed import observe
from tests.support.served import BASE_URL, resolver_environment, served
from tests.support.waiting import wait_for

CHENGDU = (30.66, 104.06)
SHANGHAI = (31.23, 121.47)
T0 = datetime(2026, 3, 1, 8, tzinfo=UTC)


def gtin(thirteen):
    return thirteen + str(check_digit(thirteen))


GTIN = gtin("0952123400001")
RIVAL_GTIN = gtin("0952777700001")


def sscc(seventeen):
    return f"00/{seventeen}{check_digit(seventeen)}"


@pytest.fixture(scope="module")
def settings(database, tmp_path_factory):
    folder = tmp_path_factory.mktemp("secrets")
    return Settings.from_env(resolver_environment(database.resolver_dsn, folder, keyring_refresh_s="0.2"))


@pytest.fixture(scope="module")
def services(settings):
    return build_services(settings)


@pytest.fixture(scope="module")
def client(services):
    with served(create_app(services)) as client:
        client.headers["Accept"] = "application/json"
        services.keyring.refresh()
        yield client


@pytest.fixture(scope="module")
def owner(database):
    with psycopg.connect(database.owner_dsn, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def operator(settings, client):
    with Store(settings.database_url, pool_size=1) as store:
        with store.transaction(Scope()) as cursor:
            registry_store.add_organisation(
                cursor, org_id="platform", name="Platform", name_zh="平台", kind="operator", prefixes=()
            )
        token = registry_tokens.issue_token(store, org_id="platform", role="operator", label="t", expires_at=None)[
            "token"
        ]
    return bearer(token)


@pytest.fixture(scope="module")
def tokens(client, operator):
    """Tokens of two makers, a dealer and a regulator, all made over HTTP."""

    def made(path, body):
        answer = client.post(f"/api/v1/{path}", json=body, headers=operator)
        assert answer.status_code == 201, answer.text
        return answer.json()

    found = {"operator": operator}
    for org_id, kind, prefixes in (
        ("huadu", "maker", ["9521234"]),
        ("rival", "maker", ["9527777"]),
        ("dealer-01", "dealer", []),
        ("samr-demo", "regulator", []),
    ):
        made(
            "organisations",
            {"org_id": org_id, "name": org_id.title(), "name_zh": f"组织 {org_id}", "kind": kind, "prefixes": prefixes},
        )
        found[org_id] = bearer(made("tokens", {"org_id": org_id, "label": "test"})["token"])
    for market, (latitude, longitude) in (("chengdu", CHENGDU), ("shanghai", SHANGHAI)):
        place = {"latitude": latitude, "longitude": longitude}
        made("markets", {"market_id": market, "name": market, "name_zh": market, "radius_km": 60, **place})
        made(
            "sites",
            {
                "site_id": f"shop-{market}",
                "org_id": "dealer-01",
                "name": market,
                "name_zh": market,
                "kind": "shop",
                **place,
            },
        )
    made("organisations/huadu/signing-keys", {"years": 1})
    made("readers", {"org_id": "huadu", "reader_id": "line-1", "kid": "01", "public_key": public_key().hex()})
    return found


@pytest.fixture(scope="module")
def batches(client, tokens):
    """Lots by name: of one maker sealed and signed, of the other sealed."""
    found = {}
    for org, number, name in (("huadu", GTIN, "Baijiu"), ("rival", RIVAL_GTIN, "Tea")):
        product = {"gtin": number, "name": name, "name_zh": name, "category": "drink"}
        assert client.post("/api/v1/products", json=product, headers=tokens[org]).status_code == 201
    for org, lot, grade in (("huadu", "L1", "sealed"), ("huadu", "S1", "signed"), ("rival", "R1", "sealed")):
        body = {
            "gtin": GTIN if org == "huadu" else RIVAL_GTIN,
            "lot": lot,
            "quantity": 1000,
            "grade": grade,
            "produced_on": "2026-02-01",
            "territory": ["chengdu"],
        }
        answer = client.post("/api/v1/batches", json=body, headers=tokens[org])
        assert answer.status_code == 201, answer.text
        found[lot] = answer.json()
        commissioned = client.post(
            f"/api/v1/batches/{lot}/commissioning", json={"at": "2026-02-02T00:00:00Z"}, headers=tokens[org]
        )
        assert commissioned.status_code == 201, commissioned.text
    return found


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def public_key():
    return Ed25519PrivateKey.generate().public_key().public_bytes_raw()


def codes(client, headers, lot, **query):
    answer = client.get(f"/api/v1/batches/{lot}/codes", params=query, headers=headers)
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


def path_of(uri):
    return uri[len(BASE_URL) :]


def forged_path():
    return f"/01/{GTIN}/21/0123456789ABCDEFGHJK"


def outbox(owner):
    return [row[0] for row in owner.execute("SELECT scan FROM suyuan.outbox ORDER BY outbox_id").fetchall()]


def seen(owner, item, at, *, step="shipping", org="huadu", place=None, owner_org="huadu"):
    """Store an observation: at a place by GPS, or else at the shop in Chengdu."""
    return observe(
        owner,
        item,
        at,
        owner_org=owner_org,
        reader_org=org,
        step=step,
        read_point="shop-chengdu" if place is None else None,
        position=None if place is None else Position(*place, 100),
    )


def packed(owner, container, child, at, *, packed=True):
    action, step = (Action.ADD, "packing") if packed else (Action.DELETE, "unpacking")
    place = {"owner_org": "huadu", "reader_org": "huadu", "read_point": "shop-chengdu"}
    return observe(owner, container, at, step=step, action=action, children=(child,), **place)


# The consumer


def test_a_unit_is_genuine_at_its_own_address_in_any_spelling(client, tokens, batches):
    uri = codes(client, tokens["huadu"], "L1", first=7, count=1)[0]["uri"]
    path = path_of(uri)
    number, serial = path.split("/")[2], path.split("/")[4]
    for spelling in (
        path,
        path + "/",
        path.lower(),
        f"/01/{number}/10/L1/21/{serial}",
        f"/01/{number[1:]}/21/{serial}",
    ):
        answer = client.get(spelling, headers={"Accept": "application/json"})
        assert answer.status_code == 200, answer.text
        assert answer.json()["verdict"] == "genuine", spelling
        assert answer.json()["item"] == f"01/{GTIN}/21/{serial}"
    assert answer.json()["batch"]["lot"] == "L1"


def test_a_signed_code_is_genuine_and_a_damaged_signature_is_forged(client, tokens, batches):
    path = path_of(codes(client, tokens["huadu"], "S1", count=1)[0]["uri"])
    assert client.get(path).json()["proof"] == "signed"
    assert client.get(path.lower()).json()["proof"] == "signed"
    damaged = path[:30] + ("A" if path[30] != "A" else "B") + path[31:]
    assert client.get(damaged).json()["verdict"] == "forged"


def test_people_get_a_page_in_their_language_and_a_handset_cookie(client, tokens, batches):
    path = path_of(codes(client, tokens["huadu"], "L1", count=1)[0]["uri"])
    client.cookies.clear()
    page = client.get(path, headers={"Accept": "text/html,*/*;q=0.8", "Accept-Language": "zh-CN,zh;q=0.9"})
    assert page.headers["content-type"].startswith("text/html")
    english = client.get(path, headers={"Accept": "text/html", "Accept-Language": "en"})
    for answer, language, said, unsaid in ((page, "zh", "正品", "Genuine"), (english, "en", "Genuine", "正品")):
        assert answer.headers["content-language"] == language
        (headline,) = re.findall(r"<h1[^>]*>(.*?)</h1>", answer.text, re.DOTALL)
        assert said in headline
        assert unsaid not in headline
    cookie = page.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=lax" in cookie.lower()
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["x-content-type-options"] == "nosniff"


def test_a_malformed_address_names_the_part_for_programs_and_people(client):
    answer = client.get("/01/09521234000010/21/ABC", headers={"Accept": "application/json"})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["part"] == "01"
    assert answer.json()["span"] == [17, 18]
    page = client.get("/01/09521234000010/21/ABC", headers={"Accept": "text/html"})
    assert page.status_code == 400
    assert page.headers["content-type"].startswith("text/html")


def test_a_forged_code_is_answered_without_asking_the_store(client, tokens, batches):
    genuine = path_of(codes(client, tokens["huadu"], "L1", count=1)[0]["uri"])

    def queries(path, verdict):
        """How often a code's address in all its representations asks the store about the code."""
        before = client.get("/health").json()["looks"]
        assert client.post("/scans", json={"uri": BASE_URL + path}).json()["verdict"] == verdict
        for accept in ("application/json", "text/html", "application/linkset+json", "*/*"):
            assert client.get(path, headers={"Accept": accept}, follow_redirects=False).status_code in (200, 307)
        return client.get("/health").json()["looks"] - before

    assert queries(forged_path(), "forged") == 0
    assert queries(genuine, "genuine") >= 5, "each of these asks the store about a code that proves itself"


def test_opening_the_address_is_a_scan_but_heads_and_robots_are_not(client, tokens, batches, owner):
    path = path_of(codes(client, tokens["huadu"], "L1", first=20, count=1)[0]["uri"])
    client.cookies.clear()
    client.head(path)
    client.get(path, headers={"User-Agent": "Slackbot-LinkExpanding 1.0"})
    client.get(path, headers={"Accept": "text/html", "User-Agent": "Mozilla/5.0"})
    client.get(path, headers={"Accept": "text/html", "User-Agent": "Mozilla/5.0"})
    wait_for(lambda: sum(path in row["uri"] for row in outbox(owner)) >= 2)
    rows = [row for row in outbox(owner) if path in row["uri"]]
    assert len(rows) == 2
    assert len({row["handset"] for row in rows}) == 1
    assert len(rows[0]["handset"]) == 32
    assert client.cookies["suyuan_handset"] not in json.dumps(rows)


def test_an_app_sends_where_it_scanned(client, tokens, batches, owner):
    uri = codes(client, tokens["huadu"], "L1", first=21, count=1)[0]["uri"]
    body = {"uri": uri, "latitude": 30.66, "longitude": 104.06, "accuracy_m": 12, "handset": "install-0001"}

    def kept(body):
        answer = client.post("/scans", json=body)
        assert answer.status_code == 200
        scan_id = answer.json()["scan_id"]
        wait_for(lambda: any(row["scan_id"] == scan_id for row in outbox(owner)))
        row = next(row for row in outbox(owner) if row["scan_id"] == scan_id)
        assert "install-0001" not in json.dumps(row)
        return row["latitude"], row["longitude"], row["radius_m"], row["source"]

    assert kept(body | {"consent": "exact"}) == (30.66, 104.06, 100.0, "gps")
    assert kept(body) == (30.7, 104.1, 10_000.0, "coarse"), "without consent nobody's street is kept"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"latitude": 95, "longitude": 0}, "latitude"),
        ({"latitude": 5}, "body"),
        ({"colour": "red"}, "colour"),
        ({"source": "guess"}, "source"),
    ],
)
def test_a_wrong_scan_names_the_field(client, change, field):
    answer = client.post("/scans", json={"uri": BASE_URL + forged_path(), **change})
    assert answer.status_code == 422
    assert answer.json()["field"] == field


def test_only_an_operator_may_play_history(client, tokens, owner):
    at = int(T0.timestamp() * 1e6)
    body = {"uri": BASE_URL + forged_path(), "occurred_at": at}
    assert client.post("/scans", json=body).status_code == 403
    assert client.post("/scans", json=body, headers=tokens["huadu"]).status_code == 403
    scan_id = client.post("/scans", json=body, headers=tokens["operator"]).json()["scan_id"]
    wait_for(lambda: any(row["scan_id"] == scan_id and row["at"] == at for row in outbox(owner)))
    for impossible in (1, 4_102_444_800_000_000):
        answer = client.post("/scans", json=body | {"occurred_at": impossible}, headers=tokens["operator"])
        assert answer.status_code == 422
        assert answer.json()["reason"] == "impossible_time"


def test_a_report_comes_by_form_without_javascript_and_by_json(client, tokens, batches, owner):
    code_ = codes(client, tokens["huadu"], "L1", first=30, count=1)[0]
    client.cookies.clear()
    form = {"uri": code_["uri"], "suspicion": "counterfeit", "place": "成都", "price_yuan": "49.90", "remark": ""}
    answer = client.post("/reports", data=form, follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/{code_['item']}?reported=1"
    answer = client.post("/reports", json={"uri": code_["uri"], "suspicion": "tampered"})
    assert answer.status_code == 201
    rows = owner.execute(
        "SELECT suspicion, place, price_fen, owner_org FROM suyuan.consumer_report WHERE item_id = %s"
        " ORDER BY created_at",
        [code_["item"]],
    ).fetchall()
    assert rows == [("counterfeit", "成都", 4990, "huadu"), ("tampered", "", None, "huadu")]
    app = {"uri": code_["uri"], "suspicion": "diverted", "handset": "install-7c1f"}
    assert client.post("/reports", json=app).status_code == 201
    voices = owner.execute(
        "SELECT reporter, network FROM suyuan.consumer_report WHERE item_id = %s ORDER BY created_at", [code_["item"]]
    ).fetchall()
    assert len({network for _, network in voices}) == 1, "one network, as a hash"
    assert [reporter and len(reporter) for reporter, _ in voices] == [None, None, 32]
    assert "install" not in str(voices)
    due = owner.execute("SELECT count(*) FROM suyuan.assessment_due WHERE item_id = %s", [code_["item"]]).fetchone()
    assert due == (3,), "each report has its unit assessed"
    for _ in range(5):
        last = client.post("/reports", json={"uri": code_["uri"], "suspicion": "other"})
    assert last.status_code == 429


def test_a_report_leads_back_to_the_code_as_it_was_read_damage_and_all(client, tokens, batches):
    """Without its bad signature the same code would read as genuine."""
    path = path_of(codes(client, tokens["huadu"], "S1", first=31, count=1)[0]["uri"])
    client.cookies.clear()
    damaged = path[:30] + ("A" if path[30] != "A" else "B") + path[31:]
    assert f'value="{BASE_URL}{damaged}"' in client.get(damaged, headers={"Accept": "text/html"}).text
    answer = client.post(
        "/reports", data={"uri": BASE_URL + damaged, "suspicion": "counterfeit"}, follow_redirects=False
    )
    assert client.get(answer.headers["location"]).json()["verdict"] == "forged"


@pytest.mark.parametrize("remark", ["a\x00b", "\ud800"])
def test_text_that_no_store_can_hold_is_refused_not_an_accident(client, tokens, batches, remark):
    body = json.dumps({"gtin": gtin("0952123400009"), "name": remark, "name_zh": "x"})
    answer = client.post(
        "/api/v1/products", content=body, headers=tokens["huadu"] | {"Content-Type": "application/json"}
    )
    assert answer.status_code == 422
    assert client.post("/scans", json={"uri": forged_path() + "?x=\x00"}).status_code == 422


def test_a_body_beyond_the_limit_is_refused(client):
    answer = client.post("/scans", content=b"x" * 70_000, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413


# Who is asking


def test_tokens_are_hashed_at_rest_and_refused_when_unknown_expired_revoked_or_of_another_role(client, tokens, owner):
    token = tokens["huadu"]["Authorization"].removeprefix("Bearer ")
    stored = [bytes(row[0]) for row in owner.execute("SELECT token_hash FROM suyuan.api_token").fetchall()]
    assert token_hash(token) in stored
    assert token.encode() not in b"".join(stored)

    missing = client.get("/api/v1/batches")
    assert missing.status_code == 401
    assert missing.headers["www-authenticate"].startswith("Bearer")
    assert client.get("/api/v1/batches", headers=bearer("suyuan_guess")).json()["reason"] == "invalid_token"
    assert client.get("/api/v1/batches", headers=tokens["samr-demo"]).status_code == 403

    issued = client.post("/api/v1/tokens", json={"org_id": "huadu", "label": "short"}, headers=tokens["operator"])
    short = bearer(issued.json()["token"])
    assert client.get("/api/v1/batches", headers=short).status_code == 200
    owner.execute("UPDATE suyuan.api_token SET expires_at = now() - interval '1 s' WHERE label = 'short'")
    assert client.get("/api/v1/batches", headers=short).json()["reason"] == "expired_token"
    owner.execute("UPDATE suyuan.api_token SET expires_at = NULL WHERE label = 'short'")
    assert client.get("/api/v1/batches", headers=short).status_code == 200
    which = {"org_id": "huadu", "label": "short"}
    assert client.post("/api/v1/tokens/revocation", json=which, headers=tokens["operator"]).json()["revoked"] == 1
    assert client.get("/api/v1/batches", headers=short).json()["reason"] == "invalid_token"


def test_every_error_is_a_problem_document(client):
    for method, path, status in (("GET", "/nowhere", 404), ("DELETE", "/health", 405), ("POST", "/scans", 422)):
        answer = client.request(method, path)
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json", path
        assert answer.json()["status"] == status


def test_an_accident_on_our_side_shows_no_trace_and_keeps_the_headers(client, services, monkeypatch):
    def broken():
        raise RuntimeError("a secret path")

    monkeypatch.setattr(services.keyring, "current", broken)
    answer = client.get("/.well-known/jwks.json")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "secret" not in answer.text


# The maker


def test_a_batch_of_a_thousand_million_is_one_row_in_under_a_second(client, tokens, batches, owner):
    body = {"gtin": GTIN, "lot": "HUGE", "quantity": 10**9, "produced_on": "2026-02-01"}
    began = time.perf_counter()
    assert client.post("/api/v1/batches", json=body, headers=tokens["huadu"]).status_code == 201
    assert time.perf_counter() - began < 1
    assert client.post("/api/v1/batches/HUGE/commissioning", json={}, headers=tokens["huadu"]).status_code == 201
    last = codes(client, tokens["huadu"], "HUGE", first=10**9 - 1, count=1)[0]
    assert client.get(path_of(last["uri"])).json()["verdict"] == "genuine"
    again = client.post("/api/v1/batches", json=body, headers=tokens["huadu"])
    assert (again.status_code, again.json()["field"]) == (409, "lot")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"quantity": 10**9 + 1}, "quantity"),
        ({"gtin": "09521234000010"}, "gtin"),
        ({"lot": "批次"}, "lot"),
        ({"territory": ["atlantis"]}, "territory"),
        ({"expires_on": "2020-01-01"}, "body"),
    ],
)
def test_a_wrong_batch_names_the_field(client, tokens, batches, change, field):
    body = {"gtin": GTIN, "lot": "X1", "quantity": 5, "produced_on": "2026-02-01"} | change
    answer = client.post("/api/v1/batches", json=body, headers=tokens["huadu"])
    assert answer.status_code == 422
    assert answer.json()["field"] == field


def test_a_maker_can_register_only_products_of_its_own_prefix(client, tokens):
    answer = client.post(
        "/api/v1/products",
        json={"gtin": gtin("0952777700002"), "name": "x", "name_zh": "x"},
        headers=tokens["huadu"],
    )
    assert (answer.status_code, answer.json()["reason"]) == (422, "foreign_prefix")


def test_commissioning_twice_changes_nothing_and_overlapping_is_refused(client, tokens, batches):
    body = {"gtin": GTIN, "lot": "C1", "quantity": 100, "produced_on": "2026-02-01"}
    client.post("/api/v1/batches", json=body, headers=tokens["huadu"])
    half = {"first": 0, "count": 50, "at": "2026-02-03T00:00:00Z"}
    where = "/api/v1/batches/C1/commissioning"
    assert client.post(where, json=half, headers=tokens["huadu"]).status_code == 201
    assert client.post(where, json=half, headers=tokens["huadu"]).json()["new"] is False
    assert client.post(where, json=half | {"first": 49}, headers=tokens["huadu"]).status_code == 409
    assert client.post(where, json={"first": 60, "count": 50}, headers=tokens["huadu"]).status_code == 422
    inside, outside = codes(client, tokens["huadu"], "C1", first=49, count=2)
    assert client.get(path_of(inside["uri"])).json()["verdict"] == "genuine"
    assert client.get(path_of(outside["uri"])).json()["verdict"] == "unknown"


def test_codes_stream_as_ndjson_and_csv(client, tokens, batches):
    rows = codes(client, tokens["huadu"], "L1", first=0, count=1000)
    assert len({row["serial"] for row in rows}) == 1000
    answer = client.get("/api/v1/batches/L1/codes?count=3&format=csv", headers=tokens["huadu"])
    assert [row["uri"] for row in csv.DictReader(io.StringIO(answer.text))] == [row["uri"] for row in rows[:3]]
    beyond = client.get("/api/v1/batches/L1/codes?first=999&count=2", headers=tokens["huadu"])
    assert beyond.status_code == 422


def test_labels_come_as_svg_png_and_pdf(client, tokens, batches):
    for wanted, start in (("svg", b"<svg"), ("png", b"\x89PNG"), ("pdf", b"%PDF")):
        answer = client.get(f"/api/v1/batches/L1/labels?format={wanted}&count=3", headers=tokens["huadu"])
        assert answer.status_code == 200
        assert answer.content.startswith(start)


def test_a_signed_code_is_checked_offline_with_the_published_keys(client, tokens, batches):
    keyring = public_key_set.read_key_set(client.get("/.well-known/jwks.json").content)
    uri = codes(client, tokens["huadu"], "S1", first=5, count=1)[0]["uri"]
    assert code.check_signature(digital_link.parse(uri), keyring).proof is code.Proof.SIGNED
    sealed = codes(client, tokens["huadu"], "L1", count=1)[0]["uri"]
    assert code.check_signature(digital_link.parse(sealed), keyring).proof is code.Proof.FOREIGN
    elsewhere = uri.replace(GTIN, RIVAL_GTIN)
    assert not code.check_signature(digital_link.parse(elsewhere), keyring).proof.is_authentic


def test_a_maker_recalls_its_own_batch_and_a_regulator_any(client, tokens, batches):
    for lot in ("RC1", "RC2"):
        body = {"gtin": GTIN, "lot": lot, "quantity": 5, "produced_on": "2026-02-01"}
        client.post("/api/v1/batches", json=body, headers=tokens["huadu"])
        client.post(f"/api/v1/batches/{lot}/commissioning", json={}, headers=tokens["huadu"])
    why = {"reason": "A seal may leak.", "reason_zh": "瓶盖可能渗漏。"}
    assert client.post("/api/v1/batches/RC1/recall", json=why, headers=tokens["rival"]).status_code == 404
    assert client.post("/api/v1/batches/RC1/recall", json=why, headers=tokens["huadu"]).status_code == 200
    assert (
        client.post(f"/api/v1/batches/RC2/recall?gtin={GTIN}", json=why, headers=tokens["samr-demo"]).status_code == 200
    )
    for lot in ("RC1", "RC2"):
        uri = codes(client, tokens["huadu"], lot, count=1)[0]["uri"]
        assert client.get(path_of(uri)).json()["verdict"] == "recalled"


# Tenants


def test_a_maker_does_not_see_another_makers_batch_even_when_the_handler_forgets(
    client, tokens, batches, database, owner
):
    assert client.get("/api/v1/batches/R1/codes", headers=tokens["huadu"]).status_code == 404
    seen(owner, f"01/{RIVAL_GTIN}/21/X", T0, org="rival", owner_org="rival")
    everything = (
        "SELECT org_id FROM suyuan.batch UNION SELECT org_id FROM suyuan.product"
        " UNION SELECT owner_org FROM suyuan.visible_event"
    )
    with psycopg.connect(database.resolver_dsn) as connection:
        assert connection.execute(everything).fetchall() == []
        connection.execute("SELECT set_config('suyuan.org', 'huadu', true)")
        assert {row[0] for row in connection.execute(everything).fetchall()} == {"huadu"}
        # A store that is spread over machines lets the role read the table, and shows it no more of it than the view.
        (spread,) = owner.execute("SELECT relrowsecurity FROM pg_class WHERE oid = 'suyuan.event'::regclass").fetchone()
        if spread:
            assert {row[0] for row in connection.execute("SELECT owner_org FROM suyuan.event")} <= {"huadu"}
        else:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("SELECT * FROM suyuan.event")


# The regulator


def test_a_units_history_includes_its_containers_for_exactly_as_long_as_it_was_in_them(client, tokens, batches, owner):
    unit = codes(client, tokens["huadu"], "L1", first=40, count=1)[0]["item"]
    other = codes(client, tokens["huadu"], "L1", first=41, count=1)[0]["item"]
    case, pallet = sscc("09521234000000001"), sscc("09521234000000002")
    hour = timedelta(hours=1)
    expected = [
        (seen(owner, unit, T0, step="commissioning"), None),
        (packed(owner, case, unit, T0 + 1 * hour), case),
        (packed(owner, pallet, case, T0 + 2 * hour), pallet),
        (seen(owner, pallet, T0 + 3 * hour), pallet),
        (packed(owner, pallet, case, T0 + 4 * hour, packed=False), pallet),
        (seen(owner, case, T0 + 6 * hour), case),
        (packed(owner, case, unit, T0 + 7 * hour, packed=False), case),
        (seen(owner, unit, T0 + 9 * hour, step="retail_selling"), None),
    ]
    seen(owner, case, T0 - hour)
    packed(owner, case, other, T0 + 1.5 * hour)
    seen(owner, pallet, T0 + 5 * hour)
    seen(owner, case, T0 + 8 * hour)
    answer = client.get("/api/v1/history", params={"item": unit}, headers=tokens["samr-demo"]).json()
    assert [(row["event_id"], row["via"]) for row in answer["events"]] == [(str(e), via) for e, via in expected]
    told = client.get(f"/{unit}", params={"linkType": "suyuan:provenance"}).json()
    assert len(told["chain"]["steps"]) == len(expected)
    looks = owner.execute("SELECT org_id, request FROM suyuan.oversight_log").fetchall()
    assert any(org == "samr-demo" and unit[-20:] in request for org, request in looks)


def test_pages_are_stable_under_inserts_and_streams_give_the_same_rows(client, tokens, batches, owner):
    unit = codes(client, tokens["huadu"], "L1", first=50, count=1)[0]["item"]
    events = [str(seen(owner, unit, T0 + timedelta(minutes=n))) for n in range(7)]
    got, link = [], f"/api/v1/history?item={unit}&limit=3"
    while link:
        page = client.get(link, headers=tokens["samr-demo"]).json()
        got += [row["event_id"] for row in page["events"]]
        seen(owner, unit, T0 + timedelta(minutes=len(got), seconds=-30))
        seen(owner, unit, T0 + timedelta(minutes=len(got), seconds=30))
        link = page["next"]
    assert got == events

    for wanted in ("csv", "ndjson"):
        answer = client.get(f"/api/v1/history?item={unit}&format={wanted}", headers=tokens["samr-demo"])
        rows = (
            list(csv.DictReader(io.StringIO(answer.text)))
            if wanted == "csv"
            else [json.loads(line) for line in answer.text.splitlines()]
        )
        assert len(rows) == 13
        assert set(events) <= {row["event_id"] for row in rows}


def test_history_answers_for_batch_place_operator_and_area(client, tokens, batches, owner):
    unit = codes(client, tokens["huadu"], "L1", first=60, count=1)[0]["item"]
    owner.execute(
        "INSERT INTO suyuan.item_state (item_id, owner_org, proof, batch_number, first_seen, last_seen, events, scans)"
        " VALUES (%s, 'huadu', 'sealed', %s, %s, %s, 2, 0)",
        [unit, batches["L1"]["batch_number"], T0, T0],
    )
    late = T0 + timedelta(days=30)
    by_site = str(seen(owner, unit, late, org="dealer-01"))
    by_gps = str(seen(owner, unit, late + timedelta(hours=1), org="dealer-01", place=SHANGHAI))
    since = late.isoformat()

    def ask(**question):
        answer = client.get("/api/v1/history", params=question | {"since": since}, headers=tokens["samr-demo"])
        assert answer.status_code == 200, answer.text
        return {row["event_id"] for row in answer.json()["events"]}

    assert ask(gtin=GTIN, lot="L1") == {by_site, by_gps}
    assert ask(site="shop-chengdu") == {by_site}
    assert ask(org="dealer-01") == {by_site, by_gps}
    assert ask(latitude=SHANGHAI[0], longitude=SHANGHAI[1], radius_km=50) == {by_gps}
    assert ask(latitude=CHENGDU[0] + 0.2, longitude=CHENGDU[1], radius_km=50) == {by_site}
    assert client.get("/api/v1/history", headers=tokens["samr-demo"]).json()["field"] == "item"
    assert client.get("/api/v1/history?gtin=09521234000013", headers=tokens["samr-demo"]).json()["field"] == "lot"
    made_up = client.get(f"/api/v1/history?item={unit}&cursor=abc", headers=tokens["samr-demo"])
    assert (made_up.status_code, made_up.json()["field"]) == (422, "cursor")
    theirs = client.get("/api/v1/history", params={"org": "dealer-01"}, headers=tokens["rival"]).json()
    assert theirs["events"] == []


def test_findings_and_alerts_are_paged_and_scoped(client, tokens, batches, owner):
    for number in range(5):
        unit = codes(client, tokens["huadu"], "L1", first=100 + number, count=1)[0]["item"]
        owner.execute(
            "INSERT INTO suyuan.finding (subject, occurred_at, finding_id, owner_org, rule, kind, level, confidence,"
            " evidence) VALUES (%s, %s, %s, 'huadu', 'impossible_travel', 'copied', 'alert', 0.99, %s)",
            [
                unit,
                T0,
                bytes([number]) * 16,
                orjson.dumps({"events": [str(uuid4())], "details": {"km": 1660}}).decode(),
            ],
        )
        owner.execute(
            "INSERT INTO suyuan.incident (subject, kind, owner_org, opened_at, findings)"
            " VALUES (%s, 'copied', 'huadu', %s, 1)",
            [unit, T0 + timedelta(minutes=number)],
        )
    for path, name in (("findings", "findings"), ("incidents", "incidents"), ("alerts", "alerts")):
        got, link = [], f"/api/v1/{path}?limit=2"
        while link:
            page = client.get(link, headers=tokens["huadu"]).json()
            got += page[name]
            link = page["next"]
        assert len(got) == len({row["subject"] for row in got}) == 5, path
        assert client.get(f"/api/v1/{path}", headers=tokens["rival"]).json()[name] == []
        assert len(client.get(f"/api/v1/{path}", headers=tokens["samr-demo"]).json()[name]) == 5
    assert got[0]["evidence"][0]["evidence"]["details"]["km"] == 1660
    stream = client.get("/api/v1/incidents?format=csv", headers=tokens["huadu"]).text
    assert len(stream.splitlines()) == 6
    copied = codes(client, tokens["huadu"], "L1", first=100, count=1)[0]["uri"]
    assert client.get(path_of(copied)).json()["verdict"] == "copied"


# The platform


def test_ready_says_what_it_stands_on(client, tokens):
    answer = client.get("/ready")
    assert answer.status_code == 200
    assert answer.json()["store"] == "reachable"
    assert answer.json()["keyring_age_s"] < 5


def test_the_openapi_document_shows_every_request_and_answer_by_an_example(client):
    document = client.get("/openapi.json").json()

    def has_example(media):
        name = media.get("schema", {}).get("$ref", "").rpartition("/")[2]
        return "example" in media or document["components"]["schemas"].get(name, {}).get("examples")

    operations = [(path, each) for path, methods in document["paths"].items() for each in methods.values()]
    assert len(operations) > 20
    for path, operation in operations:
        for media in operation.get("requestBody", {}).get("content", {}).values():
            assert has_example(media), path
        answers = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
        assert any(has_example(media) for answer in answers for media in answer.get("content", {}).values()) or (
            path.endswith("/labels")
        ), path


def test_a_scope_that_sees_nothing_finds_the_store_still_there(services, client):
    services.store.ping()
    with pytest.raises(StoreUnavailable), Store("postgresql://x:y@127.0.0.1:1/z", wait_s=0.2) as dead:
        dead.ping()
