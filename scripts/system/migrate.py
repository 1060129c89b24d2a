"""Brings a store to the newest schema: forward only, one process at a time, each step in its own transaction.

``python -m scripts.system.migrate`` reads its connection and the roles' passwords from the files that these
settings name: SUYUAN_OWNER_DATABASE_URL_FILE, SUYUAN_GATEWAY_PASSWORD_FILE, SUYUAN_NOTIFIER_PASSWORD_FILE,
SUYUAN_RESOLVER_PASSWORD_FILE, SUYUAN_PUBLIC_PASSWORD_FILE, and the profile from SUYUAN_STORE_PROFILE (``auto``,
``plain``, ``timescale``, ``citus``).
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import psycopg
from psycopg import sql

from schemas.errors import Misconfigured, StoreUnavailable
from schemas.migrations import Migration, distribution, migrations, ownership

LOCK = 0x5355_5955_414E  # "SUYUAN": the advisory lock of which at most one migrating process is the holder

ROLES = ("suyuan_gateway", "suyuan_notifier", "suyuan_resolver", "suyuan_public")
"""The roles that processes log in as."""

_LEDGER = """
CREATE SCHEMA IF NOT EXISTS suyuan;
CREATE TABLE IF NOT EXISTS suyuan.schema_version (
    name       text PRIMARY KEY,
    digest     text NOT NULL,
    profile    text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)
"""


def migrate(owner_dsn: str, *, profile: str = "auto", passwords: Mapping[str, str] | None = None) -> list[str]:
    """Apply what is missing and return the names of the steps that were applied.

    ``passwords`` gives the roles that it names, some of ``ROLES``, the right to log in.

    :raises Misconfigured: an applied step's file was changed since, or the store has another profile.
    :raises StoreUnavailable: the server can't be reached.
    """
    try:
        connection = psycopg.connect(owner_dsn, autocommit=True)
    except psycopg.OperationalError as error:
        raise StoreUnavailable(str(error)) from error
    with connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        connection.execute(_LEDGER)
        chosen = _profile(connection) if profile == "auto" else profile
        applied = _applied(connection, chosen)
        names = [step.name for step in migrations(chosen) if _apply(connection, step, chosen, applied)]
        spread = distribution(chosen)
        if spread is not None:
            connection.execute(sql.SQL(spread))
        connection.execute(sql.SQL(ownership()))
        _keep_temporary_tables(connection)
        for role, password in (passwords or {}).items():
            connection.execute(
                sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(role), sql.Literal(password))
            )
    return names


def _keep_temporary_tables(connection: psycopg.Connection) -> None:
    """Tables of one's own are for bulk loads: whoever comes without a token has no use for them."""
    database = sql.Identifier(connection.info.dbname)
    connection.execute(sql.SQL("REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC").format(database))
    connection.execute(sql.SQL("GRANT TEMPORARY ON DATABASE {} TO suyuan_gateway, suyuan_resolver").format(database))


def _profile(connection: psycopg.Connection) -> str:
    """The profile that an earlier run chose, else what the server can carry."""
    row = connection.execute("SELECT profile FROM suyuan.schema_version LIMIT 1").fetchone()
    if row is not None:
        return str(row[0])
    # Both work only where the server has loaded them at its start; having them on its disk is not enough.
    loaded = {
        name
        for name, setting in (("timescale", "timescaledb.max_background_workers"), ("citus", "citus.shard_count"))
        if connection.execute("SELECT current_setting(%s, true)", [setting]).fetchone() != (None,)
    }
    return "timescale" if "timescale" in loaded else "citus" if loaded else "plain"


def _applied(connection: psycopg.Connection, profile: str) -> dict[str, str]:
    rows = connection.execute("SELECT name, digest, profile FROM suyuan.schema_version").fetchall()
    others = {other for _, _, other in rows} - {profile}
    if others:
        raise Misconfigured(f"the store was made with profile {others.pop()!r}; {profile!r} can't be put on top of it")
    return {name: digest for name, digest, _ in rows}


def _apply(connection: psycopg.Connection, step: Migration, profile: str, applied: Mapping[str, str]) -> bool:
    if step.name in applied:
        if applied[step.name] != step.digest:
            raise Misconfigured(
                f"{step.name} was applied in another wording; add a new migration instead of editing it"
            )
        return False
    with connection.transaction():
        connection.execute(sql.SQL(step.sql))
        connection.execute(
            "INSERT INTO suyuan.schema_version (name, digest, profile) VALUES (%s, %s, %s)",
            [step.name, step.digest, profile],
        )
    return True


def main(environ: Mapping[str, str]) -> int:
    """Migrate as the settings say; one line on what was done."""
    try:
        applied = migrate(
            _secret(environ, "SUYUAN_OWNER_DATABASE_URL_FILE"),
            profile=environ.get("SUYUAN_STORE_PROFILE", "auto"),
            passwords={role: _secret(environ, f"{role.upper()}_PASSWORD_FILE") for role in ROLES},
        )
    except (Misconfigured, StoreUnavailable) as error:
        print(f"migration: {error}", file=sys.stderr)
        return 2
    print(f"migration: applied {', '.join(applied)}" if applied else "migration: nothing to do")
    return 0


def _secret(environ: Mapping[str, str], name: str) -> str:
    try:
        return Path(environ[name]).read_text(encoding="utf-8").strip()
    except KeyError:
        raise Misconfigured(f"{name} is missing: set it to the path of a file") from None
    except OSError as error:
        raise Misconfigured(f"{name}: {error}") from None


if __name__ == "__main__":
    sys.exit(main(os.environ))
