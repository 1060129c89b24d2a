"""A temporary database on an existing server: for tests and benches of a store that no wheel contains."""

from __future__ import annotations

import secrets

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from scripts.system.embedded.errors import Unavailable


class BorrowedPostgres:
    """A database of a random name on the server of `dsn`, with the shape of `postgres.EmbeddedPostgres`.

    `dsn` must be allowed to make databases, roles and extensions. The server itself
    is not stopped or killed. Call `drop` in the end.
    """

    running = True

    def __init__(self, dsn: str) -> None:
        self._given = conninfo_to_dict(dsn)
        self._dsn = dsn
        self.name = f"suyuan_{secrets.token_hex(6)}"

    def start(self, seconds: float = 30) -> None:
        """Make the database if it is missing. Raises Unavailable."""
        with self._maintenance(seconds) as connection:
            if connection.execute("SELECT FROM pg_database WHERE datname = %s", [self.name]).fetchone() is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(self.name)))

    def stop(self) -> None:
        """Does nothing: others may use the server."""

    def kill(self) -> None:
        """Raises Unavailable: this server is not ours to kill."""
        raise Unavailable("the server was borrowed and can't be killed: run this with an embedded one")

    def restart(self) -> None:
        """Raises Unavailable, as `kill`."""
        self.kill()

    def drop(self) -> None:
        """Drop the database, whoever is connected."""
        with self._maintenance(30) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(self.name)))

    def dsn(self, user: str, password: str, dbname: str | None = None) -> str:
        """The connection string for a role of this server."""
        return make_conninfo("", **{**self._given, "user": user, "password": password, "dbname": dbname or self.name})

    @property
    def owner_dsn(self) -> str:
        """The connection string of `dsn`'s role, in the temporary database."""
        return make_conninfo("", **{**self._given, "dbname": self.name})

    @property
    def superuser_dsn(self) -> str:
        """The same: `dsn`'s role must be a superuser or as good as one."""
        return self.owner_dsn

    def _maintenance(self, seconds: float) -> psycopg.Connection:
        try:
            return psycopg.connect(self._dsn, autocommit=True, connect_timeout=max(2, int(seconds)))
        except psycopg.OperationalError as error:
            raise Unavailable(f"the borrowed server can't be reached: {str(error).strip().splitlines()[-1]}") from None
