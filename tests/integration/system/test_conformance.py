"""The resolver against the standard's checks, and the checks against a resolver that breaks them."""

import json

import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from scripts.commands.conformance import command
from scripts.commands.conformance.beyond_suite import further_checks
from scripts.commands.conformance.check import Subject, run
from scripts.commands.conformance.raw_http import RawClient
from scripts.commands.conformance.suite import official
from tests.support.served import served


def test_every_check_passes_for_every_kind_of_key(capsys):
    assert command.main(["resolver", "--json"]) == 0
    *lines, last = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert last == {"passed": len(lines), "failed": 0, "warned": 0}
    assert all(line["passed"] and line["requests"] >= 0 and line["level"] in ("fail", "warn") for line in lines)
    uris = {line["uri"] for line in lines}
    assert len(uris) == 9
    assert {uri.split("/")[3] for uri in uris} == {"00", "01", "414", "8003", "8004"}
    ids = {line["id"] for line in lines}
    assert {"rdFile", "validLinkset", "defaultTarget", "loForinstructions1", "loForreview2", "compression"} <= ids
    assert {"signedVerdict", "tamperedVerdict", "guessLooksLikeAny", "languageFallback", "queryMerged"} <= ids


@pytest.fixture
def broken():
    """A resolver with the faults that the reference found in others: errors on walk-up, a linkset with extra keys."""
    app = FastAPI()

    @app.get("/.well-known/gs1resolver")
    def description() -> dict:
        return {"resolverRoot": "https://placeholder.example", "supportedPrimaryKeys": ["all"]}

    @app.get("/{path:path}")
    def anything(path: str, request: Request) -> Response:
        if "/21/" in path or "accept" not in request.headers:
            return Response(status_code=500)
        return Response('{"linkset": [], "@context": "x"}', media_type="application/json")

    with served(app) as client:
        yield str(client.base_url).rstrip("/")


def test_the_checks_find_the_faults_of_other_resolvers(broken):
    with RawClient(broken) as client:
        subject = Subject(client, f"{broken}/01/09521234000013")
        found = {result.id: result for checks in (official, further_checks) for result in run(checks(subject), subject)}
    failed = {name for name, result in found.items() if not result.passed}
    assert {"corsCheck", "reportWith400", "validLinkset", "resolves", "walkUpWithoutError", "headLikeGet"} <= failed
    assert {"noAcceptRedirects", "varyAndCaching", "textLinkset", "malformedUris", "compression"} <= failed
    assert {"isURL", "validDL", "rdFile"} & failed == set()
    assert "linksetJsonldCheck" not in found, "behind a critical failure come no more"


def test_a_url_without_anything_to_test_asks_for_it(capsys):
    assert command.main(["resolver", "--url", "http://127.0.0.1:9"]) == 2
    assert "--uri" in capsys.readouterr().err
