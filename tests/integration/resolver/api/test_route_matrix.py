"""Every route, asked by every role about another organisation's goods: what each answers stands in docs/access.md."""

from http.client import responses
from uuid import UUID

import pytest

from resolver.app import create_app
from resolver.services import build_services
from tests.support.api_world import GTIN
from tests.support.reviewed import compare
from tests.support.served import served

ASKED_BY = {
    "nobody": None,
    "another maker": "rival",
    "dealer": "dealer-01",
    "regulator": "samr-demo",
    "operator": "operator",
}
THEIRS = {
    "reference": "L1",
    "org_id": "huadu",
    "reader_id": "line-1",
    "kid": "01",
    "gtin": GTIN,
    "issue_id": "i-1",
    "key_number": "0",
    "dealer_id": "shop-chengdu",
    "site_id": "shop-chengdu",
    "rule": "pair_echo",
    "sha256": "00" * 32,
    "handle": "10.1/x",
}
"""Path parameters: objects of maker huadu, and of the dealer. Others are ids of nothing."""

LIMITS = ("network_rate", "code_rate", "api_rate", "org_rate")

NOT_ASKED = {("GET", "/api/v1/alerts/stream")}
"""It answers for as long as one listens."""


@pytest.fixture(scope="module")
def unlimited(settings, tokens, batches):
    services = build_services(settings.model_copy(update=dict.fromkeys(LIMITS, 0.0)))
    with served(create_app(services)) as client:
        client.headers["Accept"] = "application/json"
        services.keyring.refresh()
        yield client


def routes(client) -> list[tuple[str, str]]:
    described = client.get("/openapi.json").json()["paths"]
    found = [(path, method.upper()) for path, methods in described.items() for method in methods]
    return [(method, path) for path, method in sorted(found)]


def test_each_role_gets_from_each_route_what_was_decided(unlimited, tokens, batches, owner) -> None:
    asked = [each for each in routes(unlimited) if each[1].startswith("/api/v1/") and each not in NOT_ASKED]
    answers, before = {}, _state(owner)
    for name, asker in ASKED_BY.items():
        if name == "operator":
            assert _state(owner) == before, "nobody else changed what is another's"
        for method, path in asked:
            body = {"json": {}} if method in ("POST", "PUT") else {}
            answer = unlimited.request(method, _filled(path), headers=tokens[asker] if asker else {}, **body)
            assert answer.status_code < 500, (method, path, asker, answer.text)
            if answer.is_success and asker in (None, "rival", "dealer-01"):
                assert not {"L1", "line-1"} & set(answer.text.replace('"', " ").split()), (method, path, asker)
            answers[method, path, name] = f"{answer.status_code} {responses[answer.status_code]}"
    rows = ["| route | " + " | ".join(ASKED_BY) + " |", "|---|" + "---|" * len(ASKED_BY)]
    rows += [
        f"| {each[0]} {each[1]} | " + " | ".join(answers[*each, name] for name in ASKED_BY) + " |" for each in asked
    ]
    compare("Routes", rows)


def _filled(path: str) -> str:
    parts = [
        part if not part.startswith("{") else THEIRS.get(part.strip("{}"), str(UUID(int=7))) for part in path.split("/")
    ]
    return "/".join(parts)


def _state(owner) -> list[tuple]:
    return owner.execute(
        "SELECT lot, revoked_at, recalled_at FROM suyuan.batch UNION ALL SELECT encode(kid, 'hex'), revoked_at, NULL"
        " FROM suyuan.reader_key UNION ALL SELECT org_id || key_number, revoked_at, NULL FROM suyuan.seal_key"
        " ORDER BY 1, 2, 3"
    ).fetchall()
