"""What a maker registers: products, batches, commissioning, codes, labels, recalls."""

import csv
import io
import time

import pytest

from tests.support.api_world import (
    GTIN,
    codes,
    gtin,
    path_of,
)


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
