"""A resolver over HTTP with two makers, a dealer, a regulator and an operator, all registered over HTTP."""

import psycopg
import pytest

from resolver.access.token_scope import SCOPES
from resolver.app import create_app
from resolver.registry import store as registry_store
from resolver.registry import tokens as registry_tokens
from resolver.services import build_services
from resolver.settings import Settings
from resolver.store import OPERATOR, Store
from tests.support.api_world import CHENGDU, GTIN, RIVAL_GTIN, SHANGHAI, bearer, public_key
from tests.support.served import resolver_environment, served


@pytest.fixture(scope="module")
def settings(database, tmp_path_factory):
    folder = tmp_path_factory.mktemp("secrets")
    return Settings.from_env(resolver_environment(database, folder, keyring_refresh_s="0.2"))


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
        with store.transaction(OPERATOR) as cursor:
            registry_store.add_organisation(
                cursor, org_id="platform", name="Platform", name_zh="平台", kind="operator", prefixes=()
            )
        token = registry_tokens.issue_token(
            store, org_id="platform", role="operator", label="t", expires_at=None, scopes=SCOPES
        )["token"]
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
        found[org_id] = bearer(made("tokens", {"org_id": org_id, "label": "test", "scopes": [*SCOPES]})["token"])
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
