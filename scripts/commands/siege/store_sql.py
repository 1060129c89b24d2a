"""Somebody who can send SQL as one of the product's processes: by an injection, or with its password."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import psycopg
from psycopg.conninfo import conninfo_to_dict

from scripts.commands.siege.attack import Attack, Play, needed
from scripts.commands.siege.cases import open_case
from scripts.commands.siege.stage import MAKER, RIVAL, Stage

_PROCESSES = frozenset({"suyuan_gateway", "suyuan_resolver", "suyuan_notifier", "suyuan_public", "suyuan_api"})


_PRIVATE = ("subscription", "case_file", "api_token", "reader_key", "enrolment", "oversight_log", "dead_message")
"""What no stranger reads, in any row."""
_CHANGES = (
    "UPDATE suyuan.incident SET state = 'closed'",
    "UPDATE suyuan.batch SET lot = lot",
    "UPDATE suyuan.reader SET revoked_at = now()",
    "DELETE FROM suyuan.subscription",
    "DELETE FROM suyuan.finding",
)


class _Login(NamedTuple):
    role: str
    dsn: str


def _logins(stage: Stage) -> list[_Login]:
    """The connections that processes have, as they stand in the secrets that they are given."""
    found: dict[str, str] = {}
    for file in sorted((stage.stack.state / "secrets").glob("*database-url*")):
        dsn = file.read_text(encoding="utf-8").strip()
        found[str(conninfo_to_dict(dsn)["user"])] = dsn
    needed(_PROCESSES & found.keys(), "no process has a connection to the store")
    return [_Login(role, dsn) for role, dsn in found.items() if role in _PROCESSES]


def _tried(login: _Login, *statements: str, values: tuple[object, ...] = ()) -> int:
    """How many rows the last statement touched or showed, rolled back; -1 when one was refused."""
    with psycopg.connect(login.dsn) as connection:
        try:
            for statement in statements[:-1]:
                connection.execute(statement.encode())
            cursor = connection.execute(statements[-1].encode(), values or None)
            rows = len(cursor.fetchall()) if cursor.description else cursor.rowcount
        except psycopg.Error:
            rows = -1
        connection.rollback()
    return rows


def _by_every_login(stage: Stage, hole: Callable[[_Login], Iterator[str]]) -> Play:
    logins = _logins(stage)
    found = [f"{login.role}: {what}" for login in logins for what in hole(login)]
    yield f"SQL as {', '.join(login.role for login in logins)}"
    return "; ".join(found[:6])


def sql_on_tokens(stage: Stage) -> Play:
    """It takes back a token's revocation, gives itself a token of another role, or reads the hashes of all.

    No process can un-revoke; the gateways' and the public's see no token at all.
    """
    with stage.http(stage.tokens["operator"]) as operator:
        made = operator.post("/api/v1/tokens", json={"org_id": RIVAL, "label": "sql"})
        needed(made.is_success, made.text[:200])
        operator.post("/api/v1/tokens/revocation", json={"org_id": RIVAL, "label": "sql"})

    def hole(login: _Login) -> Iterator[str]:
        if _tried(login, "UPDATE suyuan.api_token SET revoked_at = NULL WHERE revoked_at IS NOT NULL") > 0:
            yield "a revoked token is good again"
        if login.role not in ("suyuan_resolver", "suyuan_api") and _tried(login, "SELECT FROM suyuan.api_token") > 0:
            yield "reads tokens"
        lifted = "UPDATE suyuan.api_token SET role = 'operator', expires_at = NULL WHERE revoked_at IS NULL"
        if _tried(login, lifted) > 0:
            yield "a token becomes the operator's, for ever"

    return (yield from _by_every_login(stage, hole))


def sql_of_a_stranger(stage: Stage) -> Play:
    """Whoever comes by an anonymous path names any organisation and mandate, and reads or changes tenants' rows.

    The public's login shows no subscription, case file, photo or reader's key, and changes no row of a tenant, whatever
    the session says; the API's login shows nothing before it is said for whom.
    """
    open_case(stage)
    with stage.http(stage.tokens[MAKER]) as maker:
        maker.post("/api/v1/subscriptions", json={"channel": "mqtt", "kinds": ["copied"]})

    def hole(login: _Login) -> Iterator[str]:
        if login.role in ("suyuan_gateway", "suyuan_notifier"):
            return  # they serve no stranger
        public = login.role == "suyuan_public"
        said = (("maker-a", ""), ("", "oversight"), ("", "operator"), ("", "public")) if public else (("", "public"),)
        for org, mandate in said:
            scope = f"SELECT set_config('suyuan.org', '{org}', true), set_config('suyuan.mandate', '{mandate}', true)"
            for table in _PRIVATE:
                if _tried(login, scope, f"SELECT * FROM suyuan.{table}") > 0:  # noqa: S608 -- ours
                    yield f"reads {table} as {org or mandate}"
            for change in _CHANGES:
                if (rows := _tried(login, scope, change)) > 0:
                    yield f"changes {rows} rows as {org or mandate} ({change})"

    return (yield from _by_every_login(stage, hole))


def sql_on_history(stage: Stage) -> Play:
    """It rewrites what happened: events, the audit of accesses, entries and files of cases. All are refused."""

    def hole(login: _Login) -> Iterator[str]:
        for table in ("event", "oversight_log", "case_entry", "case_file"):
            for verb in (f"DELETE FROM suyuan.{table}", f"TRUNCATE suyuan.{table}"):  # noqa: S608 -- ours
                if _tried(login, "SELECT set_config('suyuan.org', 'maker-a', true)", verb) > 0:
                    yield verb
        if _tried(login, "UPDATE suyuan.event SET biz_step = 'destroying'") > 0:
            yield "rewrites events"

    return (yield from _by_every_login(stage, hole))


def sql_superpowers(stage: Stage) -> Play:
    """It becomes another role, runs programs, reads files, makes tables, switches row-level security off.

    No process owns a table, is a superuser, or passes row-level security.
    """

    def hole(login: _Login) -> Iterator[str]:
        rows = stage.query(
            "SELECT rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication,"
            " (SELECT count(*) FROM pg_class WHERE relowner = pg_roles.oid AND relpersistence <> 't')"
            " FROM pg_roles WHERE rolname = %s",
            login.role,
        )
        if rows != [(False, 0)]:
            yield f"has rights of its own: {rows}"
        for statement in (
            "COPY (SELECT 1) TO PROGRAM 'true'",
            "SELECT pg_read_file('/etc/passwd')",
            "CREATE TABLE suyuan.mine (a int)",
            "CREATE TABLE public.mine (a int)",
            "ALTER TABLE suyuan.batch DISABLE ROW LEVEL SECURITY",
            "SET ROLE suyuan_owner",
            "ALTER ROLE suyuan_gateway PASSWORD 'x'",
            "SELECT lo_import('/etc/passwd')",
        ):
            if _tried(login, statement) != -1:
                yield statement
        for other in sorted(_PROCESSES - {login.role}):
            if login.role in ("suyuan_public", "suyuan_notifier") and _tried(login, f"SET ROLE {other}") != -1:
                yield f"becomes {other}"

    return (yield from _by_every_login(stage, hole))


def tables_without_force(stage: Stage) -> Play:
    """It has the password of the tables' owner: row-level security binds it too.

    It is forced on the tenants' tables, and the owner that migrations use is no superuser.
    """
    tables = stage.query(
        "SELECT relname FROM pg_class WHERE relnamespace = 'suyuan'::regnamespace AND relrowsecurity"
        " AND NOT relforcerowsecurity ORDER BY relname"
    )
    owners = stage.query(
        "SELECT DISTINCT rolname FROM pg_class JOIN pg_roles ON pg_roles.oid = relowner"
        " WHERE relnamespace = 'suyuan'::regnamespace AND rolsuper"
    )
    yield "the catalogue"
    if owners:
        return f"tables belong to a superuser: {owners}"
    return f"{len(tables)} tables without FORCE, such as {tables[0][0]}" if tables else ""


def tokens_without_row_security(stage: Stage) -> Play:
    """It sets another organisation's name in its session and asks for tokens: the table of tokens has policies."""
    rows = stage.query("SELECT relrowsecurity FROM pg_class WHERE oid = 'suyuan.api_token'::regclass")
    yield "the catalogue"
    return "" if rows == [(True,)] else "api_token has no row-level security"


ATTACKS: dict[str, Attack] = {
    "sql-on-tokens": Attack(sql_on_tokens, "tokens in the store", quick=True),
    "sql-of-a-stranger": Attack(sql_of_a_stranger, "tenants' rows", quick=True),
    "sql-on-history": Attack(sql_on_history, "the record", quick=True),
    "sql-superpowers": Attack(sql_superpowers, "the store", quick=True),
    "tables-without-force": Attack(tables_without_force, "the store", quick=True),
    "tokens-without-row-security": Attack(tokens_without_row_security, "tokens in the store", quick=True),
}
