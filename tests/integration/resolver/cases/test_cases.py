"""A case's way: moved, undone, escalated, assigned, closed and opened by its evidence."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from gateway.store import notices
from gateway.store.connection import connect
from tests.support.case_world import (
    AUTHORITY,
    DEALER,
    MAKER,
    OTHER_DEALER,
    PLATFORM,
    RIVAL,
    alert,
)


def states(case):
    return [
        (entry["from_state"], entry["to_state"], entry["reason"], entry["actor"])
        for entry in case["history"]
        if entry["action"] in ("opened", "state")
    ]


def test_a_case_goes_its_way_and_every_step_can_be_undone_and_stands_in_the_history(room):
    _, case = room.travel("A1")
    room.move(MAKER, case, "active")
    room.move(MAKER, case, "investigating", remark="asked the shop")
    room.move(MAKER, case, "active")
    room.move(MAKER, case, "escalated")
    room.move(MAKER, case, "closed", reason="counterfeit_confirmed")
    reopened = room.move(AUTHORITY, case, "investigating", remark="not so fast")
    assert reopened["reason"] is None
    assert states(reopened) == [
        (None, "new", None, "gateway"),
        ("new", "active", None, "huadu desk"),
        ("active", "investigating", None, "huadu desk"),
        ("investigating", "active", None, "huadu desk"),
        ("active", "escalated", None, "huadu desk"),
        ("escalated", "closed", "counterfeit_confirmed", "huadu desk"),
        ("closed", "investigating", None, "samr desk"),
    ]
    assert [entry["remark"] for entry in reopened["history"] if entry["remark"]] == ["asked the shop", "not so fast"]


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"state": "closed", "reason": "duplicate"}, 409, "state"),
        ({"state": "escalated"}, 409, "state"),
        ({"state": "active", "reason": "other"}, 422, "reason"),
        ({"state": "active", "from": "closed"}, 409, "from"),
        ({"state": "done"}, 422, "state"),
    ],
)
def test_a_move_that_makes_no_sense_is_refused_by_name_and_changes_nothing(room, body, status, field):
    _, case = room.travel("A2")
    answer = room.ask(MAKER, "POST", f"/api/v1/cases/{case}/state", status, json=body).json()
    assert answer["field"] == field
    assert room.case(MAKER, case)["state"] == "new"


def test_closing_needs_a_reason_that_a_person_may_give(room):
    _, case = room.travel("A3")
    room.move(MAKER, case, "active")
    for more in ({}, {"reason": "evidence_withdrawn"}):
        assert room.move(MAKER, case, "closed", 422, **more)["field"] == "reason"


def test_nobody_can_rewrite_the_history_not_even_the_owner_of_the_tables(room):
    _, case = room.travel("A4")
    for statement in ("UPDATE suyuan.case_entry SET remark = 'x'", "DELETE FROM suyuan.case_entry"):
        with pytest.raises(psycopg.errors.RestrictViolation, match="never changed"):
            room.owner.execute(f"{statement} WHERE case_id = %s", [case])


def test_judging_again_updates_a_case_and_never_doubles_it(room):
    subject, case = room.travel("B1")
    room.move(MAKER, case, "active")
    room.conclude(subject, alert(subject), alert(subject, seconds=60))
    room.conclude(subject, alert(subject), alert(subject, seconds=60))
    again = room.case(MAKER, case)
    assert (again["findings"], again["state"]) == (2, "active")
    assert len([each for each in again["history"] if each["action"] == "opened"]) == 1
    rows = room.owner.execute("SELECT change FROM suyuan.notice WHERE case_id = %s ORDER BY notice_id", [case])
    assert [change for (change,) in rows] == ["opened", "state", "evidence"]


def test_late_evidence_closes_a_case_by_itself_and_opens_it_again_as_new(room):
    subject, case = room.travel("B2")
    room.move(MAKER, case, "active")
    room.move(MAKER, case, "investigating")
    room.conclude(subject)
    closed = room.case(MAKER, case)
    assert (closed["state"], closed["reason"], closed["findings"]) == ("closed", "evidence_withdrawn", 0)
    assert closed["explanation"] == {"evidence": [], "innocent": None, "silent_if": None}
    room.conclude(subject, alert(subject))
    assert room.case(MAKER, case)["state"] == "new"


def test_a_person_may_undo_a_closing_by_itself_and_a_persons_closing_stays(room):
    subject, case = room.travel("B3")
    room.conclude(subject)
    room.move(MAKER, case, "active", remark="I still doubt it")
    room.conclude(subject, alert(subject))
    assert room.case(MAKER, case)["state"] == "active"
    room.move(MAKER, case, "closed", reason="known_benign_pattern")
    room.conclude(subject)
    room.conclude(subject, alert(subject), alert(subject, seconds=9))
    kept = room.case(MAKER, case)
    assert (kept["state"], kept["reason"], kept["findings"]) == ("closed", "known_benign_pattern", 2)


def test_deadlines_are_shown_and_what_nobody_closes_goes_to_the_authority(database, room):
    _, case = room.travel("C1")
    _, answered = room.travel("C2")
    days = [
        {"day": str(datetime.now(UTC).date() + timedelta(days=n)), "works": True, "name": "working weekend"}
        for n in range(-1, 5)
    ]
    room.ask(PLATFORM, "PUT", "/api/v1/calendar", json={"days": days})
    shown = room.case(MAKER, case)
    opened = datetime.fromisoformat(shown["created_at"])
    assert datetime.fromisoformat(shown["deadlines"]["answer_due"]) == opened + timedelta(days=2)
    assert datetime.fromisoformat(shown["deadlines"]["escalation_due"]) == opened + timedelta(days=7)
    room.move(MAKER, answered, "active")
    room.move(MAKER, answered, "investigating")
    room.owner.execute(
        "UPDATE suyuan.incident SET due_from = now() - interval '4 days' WHERE case_id = ANY (%s::uuid[])",
        [[case, answered]],
    )
    assert room.case(MAKER, case)["deadlines"]["answer_overdue"]
    assert not room.case(MAKER, answered)["deadlines"]["answer_overdue"]
    with connect(database.notifier_dsn) as notifier:
        assert notices.escalate_overdue(notifier, 7) == 0
    room.owner.execute("UPDATE suyuan.incident SET due_from = now() - interval '8 days' WHERE case_id = %s", [case])
    overdue = room.ask(MAKER, "GET", "/api/v1/cases?overdue=true").json()["cases"]
    assert [each["case_id"] for each in overdue] == [case]
    with connect(database.notifier_dsn) as notifier:
        assert notices.escalate_overdue(notifier, 7) == 1
    escalated = room.case(AUTHORITY, case)
    assert states(escalated)[-1] == ("new", "escalated", None, "deadline")
    with connect(database.notifier_dsn) as notifier:
        assert notices.escalate_overdue(notifier, 7) == 0
    room.move(MAKER, case, "active", remark="we have it")


def test_a_case_is_assigned_commented_and_another_tenants_is_not_there(room):
    _, case = room.travel("C3")
    room.ask(MAKER, "POST", f"/api/v1/cases/{case}/assignment", json={"assignee": "inspector 7"})
    room.ask(MAKER, "POST", f"/api/v1/cases/{case}/comments", 201, json={"text": "asked for papers"})
    mine = room.ask(MAKER, "GET", "/api/v1/cases?assignee=inspector 7").json()["cases"]
    assert [each["case_id"] for each in mine] == [case]
    for stranger in (RIVAL, DEALER, OTHER_DEALER):
        room.case(stranger, case, 404)
        room.ask(stranger, "POST", f"/api/v1/cases/{case}/comments", 404, json={"text": "x"})
        assert case not in [each["case_id"] for each in room.ask(stranger, "GET", "/api/v1/cases").json()["cases"]]
    assert room.case(AUTHORITY, case)["assignee"] == "inspector 7"
    looks = room.owner.execute("SELECT request FROM suyuan.oversight_log WHERE org_id = %s", [AUTHORITY]).fetchall()
    assert (f"GET /api/v1/cases/{case}",) in looks


def test_pages_of_cases_give_each_once(room):
    for number in range(5):
        room.travel(f"P{number}")
    path, found = "/api/v1/cases?limit=2", []
    while path:
        page = room.ask(MAKER, "GET", path).json()
        found += [each["case_id"] for each in page["cases"]]
        path = page["next"]
    assert len(found) == len(set(found)) >= 5


def test_a_day_that_is_named_twice_is_refused_by_name(room):
    twice = {"days": [{"day": "2000-01-01", "works": False}] * 2}
    assert "twice" in room.ask(PLATFORM, "PUT", "/api/v1/calendar", 422, json=twice).json()["detail"]
