"""What each process's role may do in the store, as somebody would try it who got SQL past the program."""

import psycopg
import pytest

from scripts.system.fixtures import MAKER, register_maker

TOKEN = (
    "INSERT INTO suyuan.api_token (token_hash, org_id, role, label) VALUES (sha256('stolen'), 'maker', 'maker', 'x')"
)


@pytest.fixture(scope="module")
def store(database):
    with database.owner() as owner:
        register_maker(owner)
        owner.execute(
            "INSERT INTO suyuan.api_token (token_hash, org_id, role, label, revoked_at)"
            " VALUES (sha256('gone'), %s, 'maker', 'gone', now())",
            [MAKER],
        )
        owner.execute(
            "INSERT INTO suyuan.subscription (org_id, channel, target, cursor, created_by)"
            " VALUES (%s, 'webhook', 'https://example.com/secret', 0, 'x')",
            [MAKER],
        )
    return database


@pytest.fixture(params=["public", "resolver", "gateway", "notifier"])
def session(request, store):
    dsn = getattr(store, f"{request.param}_dsn")
    with psycopg.connect(dsn, autocommit=True) as connection:
        yield request.param, connection


def refused(connection: psycopg.Connection, statement: str) -> bool:
    """Whether a statement is refused, or concerns no row."""
    try:
        with connection.transaction(force_rollback=True):
            return connection.execute(statement).rowcount == 0
    except (psycopg.errors.InsufficientPrivilege, psycopg.errors.RestrictViolation):
        return True


@pytest.mark.parametrize("mandate", ["", "public", "oversight", "fleet", "rules"])
def test_no_role_makes_a_token_or_revives_one_by_any_mandate_of_those_who_look(session, mandate: str) -> None:
    _, connection = session
    connection.execute(
        "SELECT set_config('suyuan.org', %s, false), set_config('suyuan.mandate', %s, false)", [MAKER, mandate]
    )
    assert refused(connection, TOKEN)
    assert refused(connection, "UPDATE suyuan.api_token SET revoked_at = NULL")
    assert refused(connection, "UPDATE suyuan.api_token SET role = 'operator'")
    assert refused(connection, "DELETE FROM suyuan.api_token")


def test_a_revoked_token_stays_revoked_for_the_operator_and_the_owner_of_the_tables(store) -> None:
    with psycopg.connect(store.resolver_dsn, autocommit=True) as api, store.owner() as owner:
        api.execute("SELECT set_config('suyuan.mandate', 'operator', false)")
        for connection in (api, owner):
            assert refused(connection, "UPDATE suyuan.api_token SET revoked_at = NULL WHERE label = 'gone'")


@pytest.mark.parametrize("mandate", ["", "public", "oversight", "operator", "fleet", "rules"])
def test_whoever_asks_without_a_token_reads_no_tenants_business_and_changes_nothing(store, mandate: str) -> None:
    with psycopg.connect(store.public_dsn, autocommit=True) as public:
        public.execute(
            "SELECT set_config('suyuan.org', %s, false), set_config('suyuan.mandate', %s, false)", [MAKER, mandate]
        )
        for table in (
            "subscription",
            "case_file",
            "api_token",
            "issue",
            "claim_day",
            "seal_key",
            "oversight_log",
            "notice",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                public.execute(f"SELECT * FROM suyuan.{table}")
        for column in ("place, remark, reporter", "network"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                public.execute(f"SELECT {column} FROM suyuan.consumer_report")
        for statement in (
            "UPDATE suyuan.batch SET recalled_at = now()",
            "UPDATE suyuan.incident SET state = 'closed'",
            "UPDATE suyuan.product SET name = 'x'",
            "DELETE FROM suyuan.consumer_report",
            "CREATE TEMPORARY TABLE mine ()",
            "SET ROLE suyuan_resolver",
            "SET SESSION AUTHORIZATION suyuan_gateway",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                public.execute(statement)


def test_with_the_oversight_mandate_batches_are_recalled_and_nothing_is_registered(store) -> None:
    with psycopg.connect(store.resolver_dsn, autocommit=True) as api:
        api.execute(
            "SELECT set_config('suyuan.org', 'authority', false), set_config('suyuan.mandate', 'oversight', false)"
        )
        assert not refused(api, "UPDATE suyuan.batch SET recalled_at = now()")
        for statement in (
            "SELECT * FROM suyuan.subscription",
            "UPDATE suyuan.product SET name = 'x'",
            "UPDATE suyuan.subscription SET target = 'https://elsewhere.example'",
            "DELETE FROM suyuan.subscription",
            "UPDATE suyuan.reader_key SET revoked_at = now()",
            "UPDATE suyuan.seal_key SET revoked_at = now()",
            "UPDATE suyuan.site SET latitude = 0",
        ):
            assert refused(api, statement), statement


def test_goods_of_no_organisation_are_not_shown_to_a_session_that_is_for_none(store) -> None:
    with store.owner() as owner, psycopg.connect(store.resolver_dsn, autocommit=True) as api:
        owner.execute(
            "INSERT INTO suyuan.item_state (item_id, owner_org, proof, first_seen, last_seen, events, scans)"
            " VALUES ('foreign', '', 'foreign', now(), now(), 1, 1)"
        )
        for setting in ("", None):
            api.execute("SELECT set_config('suyuan.org', %s, false)", [setting])
            assert api.execute("SELECT count(*) FROM suyuan.item_state").fetchone() == (0,)


def test_nobody_logs_in_as_the_owner_of_the_tables_who_is_bound_by_their_policies(database) -> None:
    with database.owner() as owner:
        assert owner.execute(
            "SELECT rolcanlogin, rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = 'suyuan_schema'"
        ).fetchone() == (False, False, False, False)
        others = owner.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'suyuan'::regnamespace AND relkind IN ('r','p','v','m')"
            " AND relowner <> 'suyuan_schema'::regrole UNION SELECT proname FROM pg_proc"
            " WHERE pronamespace = 'suyuan'::regnamespace AND prosecdef AND proowner <> 'suyuan_schema'::regrole"
        ).fetchall()
        unforced = owner.execute(
            "SELECT relname FROM pg_class WHERE relrowsecurity AND NOT relforcerowsecurity"
        ).fetchall()
    assert (others, unforced) == ([], [])
