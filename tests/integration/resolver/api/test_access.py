"""Who may see what: tokens, and tenants that row-level security keeps apart."""

import psycopg
import pytest

from resolver.access.authentication import token_hash
from resolver.registry import store as registry_store
from resolver.store import OPERATOR, Scope, Store
from schemas.errors import Conflict, Invalid
from tests.support.api_world import (
    RIVAL_GTIN,
    T0,
    bearer,
    public_key,
    seen,
)


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
    owner.execute("UPDATE suyuan.api_token SET expires_at = now() + interval '1 day' WHERE label = 'short'")
    assert client.get("/api/v1/batches", headers=short).status_code == 200
    which = {"org_id": "huadu", "label": "short"}
    assert client.post("/api/v1/tokens/revocation", json=which, headers=tokens["operator"]).json()["revoked"] == 1
    assert client.get("/api/v1/batches", headers=short).json()["reason"] == "invalid_token"


def test_a_token_does_what_its_scopes_say_for_ninety_days_at_most(client, tokens, owner):
    def issue(status=201, **more):
        answer = client.post("/api/v1/tokens", json={"org_id": "huadu"} | more, headers=tokens["operator"])
        assert answer.status_code == status, answer.text
        return answer.json()

    reading = issue(label="page")
    assert reading["scopes"] == ["read"]
    page, press = bearer(reading["token"]), bearer(issue(label="press", scopes=["issue"])["token"])
    assert client.get("/api/v1/batches", headers=page).status_code == 200
    refused = client.post("/api/v1/products", json={}, headers=page)
    assert (refused.status_code, refused.json()["reason"]) == (403, "wrong_scope")
    assert 'scope="write"' in refused.headers["www-authenticate"]
    assert client.get("/api/v1/batches", headers=press).json()["reason"] == "wrong_scope"
    assert client.get("/api/v1/batches/none/codes", headers=press).status_code == 404
    far = issue(422, label="far", expires_at="2199-01-01T00:00:00Z")
    assert (far["reason"], far["field"]) == ("wrong_expiry", "expires_at")
    (lasting,) = owner.execute("SELECT max(expires_at) - now() < interval '91 days' FROM suyuan.api_token").fetchone()
    assert lasting


def test_tokens_are_listed_with_their_last_use_followed_by_others_and_revoked_by_id(client, tokens, owner):
    made = client.post("/api/v1/tokens", json={"org_id": "rival", "label": "old"}, headers=tokens["operator"]).json()

    def listed(headers):
        rows = client.get("/api/v1/tokens", headers=headers).json()["tokens"]
        return {row["token_id"]: row for row in rows}

    assert listed(tokens["rival"])[made["token_id"]]["last_used_at"] is None
    for _ in range(2):
        assert client.get("/api/v1/batches", headers=bearer(made["token"])).status_code == 200
    used = listed(tokens["rival"])[made["token_id"]]
    assert used["last_used_at"] is not None
    assert "token_hash" not in used
    assert client.get("/api/v1/tokens", headers=bearer(made["token"])).status_code == 403, "it may read only"
    assert made["token_id"] not in listed(tokens["huadu"])
    path = f"/api/v1/tokens/{made['token_id']}"
    follower = client.post(f"{path}/successor", headers=tokens["operator"]).json()
    assert (follower["label"], follower["scopes"]) == ("old", ["read"])
    assert client.post(f"{path}/revocation", headers=tokens["huadu"]).status_code == 404
    assert client.post(f"{path}/revocation", headers=tokens["rival"]).json()["org_id"] == "rival"
    assert client.get("/api/v1/batches", headers=bearer(made["token"])).status_code == 401
    assert client.get("/api/v1/batches", headers=bearer(follower["token"])).status_code == 200
    assert client.post(f"{path}/successor", headers=tokens["operator"]).json()["reason"] == "revoked_token"


def test_a_key_that_fits_any_signature_is_not_enrolled(client, tokens):
    body = {"org_id": "huadu", "reader_id": "line-7", "kid": "01", "public_key": "01" + "00" * 31}
    refused = client.post("/api/v1/readers", json=body, headers=tokens["operator"])
    assert (refused.status_code, refused.json()["field"]) == (422, "public_key")
    assert "small order" in refused.json()["detail"]


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


def test_an_organisation_lists_the_read_points_that_it_has_to_do_with(client, tokens, owner):
    def listed(who):
        return {site["site_id"] for site in client.get("/api/v1/sites", headers=tokens[who]).json()["sites"]}

    shops = {"shop-chengdu", "shop-shanghai"}
    assert shops <= listed("dealer-01") & listed("operator") & listed("samr-demo")
    assert not shops & listed("rival")
    owner.execute("INSERT INTO suyuan.dealer_territory VALUES ('rival', 'shop-chengdu', 'chengdu')")
    owner.execute("INSERT INTO suyuan.read_point_grant VALUES ('shop-shanghai', 'huadu')")
    assert listed("rival") & shops == {"shop-chengdu"}
    assert listed("huadu") & shops == {"shop-shanghai"}
    owner.execute("DELETE FROM suyuan.dealer_territory WHERE owner_org = 'rival'")
    owner.execute("DELETE FROM suyuan.read_point_grant WHERE org_id = 'huadu'")


def test_a_reader_is_not_enrolled_at_another_organisations_site(client, tokens):
    body = {"org_id": "huadu", "reader_id": "line-8", "kid": "01", "public_key": public_key().hex()}
    refused = client.post("/api/v1/readers", json=body | {"site_id": "shop-chengdu"}, headers=tokens["operator"])
    assert (refused.status_code, refused.json()["field"]) == (422, "site_id")


@pytest.mark.parametrize("org_id", ["consumers", "unregistered", "gateway"])
def test_no_organisation_has_an_id_that_stands_for_something_else(client, tokens, settings, org_id):
    body = {"org_id": org_id, "name": "x", "name_zh": "x", "kind": "maker", "prefixes": []}
    refused = client.post("/api/v1/organisations", json=body, headers=tokens["operator"])
    assert (refused.status_code, refused.json()["reason"]) == (422, "reserved")
    with (
        Store(settings.database_url, pool_size=1) as store,
        pytest.raises(Invalid, match="stands for"),
        store.transaction(OPERATOR) as cursor,
    ):
        registry_store.add_organisation(cursor, **body)


@pytest.mark.parametrize(("gtin", "error"), [("09521234000012", Conflict), ("1", Invalid)])
def test_what_the_store_refuses_is_no_error_on_our_side(settings, batches, gtin, error):
    statement = "INSERT INTO suyuan.product (gtin, org_id, name, name_zh) VALUES (%s, 'huadu', 'a', 'a')"
    with (
        Store(settings.database_url, pool_size=1) as store,
        pytest.raises(error),
        store.transaction(Scope("huadu")) as cursor,
    ):
        cursor.executemany(statement, [[gtin], [gtin]])
