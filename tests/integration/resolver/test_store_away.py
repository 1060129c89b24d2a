"""What docs/operations.md says of the resolver while the store is away."""

import pytest

from resolver.app import create_app
from schemas.keys import seal_key
from schemas.serial import Sealer
from scripts.system.fixtures import GTIN, MAKER, register_maker
from tests.support.served import NOWHERE, SEAL_ROOT, resolver_services, served
from tests.support.waiting import wait_for

FORGED = f"/01/{GTIN}/21/0123456789ABCDEFGHJK"


def test_a_resolver_that_never_read_its_keys_answers_no_code(tmp_path):
    with served(create_app(resolver_services(NOWHERE, tmp_path))) as client:
        answer = client.get(FORGED, headers={"Accept": "application/json"})
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")


@pytest.mark.kills_store
def test_forged_codes_are_answered_by_the_keys_that_were_read_before_the_store_went_away(
    database, unreachable, tmp_path
):
    with database.owner() as owner:
        register_maker(owner)
    genuine = f"/01/{GTIN}/21/{Sealer(seal_key(SEAL_ROOT, MAKER, 0), 0).seal(GTIN, 1, 1)}"
    services = resolver_services(database, tmp_path, keyring_refresh_s="0.2")
    with served(create_app(services)) as client:
        client.headers["Accept"] = "application/json"
        assert client.get(FORGED).json()["verdict"] == "forged"
        assert client.get(genuine).json()["proof"] == "sealed"
        with unreachable():
            assert client.get(FORGED).json()["verdict"] == "forged"
            answer = client.get(genuine)
            assert answer.status_code == 503, "a code that proves itself may have been copied: that stands in the store"
            assert answer.headers["retry-after"] == "2"
            assert answer.json()["reason"] == "unavailable"
            assert client.get("/ready").status_code == 503
        wait_for(lambda: client.get("/ready").status_code == 200)
        assert client.get(genuine).json()["proof"] == "sealed"
