"""What every route has in common: problem documents, limits of a body, readiness, the API's description."""

import json

import pytest

from resolver.store import Store
from schemas.errors import StoreUnavailable
from tests.support.api_world import forged_path, gtin


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


def test_every_error_is_a_problem_document(client):
    for method, path, status in (("GET", "/nowhere", 404), ("DELETE", "/health", 405), ("POST", "/scans", 422)):
        answer = client.request(method, path)
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json", path
        assert answer.json()["status"] == status
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"


def test_an_accident_on_our_side_shows_no_trace_and_keeps_the_headers(client, services, monkeypatch):
    def broken():
        raise RuntimeError("a secret path")

    monkeypatch.setattr(services.keyring, "current", broken)
    answer = client.get("/.well-known/jwks.json")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "secret" not in answer.text


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


def test_without_a_named_contact_there_is_no_file_that_tells_of_one(client):
    answer = client.get("/.well-known/security.txt")
    assert (answer.status_code, answer.json()["reason"]) == (404, "not_found")
