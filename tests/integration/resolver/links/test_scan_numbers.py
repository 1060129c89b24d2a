"""Scans in numbers, and what is forgotten of those who scanned."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg.types.json import Jsonb

from resolver.access import handset
from resolver.scan import traffic_store
from resolver.store import Scope
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
            " last_at, network, latitude, longitude, radius_m, source) VALUES (%s, 77, 1, 'x', gen_random_uuid(),"
            " now() - interval '1 day', 'p-9', now(), 'n', 30, 104, 100, 'gps')",
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
            "SELECT concat(handset, network, latitude, source) FROM suyuan.opening WHERE batch_number = 77"
            " UNION ALL SELECT handset FROM suyuan.tag_read WHERE uid = '\\x04010203040506'"
            " UNION ALL SELECT convert_from(message, 'UTF8') FROM suyuan.dead_message WHERE topic = 'outbox'"
        )
        assert left.fetchall() == [("",), (None,)]
