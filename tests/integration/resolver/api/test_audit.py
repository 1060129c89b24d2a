"""The audit log: what is in it, who reads it, and that nobody changes it unseen."""

from hashlib import sha256

import psycopg
import pytest

from resolver.audit import store as audit_store
from resolver.store import OPERATOR, Store


@pytest.fixture(scope="module")
def entries(client, tokens):
    """What operator, regulator and maker read of the log, after a look of the regulator."""
    client.get("/api/v1/findings?kind=copied", headers=tokens["samr-demo"])

    def read(who):
        answer = client.get("/api/v1/audit-log?limit=1000", headers=tokens[who])
        assert answer.status_code == 200, answer.text
        return answer.json()["entries"]

    return {who: read(who) for who in ("operator", "samr-demo", "huadu")}


def test_looks_and_administrative_acts_are_logged_with_the_digest_of_what_was_sent(entries, client, tokens):
    assert [(each["act"], each["request"]) for each in entries["samr-demo"]] == [
        ("look", "GET /api/v1/findings?kind=copied")
    ]
    body = b'{"org_id": "huadu", "label": "nobody"}'
    headers = tokens["operator"] | {"Content-Type": "application/json"}
    client.post("/api/v1/tokens/revocation", content=body, headers=headers)
    last = client.get("/api/v1/audit-log?limit=1000", headers=tokens["operator"]).json()["entries"][-1]
    assert (last["act"], last["request"]) == ("change", "POST /api/v1/tokens/revocation")
    assert last["body_digest"] == sha256(body).hexdigest()


def test_an_operator_reads_all_and_others_what_they_did_themselves(entries):
    assert {each["org_id"] for each in entries["operator"]} == {"platform", "samr-demo"}
    assert {each["org_id"] for each in entries["samr-demo"]} == {"samr-demo"}
    assert entries["huadu"] == []
    assert [each["number"] for each in entries["operator"]] == list(range(1, len(entries["operator"]) + 1))


def test_no_role_changes_the_log_or_chooses_a_place_in_it(entries, database):
    for dsn in (database.resolver_dsn, database.notifier_dsn, database.owner_dsn):
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("SELECT set_config('suyuan.mandate', 'operator', false)")
            for statement in (
                "UPDATE suyuan.oversight_log SET request = 'nothing'",
                "DELETE FROM suyuan.oversight_log",
                "TRUNCATE suyuan.oversight_log",
            ):
                with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.RestrictViolation)):
                    connection.execute(statement)
    with psycopg.connect(database.resolver_dsn, autocommit=True) as api:
        api.execute("SELECT set_config('suyuan.org', 'huadu', false)")
        for columns, values in (("org_id, token_label, request", "'rival', 'x', 'x'"), ("number", "1")):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                api.execute(f"INSERT INTO suyuan.oversight_log ({columns}) VALUES ({values})")


@pytest.mark.parametrize(
    "forged",
    [
        "UPDATE suyuan.oversight_log SET request = 'GET /' WHERE number = 2",
        "DELETE FROM suyuan.oversight_log WHERE number = 2",
    ],
)
def test_a_row_that_is_changed_or_taken_out_by_force_is_found(entries, client, tokens, owner, forged):
    path, headers = "/api/v1/audit-log/verification", tokens["operator"]
    assert client.get(path, headers=headers).json()["whole"] is True
    with owner.transaction(force_rollback=True):
        owner.execute("ALTER TABLE suyuan.oversight_log DISABLE TRIGGER USER")
        owner.execute(forged)
        assert owner.execute("SELECT suyuan.audit_fault()").fetchone()[0] in (2, 3)


def test_rows_of_transactions_at_a_time_wait_for_nobody_and_are_one_chain(database, entries):
    add = "INSERT INTO suyuan.oversight_log (org_id, token_label, request) VALUES ('huadu', 'x', %s)"
    with (
        psycopg.connect(database.owner_dsn) as first,
        psycopg.connect(database.owner_dsn) as second,
        Store(database.resolver_dsn, pool_size=1) as store,
    ):
        first.execute(add, ["began first"])
        second.execute(add, ["began second"])
        second.commit()
        with store.transaction(OPERATOR) as cursor:
            audit_store.chain(cursor)
        first.commit()
        with store.transaction(OPERATOR) as cursor:
            audit_store.chain(cursor)
            last = [row["request"] for row in audit_store.listed(cursor, 0, 1000)][-2:]
            assert last == ["began second", "began first"]
            assert audit_store.fault(cursor) is None
