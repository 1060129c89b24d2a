"""The API against its own description: requests that schemathesis makes up, valid and not, from every operation."""

from contextlib import suppress
from unittest import SkipTest

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

from resolver.access.authentication import new_token, token_hash
from resolver.app import create_app
from scripts.system.fixtures import MAKER, register_maker
from tests.support.served import resolver_services, served

EXAMPLES = 2
"""Requests an operation and role: enough to keep the run short; schemathesis' own runner can be given more."""

REFUSALS = {400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 502, 508}
"""Answers that say no, and why, in a problem document (RFC 9457)."""


@pytest.fixture(scope="module")
def api(database, tmp_path_factory):
    folder = tmp_path_factory.mktemp("secrets")
    services = resolver_services(database, folder, network_rate="0")
    tokens = {}
    with database.owner() as owner:
        register_maker(owner)
        owner.execute("INSERT INTO suyuan.organisation VALUES ('platform', 'P', 'P', 'operator')")
        owner.execute("INSERT INTO suyuan.organisation VALUES ('office', 'R', 'R', 'regulator')")
        for org, role in ((MAKER, "maker"), ("platform", "operator"), ("office", "regulator")):
            tokens[role] = new_token()
            owner.execute(
                "INSERT INTO suyuan.api_token (token_hash, org_id, role, label) VALUES (%s, %s, %s, 't')",
                [token_hash(tokens[role]), org, role],
            )
    with served(create_app(services)) as client:
        services.keyring.refresh()
        yield client, tokens


@pytest.mark.filterwarnings("ignore:Do not use the `random` module:hypothesis.errors.HypothesisDeprecationWarning")
@pytest.mark.parametrize("role", ["", "maker", "operator", "regulator"])
def test_no_request_is_an_accident_and_every_refusal_is_a_problem_document(api, role):
    client, tokens = api
    base = str(client.base_url).rstrip("/")
    schema = schemathesis.openapi.from_dict(client.get("/openapi.json").json())
    headers = {"Authorization": f"Bearer {tokens[role]}"} if role else {}
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) > 30
    wrong = []

    def ask(case):
        response = case.call(base_url=base, headers=headers)
        kind = response.headers.get("content-type", [""])[0].partition(";")[0]
        refused = response.status_code in REFUSALS
        if response.status_code >= 500 and not refused:
            wrong.append(f"{case.method} {case.formatted_path}: {response.status_code} {response.text[:200]}")
        if refused and kind != "application/problem+json" and "/handles/" not in case.path:
            wrong.append(f"{case.method} {case.formatted_path}: {response.status_code} is {kind}")

    for operation in operations:
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            run = settings(
                max_examples=EXAMPLES,
                derandomize=True,
                database=None,
                deadline=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )(given(case=operation.as_strategy(generation_mode=mode))(ask))
            with suppress(SkipTest, Unsatisfiable):  # an operation without parameters can't be asked wrongly
                run()
    assert wrong == []
