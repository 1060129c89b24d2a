"""Limits of requests, and guessed codes reported to their maker."""

import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from resolver.access.guessing import Enumeration
from resolver.app import create_app
from resolver.scan import traffic_store
from resolver.services import build_services
from resolver.settings import Settings
from resolver.store.session import PUBLIC
from scripts.system.fixtures import GTIN, MAKER
from tests.support.limits_storage import SharedCounts
from tests.support.link_world import JSON, forged, unit
from tests.support.served import served
from tests.support.waiting import wait_for


def test_too_many_requests_are_told_when_to_come_again(settings, owner):
    strict = build_services(Settings.from_env(settings | {"SUYUAN_NETWORK_RATE": "1"}))
    with served(create_app(strict)) as client:
        strict.keyring.refresh()
        statuses = [client.get(unit(10), headers=JSON).status_code for _ in range(12)]
        assert statuses[:10] == [200] * 10
        assert 429 in statuses[10:]
        answer = client.get(unit(10), headers=JSON)
        assert int(answer.headers["retry-after"]) >= 1
        assert client.get("/health").status_code == 200


def test_processes_share_their_limits_where_the_storage_is_shared(settings):
    shared = settings | {"SUYUAN_NETWORK_RATE": "1", "SUYUAN_LIMITS_STORAGE": f"{SharedCounts.STORAGE_SCHEME[0]}://"}
    SharedCounts().reset()
    processes = [build_services(Settings.from_env(shared)) for _ in range(2)]
    statuses = []
    for services in processes:
        with served(create_app(services)) as client:
            services.keyring.refresh()
            statuses += [client.get(unit(10), headers=JSON).status_code for _ in range(6)]
    assert statuses == [200] * 10 + [429] * 2


def test_guessing_is_reported_to_the_maker_without_saying_who(client, tokens, owner):
    for number in range(100, 145):
        assert client.get(forged(number), headers=JSON).json()["verdict"] == "forged"
    answer = lambda: client.get("/api/v1/analytics/guessing", headers=tokens["maker"]).json()["guessing"]  # noqa: E731
    wait_for(lambda: answer() and answer()[0]["guesses"] >= 40)
    (row,) = answer()
    assert row["gtin"] == GTIN
    assert "127.0.0" not in json.dumps(row)
    assert client.get("/api/v1/analytics/guessing", headers=tokens["dealer"]).status_code == 403


def test_however_long_one_network_guesses_there_is_one_row_a_product_and_day(services, owner):
    at = datetime(2026, 3, 1, tzinfo=UTC)

    def reported(number, gtin, network="feed", age=0):
        began = at + timedelta(minutes=number) - timedelta(days=age)
        report = Enumeration(uuid4(), MAKER, gtin, network, began, began + timedelta(minutes=4), 20 + number)
        with services.public_store.transaction(PUBLIC) as cursor:
            traffic_store.add_enumerations(cursor, [report.to_fields()])

    for number in range(5):
        reported(number, GTIN)
        reported(number, f"0952123000{number:03}7")
    rows = "SELECT gtin, began_at, ended_at, guesses FROM suyuan.enumeration WHERE network = %s ORDER BY gtin"
    span = at, at + timedelta(minutes=8), 24
    assert owner.execute(rows, ["feed"]).fetchall() == [("-", *span), (GTIN, *span)]
    reported(0, GTIN, "old", age=900)
    reported(1, GTIN)
    assert owner.execute(rows, ["old"]).fetchall() == []
