"""The accused dealer: what it sees of a case on its lane, and its appeal against it."""

import psycopg
import pytest

from tests.support.case_world import (
    AUTHORITY,
    DEALER,
    MAKER,
    OTHER_DEALER,
)


def test_the_accused_sees_its_lane_in_limited_form_and_no_other_dealer_does(room, lane):
    room.ask(MAKER, "POST", f"/api/v1/cases/{lane}/comments", 201, json={"text": "we suspect the depot"})
    room.ask(MAKER, "POST", f"/api/v1/cases/{lane}/comments", 201, json={"text": "please explain", "shared": True})
    limited = room.case(DEALER, lane)
    assert limited["limited"]
    assert limited["moves"] == []
    assert limited["evidence"][0]["details"] == {
        "dealer": "depot-chengdu",
        "market": "shanghai",
        "observed": 52,
        "expected": 0.3,
        "scans": 400,
        "p": 1e-40,
    }
    remarks = [entry["remark"] for entry in limited["history"] if entry["action"] == "comment"]
    assert remarks == ["please explain"]
    assert "52" in limited["explanation"]["evidence"][0]["en"]
    assert [each["case_id"] for each in room.ask(DEALER, "GET", "/api/v1/cases").json()["cases"]] == [lane]
    room.case(OTHER_DEALER, lane, 404)
    room.ask(DEALER, "POST", f"/api/v1/cases/{lane}/state", 403, json={"state": "active"})
    room.ask(DEALER, "GET", f"/api/v1/cases/{lane}/bundle", 403)


def test_row_level_security_alone_keeps_a_dealer_from_what_is_not_its_own(room, lane):
    _, other = room.travel("R1")
    with psycopg.connect(room.services.settings.database_url, autocommit=True) as session, session.transaction():
        session.execute("SELECT set_config('suyuan.org', %s, true)", [DEALER])
        assert session.execute("SELECT count(*) FROM suyuan.incident").fetchone() == (0,)
        assert session.execute("SELECT count(*) FROM suyuan.finding").fetchone() == (0,)
        assert session.execute("SELECT case_id::text FROM suyuan.accused_case").fetchall() == [(lane,)]
        told = session.execute("SELECT DISTINCT case_id::text FROM suyuan.notice").fetchall()
        assert told == [(lane,)]
        for case in (other, lane):
            entry = [case, MAKER, DEALER, MAKER if case == lane else DEALER]
            with pytest.raises(psycopg.errors.InsufficientPrivilege), session.transaction():
                session.execute(
                    "INSERT INTO suyuan.case_entry (case_id, owner_org, accused_org, org_id, actor, action)"
                    " VALUES (%s, %s, %s, %s, 'forged', 'comment')",
                    entry,
                )


def test_an_appeal_with_evidence_is_filed_decided_and_both_sides_hear_of_it(room, lane):
    path = f"/api/v1/cases/{lane}/appeals"
    first = room.ask(DEALER, "POST", path, 201, json={"statement": "tourists"}).json()["appeal_id"]
    assert room.ask(DEALER, "POST", path, 409, json={"statement": "again"}).json()["reason"] == "appeal_open"
    room.ask(
        DEALER,
        "POST",
        f"/api/v1/cases/{lane}/files?name=receipts.pdf",
        201,
        content=b"%PDF-1.7 receipts",
        headers={"Content-Type": "application/pdf"},
    )
    shown = room.case(MAKER, lane)
    assert shown["appealed"]
    assert [each["name"] for each in shown["files"]] == ["receipts.pdf"]
    assert lane in [each["case_id"] for each in room.ask(MAKER, "GET", "/api/v1/cases?appealed=true").json()["cases"]]
    room.ask(OTHER_DEALER, "POST", path, 404, json={"statement": "x"})
    room.ask(MAKER, "POST", path, 403, json={"statement": "x"})
    room.ask(DEALER, "POST", f"{path}/{first}/decision", 403, json={"outcome": "upheld", "remark": "me"})
    room.ask(DEALER, "POST", f"{path}/{first}/withdrawal", json={"remark": "wrong file"})
    second = room.ask(DEALER, "POST", path, 201, json={"statement": "tourists, with receipts"}).json()["appeal_id"]
    decided = room.ask(
        AUTHORITY, "POST", f"{path}/{second}/decision", json={"outcome": "upheld", "remark": "receipts match"}
    ).json()
    assert [each["state"] for each in decided["appeals"]] == ["withdrawn", "upheld"]
    assert room.ask(
        MAKER, "POST", f"{path}/{second}/decision", 409, json={"outcome": "rejected", "remark": "no"}
    ).json()["reason"] == "no_open_appeal"  # fmt: skip
    assert room.case(DEALER, lane)["appeals"][1]["decision"] == "receipts match"
    rows = room.owner.execute("SELECT change FROM suyuan.notice WHERE case_id = %s ORDER BY notice_id", [lane])
    assert [change for (change,) in rows] == ["opened", "appealed", "decided", "appealed", "decided"]
