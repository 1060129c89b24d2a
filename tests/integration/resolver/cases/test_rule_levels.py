"""What a rule learns from the closures of its cases."""

from tests.support.case_world import (
    MAKER,
    PLATFORM,
    RIVAL,
    alert,
    item,
)


def rule_of(room, org, name):
    return next((each for each in room.ask(org, "GET", "/api/v1/rules").json()["rules"] if each["rule"] == name), None)


def test_a_rule_that_is_hardly_ever_right_falls_silent_says_so_and_can_be_made_to_speak(room):
    rule = "pair_echo"
    # 199 closures that came before; the 200th is closed by a person over the API
    room.owner.execute(
        "INSERT INTO suyuan.rule_closure (rule, case_id, owner_org, closed_at, confirmed)"
        " SELECT %s, gen_random_uuid(), %s, now() - n * interval '1 hour', n <= 9 FROM generate_series(1, 199) AS n",
        [rule, MAKER],
    )
    _, case = room.travel("L1", rule=rule)
    room.move(MAKER, case, "active")
    room.move(MAKER, case, "closed", reason="known_benign_pattern")
    silent = rule_of(room, MAKER, rule)
    assert (silent["level"], silent["closures"], silent["confirmed"], silent["precision"]) == ("watch", 200, 9, 0.045)
    assert "9 of its last 200" in silent["says"]["en"]
    assert rule_of(room, RIVAL, rule) is None
    assert room.owner.execute(
        "SELECT kind, state FROM suyuan.notice WHERE subject = %s", [f"rule/{rule}"]
    ).fetchall() == [("rule", "watch")]
    room.travel("L2", rule=rule)
    assert room.owner.execute(
        "SELECT level FROM suyuan.finding WHERE subject = %s", [item("L2")]
    ).fetchall() == [("watch",)]  # fmt: skip
    assert room.owner.execute("SELECT 1 FROM suyuan.incident WHERE subject = %s", [item("L2")]).fetchall() == []
    body = {"org_id": MAKER, "level": "alert", "remark": "clocks were put right"}
    room.ask(MAKER, "POST", f"/api/v1/rules/{rule}/status", 403, json=body)
    room.ask(PLATFORM, "POST", f"/api/v1/rules/{rule}/status", json=body)
    assert rule_of(room, PLATFORM, rule)["closures"] == 0
    room.conclude(item("L2"), alert(item("L2"), rule=rule))
    assert room.case(MAKER, room.case_of(item("L2"), "copied"))["state"] == "new"
    room.move(MAKER, case, "active")
    room.move(MAKER, case, "closed", reason="data_error")
    assert rule_of(room, MAKER, rule)["level"] == "alert"


def test_a_closure_that_is_taken_back_counts_no_longer_and_some_reasons_never_count(room):
    rule = "counted"
    _, case = room.travel("L3", rule=rule)
    room.move(MAKER, case, "active")
    room.move(MAKER, case, "closed", reason="duplicate")
    assert rule_of(room, MAKER, rule) is None
    room.move(MAKER, case, "active")
    room.move(MAKER, case, "closed", reason="counterfeit_confirmed")
    assert rule_of(room, MAKER, rule)["precision"] == 1
    room.move(MAKER, case, "investigating")
    assert rule_of(room, MAKER, rule) is None
