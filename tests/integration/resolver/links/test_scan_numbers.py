"""Scans in numbers."""

import psycopg
from prometheus_client import generate_latest

from scripts.system.fixtures import GTIN, MAKER
from tests.support.link_world import JSON, forged, gtin, unit
from tests.support.served import BASE_URL
from tests.support.waiting import wait_for


def test_makers_see_scans_in_numbers(client, tokens, owner):
    for language in ("zh-CN", "en"):
        client.get(unit(11), headers={"Accept": "text/html", "Accept-Language": language})
    client.get(forged(), headers={"Accept": "text/html", "Accept-Language": "en"})
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


def test_scans_of_made_up_products_are_counted_as_one(client, tokens, owner):
    for reference in ("77701", "77702"):
        path = f"/01/{gtin(reference)}/21/{1:020}"
        assert client.get(path, headers=JSON).json()["verdict"] == "forged"
    count = "SELECT coalesce(sum(scans), 0) FROM suyuan.scan_count WHERE gtin = '-'"
    wait_for(lambda: owner.execute(count).fetchone() == (2,))
    assert owner.execute("SELECT count(*) FROM suyuan.scan_count WHERE gtin LIKE '%777%'").fetchone() == (0,)


def test_makers_see_their_own_false_codes_counted_with_examples(client, tokens, owner):
    owner.execute(
        "INSERT INTO suyuan.false_scan_day (owner_org, day, gtin, scans, networks)"
        " VALUES (%s, '2026-03-02', %s, 40, 2), ('somebody-else', '2026-03-02', '09527777000010', 9, 9)",
        [MAKER, GTIN],
    )
    owner.execute(
        "INSERT INTO suyuan.false_code (item_id, owner_org, gtin, proof, sampled_on, network, first_at, last_at, scans,"
        " voices, found_on) VALUES (%s, %s, %s, 'forged', '2026-03-02', 'aaaa', now(), now(), 6,"
        """ '[["aaaa", "", "2026-03-02"], ["bbbb", "", "2026-03-02"]]', '2026-03-02')""",
        [forged(5)[1:], MAKER, GTIN],
    )
    span = {"since": "2026-03-02T00:00:00Z", "until": "2026-03-02T12:00:00Z"}
    answer = client.get("/api/v1/analytics/false-codes", params=span, headers=tokens["maker"])
    (row,) = answer.json()["false_codes"]
    assert (row["gtin"], row["day"], row["scans"], row["networks"]) == (GTIN, "2026-03-02", 40, 2)
    (example,) = row["examples"]
    assert (example["item"], example["networks"], example["printed"]) == (forged(5)[1:], 2, True)
    assert "aaaa" not in answer.text
    assert client.get("/api/v1/analytics/false-codes", headers=tokens["dealer"]).status_code == 403


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


def test_the_metrics_tell_of_requests_pools_and_queues_and_of_no_code(client, services):
    answer = client.get(unit(14), headers=JSON)
    assert len(answer.headers["x-request-id"]) == 16
    wait_for(lambda: services.registry.get_sample_value("suyuan_resolver_queue_written_total", {"queue": "scans"}))
    text = generate_latest(services.registry).decode()
    codes = {"method": "GET", "route": "/{code}", "status": "200"}
    assert services.registry.get_sample_value("suyuan_resolver_requests_total", codes) > 0, text
    for pool in ("transactions", "exports", "verdicts"):
        assert f'suyuan_resolver_pool_waiting{{pool="{pool}"}} 0.0' in text
    assert unit(14).rpartition("/")[2] not in text
