"""Cases from before alerts were grouped by cause: none is lost by the migration, and they are grouped after it."""

import psycopg
import pytest
from psycopg import sql

from gateway.store.incidents import regroup_pending
from schemas.migrations import migrations
from scripts.system import migrate as migrating
from scripts.system.fixtures import GTIN, MAKER

GROUPED = "0022"
_FINDING = """
INSERT INTO suyuan.finding (subject, occurred_at, finding_id, owner_org, rule, kind, level, confidence, evidence,
                            withdrawn_at)
SELECT %(subject)s::text, '2026-06-01'::timestamptz + %(day)s * interval '1 day',
       substring(sha256(%(subject)s::text::bytea) FROM 1 FOR 16),
       %(owner)s, 'impossible_travel', 'copied', 'alert', 0.95, '{"events": [], "details": {}}',
       CASE WHEN %(withdrawn)s THEN now() END
"""
_CASES = """
SELECT i.case_id, i.subject, i.state, i.reason, i.findings, i.created_at, i.due_from, i.assignee,
       (SELECT count(*) FROM suyuan.case_entry AS e WHERE e.case_id = i.case_id),
       (SELECT count(*) FROM suyuan.notice AS n WHERE n.case_id = i.case_id)
FROM suyuan.incident AS i ORDER BY i.subject
"""


def unit(index: int) -> str:
    return f"01/{GTIN}/21/{index:020}"


@pytest.fixture
def store(postgres, monkeypatch):
    """A store of the version before, with three cases about one product."""
    name = "suyuan_test_before_groups"
    with psycopg.connect(postgres.superuser_dsn, autocommit=True) as superuser:
        superuser.execute(sql.SQL("CREATE DATABASE {} OWNER suyuan_owner").format(sql.Identifier(name)))
    dsn = postgres.owner_dsn.rsplit("/", 1)[0] + "/" + name
    with monkeypatch.context() as patch:
        patch.setattr(migrating, "migrations", lambda profile: [s for s in migrations(profile) if s.name < GROUPED])
        patch.setattr(migrating, "ownership", lambda: "SELECT 1")  # that version's things had no other owner
        migrating.migrate(dsn)
    with psycopg.connect(dsn, autocommit=True) as owner:
        for index, (day, withdrawn) in enumerate(((0, False), (3, False), (5, True))):
            owner.execute(_FINDING, {"subject": unit(index), "day": day, "owner": MAKER, "withdrawn": withdrawn})
            owner.execute(
                "INSERT INTO suyuan.incident (subject, kind, owner_org, opened_at, findings)"
                " VALUES (%s, 'copied', %s, '2026-06-01', 1)",
                [unit(index), MAKER],
            )
        owner.execute(
            "UPDATE suyuan.incident SET state = 'investigating', assignee = 'desk 7' WHERE subject = %s", [unit(1)]
        )
        owner.execute(
            "UPDATE suyuan.incident SET state = 'closed', reason = 'evidence_withdrawn', findings = 0"
            " WHERE subject = %s",
            [unit(2)],
        )
        yield owner, dsn
    with psycopg.connect(postgres.superuser_dsn, autocommit=True) as superuser:
        superuser.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def test_no_case_is_lost_and_what_shares_a_cause_is_grouped_afterwards(store):
    owner, dsn = store
    before = owner.execute(_CASES).fetchall()
    assert [(state, findings) for _, _, state, _, findings, *_ in before] == [
        ("new", 1),
        ("investigating", 1),
        ("closed", 0),
    ]
    migrating.migrate(dsn)
    assert owner.execute(_CASES).fetchall() == before
    members = owner.execute(
        "SELECT m.subject, m.left_at IS NULL, i.members FROM suyuan.incident_member AS m JOIN suyuan.incident AS i"
        " USING (case_id) ORDER BY 1"
    ).fetchall()
    assert members == [(unit(0), True, 1), (unit(1), True, 1), (unit(2), False, 0)]

    with owner.transaction():
        assert regroup_pending(owner, 100) == 2
    first, second, third = (case_id for case_id, *_ in before)
    after = {
        row[0]: row[1:]
        for row in owner.execute("SELECT case_id, state, members, merged_into, assignee FROM suyuan.incident")
    }
    assert after[second] == ("investigating", 2, None, "desk 7")
    assert after[first][:3] == ("closed", 0, second)
    assert after[third][:3] == ("closed", 0, None)
