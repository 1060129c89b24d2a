"""A case gathers the alerts that share a cause; people's decisions, notices and the accused's view follow."""

from random import Random

import psycopg
import pytest

from gateway.store import incident_members, incidents
from schemas.finding import Finding, Kind, Level
from schemas.subject import LaneSubject
from tests.support.case_world import (
    AUTHORITY,
    DEALER,
    LANE,
    MAKER,
    OTHER_DEALER,
    RIVAL,
    SITE,
    T0,
    alert,
    item,
    lane_alert,
)

DAY_S = 86_400


def case_of(room, serial):
    return room.case_of(item(serial), "copied")


def raise_alerts(room, serials, dealer, *, seconds=0, kind=Kind.COPIED):
    for number, serial in enumerate(serials):
        room.conclude(item(serial), alert(item(serial), kind=kind, seconds=seconds + number, dealer=dealer))


def notices_of(room, case):
    rows = room.owner.execute(
        "SELECT change, findings, members, more FROM suyuan.notice WHERE case_id = %s ORDER BY notice_id", [case]
    )
    return rows.fetchall()


def test_a_hundred_copied_codes_of_one_dealer_are_one_case_and_a_handful_of_notices(room):
    raise_alerts(room, [f"A{n:02}" for n in range(100)], "dealer-many")
    (case,) = {case_of(room, f"A{n:02}") for n in range(100)}
    shown = room.case(MAKER, case)
    assert (shown["members"], shown["findings"], shown["kinds"]) == (100, 100, {"copied": 100})
    assert shown["cause"]["en"] == "Goods that one dealer had (dealer-many): 100 alerts, 100 about one unit each."
    assert len(shown["first_members"]) == 20
    told = notices_of(room, case)
    assert told[0] == ("opened", 1, 1, 0)
    assert [more for *_, more in told[1:]] == [1, 2, 4, 8, 16, 32], "each time that there are twice as many"
    assert [entry["remark"] for entry in shown["history"] if entry["action"] == "members"][-1] == "+32"


def test_members_come_in_pages_and_a_case_is_found_by_any_of_them(room):
    raise_alerts(room, [f"B{n}" for n in range(7)], "dealer-pages")
    path, found = f"/api/v1/cases/{case_of(room, 'B0')}/members?limit=3", []
    while path:
        page = room.ask(MAKER, "GET", path).json()
        found += [member["subject"] for member in page["members"]]
        path = page["next"]
    assert found == [item(f"B{n}") for n in range(7)]
    (case,) = room.ask(MAKER, "GET", f"/api/v1/cases?subject={item('B6')}").json()["cases"]
    (incident,) = room.ask(MAKER, "GET", f"/api/v1/incidents?subject={item('B5')}").json()["incidents"]
    assert case["case_id"] == incident["case_id"] == case_of(room, "B0")


def test_the_weightiest_case_comes_first_and_closed_ones_last(room):
    raise_alerts(room, ["C0"], "dealer-light")
    raise_alerts(room, ["C1", "C2", "C3"], "dealer-heavy")
    raise_alerts(room, ["C4", "C5", "C6", "C7"], "dealer-closed")
    closed = case_of(room, "C4")
    room.move(MAKER, closed, "investigating", remark="straight from new")
    room.move(MAKER, closed, "closed", reason="test_or_sample")
    ordered = [each["case_id"] for each in room.ask(MAKER, "GET", "/api/v1/cases?limit=1000").json()["cases"]]
    places = [ordered.index(case) for case in (case_of(room, "C1"), case_of(room, "C0"), closed)]
    assert places == sorted(places)
    alerts = room.ask(MAKER, "GET", "/api/v1/alerts?limit=1000").json()["alerts"]
    assert [each["case_id"] for each in alerts] == ordered


@pytest.mark.parametrize("path", ["cases", "incidents", "alerts", "findings"])
def test_a_parameter_that_an_address_does_not_have_is_refused_by_name(room, path):
    answer = room.ask(MAKER, "GET", f"/api/v1/{path}?q=VF9X8", 400).json()
    assert (answer["reason"], answer["field"]) == ("unknown_parameter", "q")
    assert "subject" in answer["fix"]


def test_a_decision_stands_for_members_that_follow_until_they_have_doubled(room):
    raise_alerts(room, ["D0", "D1"], "dealer-decided")
    case = case_of(room, "D0")
    room.move(MAKER, case, "investigating")
    room.move(MAKER, case, "closed", reason="known_benign_pattern")
    raise_alerts(room, ["D2", "D3"], "dealer-decided")
    noted = room.case(MAKER, case)
    assert (noted["state"], noted["members"]) == ("closed", 4)
    assert notices_of(room, case)[-1] == ("evidence", 4, 4, 2)
    raise_alerts(room, ["D4"], "dealer-decided")
    reopened = room.case(MAKER, case)
    assert (reopened["state"], reopened["reason"], reopened["members"]) == ("new", None, 5)
    assert notices_of(room, case)[-1][0] == "reopened"
    closures = room.owner.execute("SELECT count(*) FROM suyuan.rule_closure WHERE case_id = %s", [case]).fetchone()
    assert closures == (0,), "a case that is open says nothing of rules"


def test_who_comes_back_has_joined_again_so_that_a_decision_in_between_is_not_about_it(room):
    raise_alerts(room, ["H0", "H1"], "dealer-back")
    joined = "SELECT joined_at FROM suyuan.incident_member WHERE subject = %s"
    before = room.owner.execute(joined, [item("H1")]).fetchone()
    room.conclude(item("H1"))
    room.conclude(item("H1"), alert(item("H1"), dealer="dealer-back"))
    assert room.owner.execute(joined, [item("H1")]).fetchone() > before
    assert case_of(room, "H0") == case_of(room, "H1")


@pytest.fixture
def merged(room):
    """Two cases about one dealer's goods, which its lane joins."""
    raise_alerts(room, ["E0"], SITE)
    raise_alerts(room, ["E1"], SITE, kind=Kind.DIVERTED)
    copied, diverted = case_of(room, "E0"), room.case_of(item("E1"), "diverted")
    for case, text in ((copied, "ours"), (diverted, "theirs")):
        room.ask(MAKER, "POST", f"/api/v1/cases/{case}/comments", 201, json={"text": text})
    room.move(MAKER, diverted, "investigating")
    room.conclude(LANE, lane_alert())
    yield copied, diverted
    for subject in (LANE, item("E0"), item("E1")):
        room.conclude(subject)


def test_cases_that_turn_out_to_be_one_go_on_as_one_and_none_loses_its_history(room, merged):
    copied, diverted = merged
    assert copied != diverted
    survivor, gone = room.case(MAKER, diverted), room.case(MAKER, copied)
    assert (survivor["subject"], survivor["kind"], survivor["members"]) == (LANE, "diverted", 3)
    assert (survivor["state"], survivor["merged"]) == ("investigating", [copied])
    assert (gone["state"], gone["reason"], gone["merged_into"]) == ("closed", "merged", diverted)
    assert gone["moves"] == []
    assert "ours" in [entry["remark"] for entry in gone["history"]]
    assert ("merged", copied) in [(entry["action"], entry["remark"]) for entry in survivor["history"]]
    refused = room.move(MAKER, copied, "active", 409)
    assert (refused["reason"], diverted in refused["fix"]) == ("merged", True)
    room.ask(MAKER, "POST", f"/api/v1/cases/{copied}/comments", 201, json={"text": "still here"})
    room.ask(MAKER, "GET", f"/api/v1/cases/{copied}/bundle")


def test_when_the_lane_is_withdrawn_each_case_stands_by_itself_again(room, merged):
    copied, diverted = merged
    room.conclude(LANE)
    again = room.case(MAKER, copied)
    assert (again["state"], again["merged_into"], again["members"]) == ("new", None, 1)
    assert room.case(MAKER, diverted)["members"] == 1
    assert copied not in room.case(MAKER, diverted)["merged"]


def test_the_accused_sees_its_lane_and_nothing_else_of_the_case(room, merged):
    _, case = merged
    room.ask(MAKER, "POST", f"/api/v1/cases/{case}/comments", 201, json={"text": "please explain", "shared": True})
    limited = room.case(DEALER, case)
    assert (limited["limited"], limited["subject"], limited["members"], limited["findings"]) == (True, LANE, 1, 1)
    assert [member["subject"] for member in limited["first_members"]] == [LANE]
    shown = room.ask(DEALER, "GET", f"/api/v1/cases/{case}/members").json()["members"]
    assert [member["subject"] for member in shown] == [LANE]
    listed = room.ask(DEALER, "GET", "/api/v1/cases").text
    for text in (str(limited), str(shown), listed):
        assert item("E0") not in text
        assert item("E1") not in text
    assert "please explain" in [entry["remark"] for entry in limited["history"]]
    for stranger in (OTHER_DEALER, RIVAL):
        room.ask(stranger, "GET", f"/api/v1/cases/{case}/members", 404)
    assert len(room.ask(AUTHORITY, "GET", f"/api/v1/cases/{case}/members").json()["members"]) == 3


def test_the_database_shows_the_accused_no_member_and_no_notice_that_names_a_unit(room, merged):
    room.conclude(LANE)  # the case goes on without its lane
    with psycopg.connect(room.services.settings.database_url, autocommit=True) as session, session.transaction():
        session.execute("SELECT set_config('suyuan.org', %s, true)", [DEALER])
        assert session.execute("SELECT count(*) FROM suyuan.incident_member").fetchone() == (0,)
        seen = session.execute(
            "SELECT subject FROM suyuan.notice UNION SELECT subject FROM suyuan.accused_case"
            " UNION SELECT subject FROM suyuan.accused_finding"
        ).fetchall()
        assert seen == [(LANE,)]


def test_cases_from_before_there_were_groups_are_grouped_later_and_go_on(room):
    raise_alerts(room, ["G0", "G1"], "dealer-before")
    case = case_of(room, "G0")
    room.owner.execute(
        "UPDATE suyuan.incident_member SET common = 'pending/copied/' || subject, goods = '' WHERE case_id = %s", [case]
    )
    with room.gateway.transaction():
        assert incidents.regroup_pending(room.gateway, 100) == 2
        assert incidents.regroup_pending(room.gateway, 100) == 0
    assert case_of(room, "G0") == case_of(room, "G1") == case
    assert room.case(MAKER, case)["members"] == 2


@pytest.mark.parametrize("seed", range(3))
def test_however_alerts_come_and_go_cases_are_the_groups_of_what_stands(room, seed):
    rng, dealers = Random(seed), [f"dealer-{seed}-{n}" for n in range(2)]
    units = [item(f"R{seed}{n:02}") for n in range(8)]
    lanes = [str(LaneSubject(MAKER, dealer, "shanghai")) for dealer in dealers]
    for _ in range(25):
        subject = rng.choice(units + lanes)
        at = T0 + rng.randrange(300) * DAY_S * 1_000_000
        details = {"dealer": rng.choice(dealers) if subject in units else subject.split("/")[2]}
        found = Finding("a_rule", Kind.COPIED, Level.ALERT, subject, at, 0.9, (str(rng.random()),), details)
        room.conclude(subject, *([found] if rng.random() < 0.7 else []))
    mine = [*units, *lanes]
    stored = {each.member.subject: each.case_id for each in incident_members.stored(room.gateway, mine) if each.stands}
    expected = [
        {member.subject for member in incident.members}
        for incident in incidents.group(incident_members.standing(room.gateway, mine))
    ]
    by_case = {}
    for subject, case in stored.items():
        by_case.setdefault(case, set()).add(subject)
    assert sorted(map(sorted, by_case.values())) == sorted(map(sorted, expected))
    rows = room.owner.execute(
        "SELECT case_id, members, findings, state <> 'closed' FROM suyuan.incident WHERE case_id = ANY (%s)",
        [sorted(by_case)],
    ).fetchall()
    assert {case: (members, alerts) for case, members, alerts, _ in rows} == {
        case: (len(subjects), len(subjects)) for case, subjects in by_case.items()
    }
    assert all(stands for *_, stands in rows)
