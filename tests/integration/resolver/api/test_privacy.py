"""What a phone left: seen by whoever holds it, forgotten when they wish, and coarse to everybody else."""

import json
from datetime import UTC, datetime

import pytest

from gateway.ingest.transaction import take_scans
from gateway.message.decoding import CodeReader
from gateway.store.connection import connect
from gateway.store.keys import load_keyring
from gateway.store.staging import prepare
from resolver.access import handset
from schemas.moment import to_microseconds
from tests.support.api_world import codes, outbox, path_of
from tests.support.served import BASE_URL, PEPPER, SEAL_ROOT
from tests.support.waiting import wait_for

EXACT = {"latitude": 30.6598, "longitude": 104.0633, "accuracy_m": 12, "consent": "exact"}


def cookie(number):
    return {"Cookie": f"__Host-{handset.COOKIE}={handset.cookie_of(PEPPER, f'{number:032x}')}"}


@pytest.fixture(scope="module")
def scanned(client, tokens, batches, owner, database):
    """A phone scans one unit of each maker, the second exactly placed, and reports the first; another scans it too."""
    paths = [path_of(codes(client, tokens[maker], lot, first=1, count=1)[0]["uri"]) for maker, lot in MAKERS]
    for path, number in ((paths[0], 1), (paths[1], 1), (paths[0], 2)):
        sent = client.post("/scans", json={"uri": BASE_URL + path, **EXACT}, headers=cookie(number))
        assert sent.status_code == 200, sent.text
    report = {"uri": BASE_URL + paths[0], "suspicion": "counterfeit", "place": "Chunxi Road", "price_fen": 4990}
    assert client.post("/reports", json=report, headers=cookie(1)).status_code == 201
    wait_for(lambda: len(outbox(owner)) == 3)
    with connect(database.gateway_dsn) as gateway:
        prepare(gateway)
        reader = CodeReader(load_keyring(gateway, SEAL_ROOT))
        with gateway.transaction():
            take_scans(gateway, 500, reader, now=to_microseconds(datetime.now(UTC)), rule_failed=pytest.fail)
    return paths


MAKERS = (("huadu", "L1"), ("rival", "R1"))


def test_what_two_makers_know_of_a_phone_has_nothing_in_common(scanned, owner):
    rows = owner.execute("SELECT owner_org, handset FROM suyuan.event WHERE audience = 'consumer'").fetchall()
    assert len(rows) == 3
    assert len({phone for _, phone in rows}) == 3, "one phone is two to two makers, and two are two to one"


def test_a_phone_s_own_scans_are_not_held_against_it(client, scanned):
    own = client.get(scanned[0], headers=cookie(2)).json()["earlier_scans"]
    assert own == {"own": 1, "other_phones": 1}


@pytest.mark.parametrize(
    ("who", "exact"), [("huadu", False), ("rival", False), ("samr-demo", True)], ids=["maker", "maker", "regulator"]
)
def test_makers_see_where_consumers_were_to_a_tenth_of_a_degree(client, scanned, tokens, who, exact):
    item = scanned[MAKERS.index(("rival", "R1")) if who == "rival" else 0].lstrip("/")
    for form in ("json", "ndjson"):
        answer = client.get("/api/v1/history", params={"item": item, "format": form}, headers=tokens[who])
        events = answer.json()["events"] if form == "json" else [json.loads(line) for line in answer.text.splitlines()]
        places = {(each["latitude"], each["longitude"], each["radius_m"], each["source"]) for each in events}
        assert places == {(30.6598, 104.0633, 100.0, "gps") if exact else (30.7, 104.1, 10_000.0, "coarse")}


def test_a_maker_cannot_find_out_more_by_asking_for_small_areas(client, scanned, tokens):
    def found(who, latitude, longitude):
        area = {"latitude": latitude, "longitude": longitude, "radius_km": 1}
        answer = client.get("/api/v1/history", params=area, headers=tokens[who])
        return len(answer.json()["events"])

    assert found("huadu", 30.6598, 104.0633) == 0
    assert found("huadu", 30.7, 104.1) == 2, "where the grid says"
    assert found("samr-demo", 30.6598, 104.0633) == 3


def test_whoever_holds_a_phone_sees_what_it_left(client, scanned):
    seen = client.get("/privacy", headers=cookie(1)).json()
    assert (seen["known"], seen["retention_days"]) == (True, 180)
    assert [(each["kind"], each["item"]) for each in seen["left"]] == [
        ("report", scanned[0][1:]),
        ("scan", scanned[1][1:]),
        ("scan", scanned[0][1:]),
    ]
    assert seen["left"][0]["said"] == "counterfeit · Chunxi Road"
    assert seen["left"][1]["place"] == {"latitude": 30.6598, "longitude": 104.0633, "radius_m": 100.0}
    assert seen["left"][2]["product"] == {"name": "Baijiu", "name_zh": "Baijiu"}
    assert client.get("/privacy").json() == {"known": False, "retention_days": 180, "left": []}
    forged = {"Cookie": f"__Host-{handset.COOKIE}={1:032x}.{1:032x}"}
    assert client.get("/privacy", headers=forged).json()["known"] is False


@pytest.mark.parametrize(("language", "words"), [("zh", "这部手机留下了什么"), ("en", "What this phone left")])
def test_the_page_says_it_in_both_languages(client, scanned, language, words):
    headers = cookie(1) | {"Accept": "text/html", "Accept-Language": language, "User-Agent": "Mozilla/5.0"}
    page = client.get("/privacy", headers=headers)
    assert page.headers["Cache-Control"] == "no-store"
    assert words in page.text
    assert "Chunxi Road" in page.text
    assert "30.6598" not in page.text
    assert 'action="/privacy/forgetting' in page.text


def test_a_phone_is_forgotten_when_it_says_so_and_only_then(client, scanned, owner):
    elsewhere = {"Sec-Fetch-Site": "cross-site", "Accept": "text/html"}
    assert client.post("/privacy/forgetting", headers=cookie(1) | elsewhere).status_code == 403
    answer = client.post("/privacy/forgetting", headers=cookie(1))
    assert answer.json() == {"forgotten": 3, "complete": True}
    assert f"__Host-{handset.COOKIE}=" in answer.headers["Set-Cookie"]
    assert "Max-Age=0" in answer.headers["Set-Cookie"]
    assert client.get("/privacy", headers=cookie(1)).json()["left"] == []
    assert client.get("/privacy", headers=cookie(2)).json()["left"], "the other phone is not"
    left = owner.execute("SELECT count(*), count(latitude) FROM suyuan.event WHERE audience = 'consumer'").fetchone()
    assert left == (3, 1), "the events stay"
    page = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
    answer = client.post("/privacy/forgetting?lang=zh", headers=cookie(1) | page)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/privacy?forgotten=all&lang=zh")
