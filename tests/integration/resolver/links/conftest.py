"""A resolver over HTTP with one maker's thousand items, an operator and a dealer."""

import psycopg
import pytest

from resolver.access.authentication import new_token, token_hash
from resolver.app import create_app
from resolver.services import build_services
from resolver.settings import Settings
from scripts.system.fixtures import MAKER, add_market, register_maker
from tests.support.link_world import SHOP
from tests.support.served import resolver_environment, served


@pytest.fixture(scope="module")
def owner(database):
    with psycopg.connect(database.owner_dsn, autocommit=True) as connection:
        register_maker(connection, quantity=1000)
        add_market(connection, "chengdu", 30.66, 104.06, 60)
        connection.execute("INSERT INTO suyuan.organisation VALUES ('platform', 'P', 'P', 'operator')")
        connection.execute("INSERT INTO suyuan.organisation VALUES ('dealer-1', 'D', 'D', 'dealer')")
        yield connection


@pytest.fixture(scope="module")
def settings(database, tmp_path_factory):
    folder = tmp_path_factory.mktemp("secrets")
    return resolver_environment(database, folder, keyring_refresh_s="0.2", code_rate="0")


@pytest.fixture(scope="module")
def services(owner, settings):
    return build_services(Settings.from_env(settings))


@pytest.fixture(scope="module")
def client(services):
    with served(create_app(services)) as client:
        services.keyring.refresh()
        yield client


@pytest.fixture(scope="module")
def tokens(owner, client):
    found = {}
    for org, role in ((MAKER, "maker"), ("platform", "operator"), ("dealer-1", "dealer")):
        token = new_token()
        owner.execute(
            "INSERT INTO suyuan.api_token (token_hash, org_id, role, label) VALUES (%s, %s, %s, 't')",
            [token_hash(token), org, role],
        )
        found[role] = {"Authorization": f"Bearer {token}"}
    return found


@pytest.fixture(scope="module")
def maker(client, tokens):
    def put(anchor, link_type="gs1:pip", path="/x", **more):
        body = {"anchor": anchor, "link_type": link_type, "href": SHOP + path, "title": path, **more}
        answer = client.post("/api/v1/links", json=body, headers=tokens["maker"])
        assert answer.status_code == 201, answer.text
        return answer.json()

    return put
