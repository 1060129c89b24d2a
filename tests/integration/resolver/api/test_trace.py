"""Histories and incidents as regulators and makers read them: containers, pages, questions."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import orjson
import psycopg

from gateway.store.incidents import regroup
from resolver.trace.store import UNIT_HISTORY
from tests.support.api_world import (
    CHENGDU,
    GTIN,
    SHANGHAI,
    T0,
    codes,
    packed,
    path_of,
    seen,
    sscc,
)


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


def test_of_a_unit_scanned_without_end_no_more_is_read_than_is_wanted(client, tokens, batches, owner, database):
    unit = codes(client, tokens["huadu"], "L1", first=55, count=1)[0]["item"]
    owner.execute(
        "INSERT INTO suyuan.event (item_id, occurred_at, event_id, recorded_at, owner_org, reader_org, reader_id,"
        " biz_step, action, offset_minutes, audience, clock_bound_s, proof)"
        # Five scans a second: pages end among events of one time.
        " SELECT %s, %s::timestamptz + n / 5 * interval '1 second', gen_random_uuid(), now() - interval '1 minute',"
        " 'huadu', 'consumers', 'web', 'inspecting', 'OBSERVE', 0, 'consumer', 2, 'sealed'"
        " FROM generate_series(0, 2999) AS n",
        [unit, T0],
    )
    owner.execute(
        "INSERT INTO suyuan.item_state (item_id, owner_org, proof, first_seen, last_seen, events, scans)"
        " VALUES (%s, 'huadu', 'sealed', now(), now(), 3000, 3000)",
        [unit],
    )
    ordered = "SELECT event_id::text FROM suyuan.event WHERE item_id = %s ORDER BY occurred_at, event_id LIMIT 40"
    events = [event for (event,) in owner.execute(ordered, [unit])]
    for headers in (tokens["huadu"], tokens["samr-demo"]):
        got, link = [], f"/api/v1/history?item={unit}&limit=13"
        while len(got) < 39:
            page = client.get(link, headers=headers).json()
            got += [row["event_id"] for row in page["events"]]
            link = page["next"]
        assert got == events[:39]
    with psycopg.connect(database.public_dsn) as public:
        values = {"item": unit, "nested": 8, "as_of": datetime.now(UTC), "limit": 100}
        ((plan,),) = public.execute("EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) " + UNIT_HISTORY, values).fetchall()
    assert max(rows_of(plan[0]["Plan"])) <= 105


def rows_of(node):
    yield node["Actual Rows"] * node["Actual Loops"] + node.get("Rows Removed by Filter", 0)
    for part in node.get("Plans", ()):
        yield from rows_of(part)


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
                orjson.dumps({"events": [str(uuid4())], "details": {"km": 1660, "dealer": f"d-{number}"}}).decode(),
            ],
        )
        with owner.transaction():
            regroup(owner, [unit])
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
    answer = client.get(path_of(copied)).json()
    told = [note["reason"] for note in answer["notes"]]
    assert (answer["verdict"], "seen_elsewhere" in told) == ("genuine", True), "it cites nothing that is on record"
