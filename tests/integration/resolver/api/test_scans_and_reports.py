"""Scans and reports of consumers: what counts as a scan, what is stored of it, what is refused."""

import json
from datetime import UTC, datetime

import pytest

from gateway.ingest.transaction import take_scans
from gateway.message.decoding import CodeReader
from gateway.store import item_evidence
from gateway.store.connection import connect
from gateway.store.keys import load_keyring
from gateway.store.staging import prepare
from resolver.app import create_app
from resolver.report import false_code_store
from resolver.report.false_code_report import EXAMPLES_A_DAY
from resolver.scan.unit_cap import NETWORK_A_DAY
from resolver.services import build_services
from schemas.moment import to_microseconds
from tests.support.api_world import T0, codes, forged_path, outbox, path_of
from tests.support.served import BASE_URL, SEAL_ROOT, served
from tests.support.waiting import wait_for


def test_opening_the_address_is_a_scan_but_heads_and_robots_are_not(client, tokens, batches, owner):
    path = path_of(codes(client, tokens["huadu"], "L1", first=20, count=1)[0]["uri"])
    client.cookies.clear()
    client.head(path)
    client.get(path, headers={"User-Agent": "Slackbot-LinkExpanding 1.0"})
    person = {"Accept": "text/html", "User-Agent": "Mozilla/5.0"}
    cookie = client.get(path, headers=person).headers["set-cookie"].partition(";")[0]
    # By hand: to the client this is plain HTTP, where a Secure cookie stays at home.
    client.get(path, headers=person | {"Cookie": cookie})
    wait_for(lambda: sum(path in row["uri"] for row in outbox(owner)) >= 2)
    rows = [row for row in outbox(owner) if path in row["uri"]]
    assert len(rows) == 2
    assert len({row["handset"] for row in rows}) == 1
    assert len(rows[0]["handset"]) == 32
    assert cookie.partition("=")[2] not in json.dumps(rows)


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


def test_a_page_and_the_place_that_its_reader_shares_are_kept_with_one_phone_and_one_network(
    client, tokens, batches, owner, database
):
    code = codes(client, tokens["huadu"], "L1", first=22, count=1)[0]
    client.cookies.clear()
    phone = {"User-Agent": "Mozilla/5.0", "X-Forwarded-For": "114.114.114.7"}
    page = client.get(path_of(code["uri"]), headers=phone | {"Accept": "text/html"})
    phone["Cookie"] = page.headers["set-cookie"].partition(";")[0]
    place = {"latitude": 30.66, "longitude": 104.06, "accuracy_m": 3800, "source": "coarse", "consent": "exact"}
    assert client.post("/scans", json={"uri": code["uri"], **place}, headers=phone).status_code == 200
    wait_for(lambda: sum(code["item"] in row["uri"] for row in outbox(owner)) == 2)
    assert "114.114" not in json.dumps(outbox(owner))
    with connect(database.gateway_dsn) as gateway:
        prepare(gateway)
        reader = CodeReader(load_keyring(gateway, SEAL_ROOT))
        with gateway.transaction():
            take_scans(gateway, 500, reader, now=to_microseconds(datetime.now(UTC)), rule_failed=pytest.fail)
        item_evidence.refresh(gateway, [code["item"]])
    rows = owner.execute(
        "SELECT handset, network, operator, source FROM suyuan.event WHERE item_id = %s ORDER BY occurred_at",
        [code["item"]],
    ).fetchall()
    handset, network, *_ = rows[0]
    assert rows == [(handset, network, None, None), (handset, network, None, "coarse")]
    assert (len(handset), len(network)) == (32, 16)
    kept = owner.execute("SELECT looks FROM suyuan.item_evidence WHERE item_id = %s", [code["item"]]).fetchone()
    assert network in json.dumps(kept)
    seen_by_makers = owner.execute("SELECT * FROM suyuan.visible_event LIMIT 0").description
    assert not {"network", "operator"} & {column.name for column in seen_by_makers}
    assert owner.execute("SELECT suyuan.forget_handset(%s, 500) > 0", [[handset]]).fetchone() == (True,)
    left = owner.execute("SELECT DISTINCT network FROM suyuan.event WHERE item_id = %s", [code["item"]]).fetchall()
    assert left == [(None,)]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"latitude": 95, "longitude": 0}, "latitude"),
        ({"latitude": 5}, "body"),
        ({"colour": "red"}, "colour"),
        ({"source": "guess"}, "source"),
        ({"address": "114.114.114.7"}, "body"),
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
    assert next(row["network"] for row in outbox(owner) if row["scan_id"] == scan_id) is None, (
        "an operator's is nobody's"
    )
    client.post("/scans", json=body | {"address": "114.114.114.7"}, headers=tokens["operator"])
    wait_for(lambda: any(row["at"] == at and row["network"] for row in outbox(owner)))
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
    elsewhere = form | {"uri": f"//evil.example/{code_['item']}"}
    answer = client.post("/reports", data=elsewhere, follow_redirects=False)
    assert answer.headers["location"] == f"/evil.example/{code_['item']}?reported=1", "on this host"
    answer = client.post("/reports", json={"uri": code_["uri"], "suspicion": "tampered"})
    assert answer.status_code == 201
    rows = owner.execute(
        "SELECT suspicion, place, price_fen, owner_org FROM suyuan.consumer_report WHERE item_id = %s"
        " ORDER BY created_at",
        [code_["item"]],
    ).fetchall()
    assert rows == [("counterfeit", "成都", 4990, "huadu")] * 2 + [("tampered", "", None, "huadu")]
    app = {"uri": code_["uri"], "suspicion": "diverted", "handset": "install-7c1f"}
    assert client.post("/reports", json=app).status_code == 201
    voices = owner.execute(
        "SELECT reporter, network FROM suyuan.consumer_report WHERE item_id = %s ORDER BY created_at", [code_["item"]]
    ).fetchall()
    assert len({network for _, network in voices}) == 1, "one network, as a hash"
    assert [reporter and len(reporter) for reporter, _ in voices] == [None, None, None, 32]
    assert "install" not in str(voices)
    due = owner.execute("SELECT count(*) FROM suyuan.assessment_due WHERE item_id = %s", [code_["item"]]).fetchone()
    assert due == (4,), "each report has its unit assessed"


@pytest.fixture
def fresh(settings):
    """A client of a resolver that has counted no reports yet."""
    services = build_services(settings)
    with served(create_app(services)) as client:
        services.keyring.refresh()
        yield client


def test_a_made_up_cookie_buys_no_more_reports(fresh, client, tokens, batches, owner):
    uris = [code["uri"] for code in codes(client, tokens["huadu"], "L1", first=40, count=9)]
    sent = [
        fresh.post(
            "/reports",
            json={"uri": uri, "suspicion": "other"},
            headers={"Cookie": f"__Host-suyuan_handset={number:032x}"},
        )
        for number, uri in enumerate(uris)
    ]
    assert [each.status_code for each in sent] == [201] * 6 + [429] * 3
    reporters = owner.execute("SELECT DISTINCT reporter FROM suyuan.consumer_report WHERE suspicion = 'other'")
    assert reporters.fetchall() == [(None,)], "a name that the sender made up is none"


def test_one_unit_takes_no_flood_of_reports_whoever_sends_them(fresh, client, tokens, batches):
    (code,) = codes(client, tokens["huadu"], "L1", first=50, count=1)
    statuses = []
    for _ in range(8):
        fresh.cookies.clear()
        fresh.get(path_of(code["uri"]), headers={"Accept": "text/html"})  # each a phone with a cookie of ours
        statuses.append(fresh.post("/reports", json={"uri": code["uri"], "suspicion": "tampered"}).status_code)
    assert statuses == [201] * 6 + [429] * 2


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 303),
        ({"Origin": BASE_URL}, 303),
        ({"Sec-Fetch-Site": "same-origin", "Origin": BASE_URL}, 303),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://rival.example"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
def test_a_form_of_another_site_does_not_speak_for_its_visitors(fresh, client, tokens, batches, headers, status):
    (code,) = codes(client, tokens["huadu"], "L1", first=51, count=1)
    form = {"uri": code["uri"], "suspicion": "counterfeit"}
    answer = fresh.post("/reports", data=form, headers=headers, follow_redirects=False)
    assert answer.status_code == status
    assert status == 303 or answer.json()["reason"] == "foreign_origin"


def test_people_with_a_forged_bottle_report_its_product_and_no_unit(fresh, client, tokens, batches, owner):
    path = path_of(codes(client, tokens["huadu"], "S1", first=31, count=1)[0]["uri"])
    damaged = path[:30] + ("A" if path[30] != "A" else "B") + path[31:]
    told = {"suspicion": "counterfeit", "place": "a stall at the station", "price_fen": 1990}
    for uri in (forged_path(), damaged, "/01/09501101530003/21/1"):
        answer = fresh.post("/reports", json={"uri": BASE_URL + uri, **told})
        assert answer.status_code == 201
        assert answer.json()["authentic"] is False
    none = fresh.post("/reports", json={"uri": BASE_URL + "/01/09501101530003", "suspicion": "counterfeit"})
    assert (none.status_code, none.json()["reason"]) == (422, "not_authentic")

    def shown(who):
        return client.get("/api/v1/reports/false-codes", headers=tokens[who]).json()["false_codes"]

    gtin = forged_path().split("/")[2]
    (product,) = [row for row in shown("huadu") if row["gtin"] == gtin]
    assert (product["owner_org"], product["reports"], product["networks"]) == ("huadu", 2, 1)
    assert [(each["place"], each["price_fen"]) for each in product["examples"]] == [(told["place"], 1990)] * 2
    assert shown("rival") == []
    assert [row["gtin"] for row in shown("samr-demo") if not row["owner_org"]] == ["-"]
    items = [example["item"] for example in product["examples"]]
    assert owner.execute(
        "SELECT count(*) FROM suyuan.consumer_report WHERE item_id = ANY (%s)", [items]
    ).fetchone() == (0,)
    assert owner.execute("SELECT count(*) FROM suyuan.assessment_due WHERE item_id = ANY (%s)", [items]).fetchone() == (
        0,
    )


def test_a_forged_code_s_page_has_the_form_and_thanks_for_it(fresh, batches):
    phone = {"Accept": "text/html", "Accept-Language": "en", "User-Agent": "Mozilla/5.0"}
    page = fresh.get(forged_path(), headers=phone)
    assert 'action="/reports"' in page.text
    assert "lead about the product" in page.text
    fresh.headers["Cookie"] = page.headers["set-cookie"].partition(";")[0]  # Secure, and this is plain HTTP
    form = {"uri": BASE_URL + forged_path(), "suspicion": "counterfeit", "lang": "en"}
    answer = fresh.post("/reports", data=form, follow_redirects=False)
    assert answer.status_code == 303
    thanked = fresh.get(answer.headers["location"], headers=phone).text
    assert "your report has been received" in thanked
    assert 'data-verdict="forged"' in thanked


def test_reports_of_made_up_codes_are_counted_within_the_budgets_of_a_day(
    fresh, client, tokens, batches, owner, monkeypatch
):
    monkeypatch.setattr(false_code_store, "MAX_NETWORKS", 11)
    owner.execute("DELETE FROM suyuan.false_report")
    owner.execute("DELETE FROM suyuan.false_report_network")
    owner.execute("DELETE FROM suyuan.false_report_day")
    kept = 0
    for number in range(36):
        uri = BASE_URL + forged_path()[:-2] + f"{number:02d}"
        sender = {"X-Forwarded-For": f"114.114.{number % 12}.7"}
        answer = fresh.post("/reports", json={"uri": uri, "suspicion": "counterfeit"}, headers=sender)
        assert answer.status_code == 201
        kept += answer.json()["report_id"] is not None
    assert kept == EXAMPLES_A_DAY
    counted = owner.execute("SELECT reports, networks FROM suyuan.false_report_day").fetchall()
    assert counted == [(36, 11)]
    assert owner.execute("SELECT reports FROM suyuan.false_report_network WHERE network = '+'").fetchall() == [(3,)]


def test_the_owner_who_tests_its_labels_leaves_no_scan(client, tokens, batches, owner):
    (code,) = codes(client, tokens["huadu"], "L1", first=60, count=1)
    path, phone = path_of(code["uri"]), {"User-Agent": "Mozilla/5.0"}
    for accept in ("application/json", "text/html"):
        assert client.get(path, headers=phone | {"Accept": accept} | tokens["huadu"]).status_code == 200
    own = client.post("/scans", json={"uri": code["uri"]}, headers=tokens["huadu"]).json()
    assert (own["scan_id"], own["verdict"]) == (None, "genuine")
    others = client.get(path, headers=phone | tokens["rival"]).json()  # another maker's token does not hide a scan
    wait_for(lambda: any(row["scan_id"] == others["scan_id"] for row in outbox(owner)))
    assert [row["scan_id"] for row in outbox(owner) if path in row["uri"]] == [others["scan_id"]]


def test_what_one_network_repeats_is_counted_and_no_event(client, tokens, batches, owner, database):
    (code,) = codes(client, tokens["huadu"], "L1", first=61, count=1)
    body, phone = {"uri": code["uri"]}, {"X-Forwarded-For": "114.114.115.7"}
    assert client.post("/scans", json=body, headers=phone).json()["scan_id"]
    wait_for(lambda: any(code["item"] in row["uri"] for row in outbox(owner)))
    with connect(database.gateway_dsn) as gateway:
        prepare(gateway)
        with gateway.transaction():
            now, reader = to_microseconds(datetime.now(UTC)), CodeReader(load_keyring(gateway, SEAL_ROOT))
            take_scans(gateway, 5000, reader, now=now, rule_failed=pytest.fail)
    for _ in range(NETWORK_A_DAY + 4):
        assert client.post("/scans", json=body, headers=phone).json()["scan_id"]
    counted = "SELECT coalesce(sum(scans), 0) FROM suyuan.repeated_scan WHERE item_id = %s"
    wait_for(lambda: owner.execute(counted, [code["item"]]).fetchone() == (5,))
    wait_for(lambda: sum(code["item"] in row["uri"] for row in outbox(owner)) == NETWORK_A_DAY - 1)
    facts = client.get(path_of(code["uri"]), headers=tokens["huadu"]).json()
    assert facts["scans"] == 6
