"""Real servers for the tests: one PostgreSQL a session, a fresh database or a whole stack where asked for."""

import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from psycopg import sql

from scripts.system.embedded.borrowed import BorrowedPostgres
from scripts.system.embedded.postgres import EmbeddedPostgres
from scripts.system.migrate import ROLES, migrate
from tests.support.no_skips import pytest_make_collect_report, pytest_runtest_makereport
from tests.support.stack import TestStack

__all__ = ["pytest_make_collect_report", "pytest_runtest_makereport"]

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


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what kills its store where the server is somebody else's."""
    left_out = [item for item in items if item.get_closest_marker("kills_store") and _is_borrowed(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def _is_borrowed(item: pytest.Item) -> bool:
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    return any(STORES.get(parameters.get(fixture, "plain")) for fixture in ("database", "stack"))


@dataclass(frozen=True)
class Database:
    """A migrated database of its own, and the connection strings of its owner and of the processes' roles."""

    owner_dsn: str
    gateway_dsn: str
    notifier_dsn: str
    resolver_dsn: str
    public_dsn: str

    def owner(self) -> psycopg.Connection:
        return psycopg.connect(self.owner_dsn, autocommit=True)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    # fsync off: these tests kill processes, never the machine.
    with EmbeddedPostgres(tmp_path_factory.mktemp("postgres"), fsync=False) as server:
        yield server


@pytest.fixture(scope="session")
def template(postgres: EmbeddedPostgres) -> str:
    """The name of a migrated database that nobody is connected to: a copy of it costs a tenth of migrating."""
    name = "suyuan_template"
    with psycopg.connect(postgres.superuser_dsn, autocommit=True) as superuser:
        superuser.execute(sql.SQL("CREATE DATABASE {} OWNER suyuan_owner").format(sql.Identifier(name)))
    migrate(_at(postgres.owner_dsn, name), passwords=_PASSWORDS)
    return name


@pytest.fixture(scope="module", params=STORES)
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    if not STORES[request.param]:
        yield from _our_own(request.getfixturevalue("postgres"), request.getfixturevalue("template"))
        return
    server = BorrowedPostgres(STORES[request.param])
    server.start()
    try:
        migrate(server.owner_dsn, profile=request.param, passwords=_PASSWORDS)
        yield Database(server.owner_dsn, *(server.dsn(role, password) for role, password in _PASSWORDS.items()))
    finally:
        server.drop()


_PASSWORDS = {role: f"{role}-in-a-test" for role in ROLES}


def _our_own(postgres: EmbeddedPostgres, template: str) -> Iterator[Database]:
    name = f"suyuan_test_{next(_names)}"
    with psycopg.connect(postgres.superuser_dsn, autocommit=True) as superuser:
        copy = sql.SQL("CREATE DATABASE {} OWNER suyuan_owner TEMPLATE {}")
        superuser.execute(copy.format(sql.Identifier(name), sql.Identifier(template)))
    # Grants on the database itself are not copied; migrating has nothing else to do here.
    migrate(_at(postgres.owner_dsn, name))
    yield Database(
        _at(postgres.owner_dsn, name),
        *(_at(postgres.dsn(role, password), name) for role, password in _PASSWORDS.items()),
    )
    with psycopg.connect(postgres.superuser_dsn, autocommit=True) as superuser:
        superuser.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _at(dsn: str, database: str) -> str:
    return dsn.rsplit("/", 1)[0] + "/" + database


@pytest.fixture
def unreachable(database: Database, postgres: EmbeddedPostgres) -> Callable[[], AbstractContextManager[None]]:
    """Makes contexts in which nobody is, or can be, connected to the database. For tests that kill their store."""
    name = database.owner_dsn.rpartition("/")[2]

    @contextmanager
    def context() -> Iterator[None]:
        allow = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
        with psycopg.connect(postgres.superuser_dsn, autocommit=True) as superuser:
            superuser.execute(allow.format(sql.Identifier(name), sql.SQL("false")))
            superuser.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
            try:
                yield
            finally:
                superuser.execute(allow.format(sql.Identifier(name), sql.SQL("true")))

    return context


@pytest.fixture(scope="module", params=STORES)
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestStack]:
    """PostgreSQL, broker and gateway, real and fresh; the resolver is started by the tests that need it."""
    lent = BorrowedPostgres(STORES[request.param]) if STORES[request.param] else None
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
