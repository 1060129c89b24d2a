"""Exports have connections of their own, and each organisation a share of them."""

from contextlib import ExitStack

import pytest

from resolver.store import Scope, Store
from resolver.store.session import EXPORTS, EXPORTS_PER_ORG
from schemas.errors import StoreUnavailable


@pytest.fixture
def store(database):
    with Store(database.resolver_dsn, pool_size=1, wait_s=0.5) as store:
        yield store


def test_exports_that_nobody_reads_take_no_connection_from_anybody_else(store):
    with ExitStack() as unread:
        for number in range(EXPORTS):
            unread.enter_context(store.streaming(Scope(f"org-{number % 2}")))
        store.ping()
        with pytest.raises(StoreUnavailable):
            unread.enter_context(store.streaming(Scope("another")))
        store.ping()
    with store.streaming(Scope("another")) as (_, stream):
        stream.execute("SELECT 1 AS one")
        assert stream.fetchall() == [{"one": 1}]


def test_one_organisation_leaves_exports_to_the_others(store):
    with ExitStack() as unread:
        for _ in range(EXPORTS_PER_ORG):
            unread.enter_context(store.streaming(Scope("greedy")))
        with pytest.raises(StoreUnavailable, match="under way"):
            unread.enter_context(store.streaming(Scope("greedy")))
        unread.enter_context(store.streaming(Scope("modest")))
    with store.streaming(Scope("greedy")):
        pass


def test_a_transaction_that_nobody_goes_on_with_is_ended_by_the_server(store):
    with store.transaction(Scope()) as cursor:
        shown = cursor.execute("SHOW idle_in_transaction_session_timeout").fetchone()
    assert shown == {"idle_in_transaction_session_timeout": "1min"}
