"""Workers that regroup incidents lock what these have in common in one order, whatever they learn on the way."""

import threading
from collections.abc import Iterator

import psycopg
import pytest

from gateway.store.connection import Connection, connect
from gateway.store.incidents import regroup
from scripts.system.fixtures import MAKER, register_maker

SUBJECT = "01/09521234000013/21/LOCKED"
_CASE = """
INSERT INTO suyuan.incident (case_id, subject, kind, owner_org, opened_at, findings, members, common)
VALUES (gen_random_uuid(), %(subject)s, %(kind)s, %(owner)s, now(), 1, 1, %(common)s)
"""
_MEMBER = """
INSERT INTO suyuan.incident_member
    (subject, kind, owner_org, case_id, common, goods, leads, first_at, last_at, findings, confidence, units)
SELECT %(subject)s, %(kind)s, %(owner)s, case_id, %(common)s, '', false, now(), now(), 1, 0.9, 1
FROM suyuan.incident WHERE common = %(common)s
"""
_HOLD = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 1))"
_WAITING = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


@pytest.fixture
def owner(database) -> Iterator[psycopg.Connection]:
    with database.owner() as owner:
        register_maker(owner, quantity=10)
        yield owner


def member(owner: psycopg.Connection, kind: str, common: str) -> None:
    for statement in (_CASE, _MEMBER):
        owner.execute(statement, {"subject": SUBJECT, "kind": kind, "owner": MAKER, "common": common})


def awaited(owner: psycopg.Connection, waiting: int) -> None:
    """Return when so many wait for an advisory lock."""
    for _ in range(100_000):
        if owner.execute(_WAITING).fetchone() == (waiting,):
            return
    raise AssertionError("nobody waits")


def test_who_learns_of_another_cause_behind_a_lock_waits_for_nobody_that_waits_for_him(owner, database) -> None:
    names = [f"cause-{number}" for number in range(9)]
    keyed = [(*owner.execute("SELECT hashtextextended(%s, 1)", [name]).fetchone(), name) for name in names]
    first, last = (name for _, name in (min(keyed), max(keyed)))
    member(owner, "copied", last)
    failures: list[BaseException] = []

    def regrouping(connection: Connection) -> None:
        try:
            with connection.transaction():
                regroup(connection, [SUBJECT])
        except BaseException as error:  # noqa: BLE001 -- told in the main thread
            failures.append(error)

    with connect(database.gateway_dsn) as one, connect(database.gateway_dsn) as other:
        worker = threading.Thread(target=regrouping, args=(one,))
        neighbour = threading.Thread(target=lambda: other.execute(_HOLD, [last]))
        with connect(database.gateway_dsn) as holder, holder.transaction():
            holder.execute(_HOLD, [last])
            worker.start()
            awaited(owner, 1)  # the worker, for what it knows of
            member(owner, "ended", first)
            other.execute("BEGIN")
            other.execute(_HOLD, [first])
            neighbour.start()
            awaited(owner, 2)  # the neighbour has the first cause, and waits behind the worker for the last
        neighbour.join()
        other.execute("COMMIT")
        worker.join()
    assert failures == []
