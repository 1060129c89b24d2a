"""Backup and restore as docs/operations.md describes them, with PostgreSQL's own programs on a real store."""

import os
import shutil
import subprocess
import time
from urllib.parse import urlsplit

import psycopg
import pytest

from schemas.event import Event
from scripts.system.embedded import postgres
from scripts.system.embedded.postgres import EmbeddedPostgres
from scripts.system.migrate import ROLES, migrate
from tests.support.stack import TestStack, hours_ago

EVENTS = "SELECT event_id, item_id, occurred_at, recorded_at FROM suyuan.event ORDER BY event_id"


def program(name, *arguments, password):
    command = [str(postgres._binaries() / name), *map(str, arguments)]
    environment = {"PATH": os.defpath, "PGPASSWORD": password, "LC_ALL": "C"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done


def with_archive(stack):
    """The store with its log archived, as deploy/compose.backup.yml has it, and open to a base backup."""
    archive = stack.state / "archive"
    archive.mkdir(mode=0o700)
    command = f"test ! -f {archive}/%f && cp %p {archive}/.%f && mv {archive}/.%f {archive}/%f"
    settings = {"archive_mode": "on", "archive_command": command, "max_wal_size": "64MB", "shared_buffers": "32MB"}
    stack.postgres = EmbeddedPostgres(stack.state / "postgres", settings=settings, die_with_parent=False)
    stack.start_store()
    with (stack.postgres.data / "pg_hba.conf").open("a", encoding="ascii") as access:
        access.write("host replication postgres 127.0.0.1/32 scram-sha-256\n")
    with psycopg.connect(stack.postgres.superuser_dsn, autocommit=True) as superuser:
        superuser.execute("SELECT pg_reload_conf()")
    return archive


@pytest.fixture(scope="module")
def lost(tmp_path_factory):
    """A system at work: a base backup, then more events, then an accident. What was kept of it, and what was known."""
    stack = TestStack(tmp_path_factory.mktemp("lost") / "state")
    try:
        archive = with_archive(stack)
        stack.register_maker()
        stack.broker.start()
        stack.start_gateway()
        with stack.device("line-1") as device:
            first = device.batch(1, *(Event(stack.unit(n), hours_ago(2) + n, "inspecting") for n in range(20)))
            receipts = [device.send(first)]
            base = stack.state / "base"
            url = urlsplit(stack.postgres.superuser_dsn)
            server = ["--host", url.hostname, "--port", url.port, "--username", url.username]
            program("pg_basebackup", *server, "--pgdata", base, "--checkpoint=fast", password=url.password)
            program("pg_verifybackup", base, password="")
            second = device.batch(2, *(Event(stack.unit(n), hours_ago(1) + n, "inspecting") for n in range(20, 50)))
            receipts.append(device.send(second))
        stack.gateway.stop()
        known = stack.query(EVENTS)
        dump = stack.state / "suyuan.dump"
        program("pg_dump", *server, "--format=custom", "--file", dump, "suyuan", password=url.password)
        ((moment,),) = stack.query("SELECT clock_timestamp()")
        time.sleep(0.05)
        with stack.owner() as connection:
            connection.execute("TRUNCATE suyuan.event, suyuan.event_batch")
        with psycopg.connect(stack.postgres.superuser_dsn, autocommit=True) as superuser:
            superuser.execute("SELECT pg_switch_wal()")
        assert stack.query("SELECT count(*) FROM suyuan.event") == [(0,)]
        stack.stop()  # in order, so that the last segment is archived as well
        yield stack, base, archive, dump, moment, known, (device, (first, second), receipts)
    finally:
        stack.stop()


def goes_on(stack, device, messages, receipts):
    """The gateway on the restored store gives the old receipts again, and takes what is new."""
    stack.broker.start()
    stack.start_gateway()
    with stack.device("line-1", enrol=False) as again:
        again.key, again.kid = device.key, device.kid
        assert [again.send(message) for message in messages] == receipts
        new = again.send(again.batch(3, Event(stack.unit(60), hours_ago(0.5), "inspecting")))
        assert (new.stored, new.duplicate) == (1, 0)
    assert stack.query("SELECT count(*), count(DISTINCT event_id) FROM suyuan.event") == [(51, 51)]


def successor(lost_stack, folder):
    """Another machine's stack, with the secrets that the back-up held."""
    stack = TestStack(folder / "state")
    shutil.copy(lost_stack.state / "secrets" / "seal-root", stack.state / "secrets" / "seal-root")
    return stack


def test_a_dump_is_restored_on_an_empty_server_and_the_system_goes_on(lost, tmp_path):
    stack, _, _, dump, _, known, (device, messages, receipts) = lost
    new = successor(stack, tmp_path)
    try:
        new.postgres.start()
        with new.owner() as owner:
            # Roles belong to a server, not to a database: a dump has none.
            for role in (*ROLES, "suyuan_schema"):
                owner.execute(f"CREATE ROLE {role} NOLOGIN")
        url = urlsplit(new.postgres.owner_dsn)
        server = ["--host", url.hostname, "--port", url.port, "--username", url.username]
        options = ["--no-owner", "--exit-on-error", "--dbname", "suyuan", dump]
        program("pg_restore", *server, *options, password=url.password)
        applied = migrate(
            new.postgres.owner_dsn,
            passwords={role: new.secret(role) for role in ROLES},
        )
        assert applied == []
        assert new.query(EVENTS) == known
        goes_on(new, device, messages, receipts)
    finally:
        new.stop()


def test_a_base_backup_and_the_archived_log_give_the_moment_before_the_accident(lost, tmp_path):
    stack, base, archive, _, moment, known, (device, messages, receipts) = lost
    new = successor(stack, tmp_path)
    place = new.state / "postgres"
    place.mkdir(mode=0o700)
    for name in ("superuser.password", "owner.password"):
        shutil.copy(stack.postgres.state / name, place / name)
    shutil.copytree(base, place / "data")
    (place / "data").chmod(0o700)
    (place / "data" / "recovery.signal").touch()
    new.postgres = EmbeddedPostgres(
        place,
        settings={
            "restore_command": f"cp {archive}/%f %p",
            "recovery_target_time": moment.isoformat(),
            "recovery_target_action": "promote",
            "hot_standby": "off",
            "shared_buffers": "32MB",
        },
        fsync=False,
        die_with_parent=False,
    )
    try:
        new.start_store()
        assert new.query("SELECT pg_is_in_recovery()") == [(False,)]
        assert new.query(EVENTS) == known
        goes_on(new, device, messages, receipts)
    finally:
        new.stop()
