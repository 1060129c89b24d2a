"""Real servers for the tests: one PostgreSQL a session, a fresh database or a whole stack where asked for."""

import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from psycopg import sql

from scripts.system.embedded.borrowed import BorrowedPostgres
from scripts.system.embedded.errors import Unavailable
from scripts.system.embedded.postgres import EmbeddedPostgres
from scripts.system.migrate import migrate
from tests.support.stack import TestStack

# The same examples on every run and machine: a failure is then a fact about the change, not about the day.
settings.register_profile(
    "suyuan", derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("suyuan")

_names = itertools.count()

STORES = {"plain": ""} | {
    profile: dsn
    for profile in ("timescale", "citus")
    if (dsn := os.environ.get(f"SUYUAN_TEST_{profile.upper()}_DSN", ""))
}
"""Store profiles to test with, and whose server carries each: ours, when there is none."""


class Lent(BorrowedPostgres):
    """A server of somebody's: a test that has to kill its store is left out, and says why."""

    def kill(self) -> None:
        try:
            super().kill()
        except Unavailable as why:
            pytest.skip(str(why))


@dataclass(frozen=True)
class Database:
    """A migrated database of its own, and the connection strings of its three roles."""

    owner_dsn: str
    gateway_dsn: str
    resolver_dsn: str

    def owner(self) -> psycopg.Connection:
        return psycopg.connect(self.owner_dsn, autocommit=True)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    # fsync off: these tests kill processes, never the machine.
    with EmbeddedPostgres(tmp_path_factory.mktemp("postgres"), fsync=False) as server:
        yield server


@pytest.fixture(scope="module", params=STORES)
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    if not STORES[request.param]:
        yield from _our_own(request.getfixturevalue("postgres"))
        return
    server = Lent(STORES[request.param])
    server.start()
    try:
        migrate(server.owner_dsn, profile=request.param, passwords=_PASSWORDS)
        yield Database(server.owner_dsn, *(server.dsn(role, password) for role, password in _PASSWORDS.items()))
    finally:
        server.drop()


_PASSWORDS = {"suyuan_gateway": "gateway-in-a-test", "suyuan_resolver": "resolver-in-a-test"}


def _our_own(postgres: EmbeddedPostgres) -> Iterator[Database]:
    name = f"suyuan_test_{next(_names)}"
    with psycopg.connect(postgres.superuser_dsn, autocommit=True) as superuser:
        superuser.execute(sql.SQL("CREATE DATABASE {} OWNER suyuan_owner").format(sql.Identifier(name)))

    def here(dsn: str) -> str:
        return dsn.rsplit("/", 1)[0] + "/" + name

    owner_dsn = here(postgres.owner_dsn)
    migrate(owner_dsn, passwords=_PASSWORDS)
    yield Database(
        owner_dsn,
        *(here(postgres.dsn(role, password)) for role, password in _PASSWORDS.items()),
    )
    with psycopg.connect(postgres.superuser_dsn, autocommit=True) as superuser:
        superuser.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="module", params=STORES)
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestStack]:
    """PostgreSQL, broker and gateway, real and fresh; the resolver is started by the tests that need it."""
    lent = Lent(STORES[request.param]) if STORES[request.param] else None
    stack = TestStack(tmp_path_factory.mktemp("stack") / "state", lent)
    try:
        stack.start_store()
        stack.broker.start()
        stack.start_gateway()
        yield stack
    finally:
        stack.stop()
        if lent is not None:
            lent.drop()
