"""Cases: moved, undone, escalated, closed by themselves, appealed against, bundled; and what rules learn from them."""

import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import psycopg
import pytest
from PIL import Image

from gateway.store import notices
from resolver.__main__ import main
from schemas.price import price_channel
from tests.support.case_world import (
    AUTHORITY,
    DEALER,
    GTIN,
    LANE,
    MAKER,
    OTHER_DEALER,
    PLATFORM,
    RIVAL,
    alert,
    case_room,
    item,
    lane_alert,
    seen,
)


@pytest.fixture(scope="module")
def room(database, tmp_path_factory):
    with case_room(database, tmp_path_factory.mktemp("room")) as room:
        yield room


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
        ({"state": "investigating"}, 409, "state"),
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


def test_deadlines_are_shown_and_what_nobody_closes_goes_to_the_authority(room):
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
    assert notices.escalate_overdue(room.gateway, 7) == 0
    room.owner.execute("UPDATE suyuan.incident SET due_from = now() - interval '8 days' WHERE case_id = %s", [case])
    overdue = room.ask(MAKER, "GET", "/api/v1/cases?overdue=true").json()["cases"]
    assert [each["case_id"] for each in overdue] == [case]
    assert notices.escalate_overdue(room.gateway, 7) == 1
    escalated = room.case(AUTHORITY, case)
    assert states(escalated)[-1] == ("new", "escalated", None, "deadline")
    assert notices.escalate_overdue(room.gateway, 7) == 0
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


# The accused dealer


@pytest.fixture(scope="module")
def lane(room):
    room.conclude(LANE, lane_alert())
    return room.case_of(LANE, "diverted")


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


# Files and bundles


@pytest.mark.parametrize(
    ("name", "kind", "content", "status"),
    [
        ("a.pdf", "application/pdf", b"MZ\x90 not a pdf", 422),
        ("a.exe", "application/octet-stream", b"MZ", 415),
        ("../a.txt", "text/plain", b"x", 422),
        ("a.json", "application/json", b"{", 422),
        ("a.txt", "text/plain", b"\xff\xfe", 422),
        ("a.txt", "text/plain", b"", 422),
        ("big.txt", "text/plain", b"x" * (8 * 1024 * 1024 + 1), 413),
    ],
)
def test_a_file_that_is_not_what_it_says_or_too_much_is_refused(room, name, kind, content, status):
    _, case = room.travel("F1")
    path = f"/api/v1/cases/{case}/files"
    room.ask(MAKER, "POST", path, status, params={"name": name}, content=content, headers={"Content-Type": kind})
    assert room.case(MAKER, case)["files"] == []


def test_a_file_comes_back_as_it_was_and_twice_the_same_is_once(room):
    _, case = room.travel("F2")
    content = "照片说明：瓶盖不同".encode()
    for new in (True, False):
        attached = room.ask(
            MAKER,
            "POST",
            f"/api/v1/cases/{case}/files",
            201,
            params={"name": "说明.txt"},
            content=content,
            headers={"Content-Type": "text/plain"},
        ).json()
        assert attached["new"] is new
    assert attached["sha256"] == sha256(content).hexdigest()
    back = room.ask(MAKER, "GET", f"/api/v1/cases/{case}/files/{attached['sha256']}")
    assert back.content == content
    assert back.headers["content-disposition"].startswith("attachment")
    room.ask(RIVAL, "GET", f"/api/v1/cases/{case}/files/{attached['sha256']}", 404)
    room.ask(MAKER, "GET", f"/api/v1/cases/{case}/files/{'0' * 64}", 404)


@pytest.fixture(scope="module")
def bundle(room):
    subject, case = room.travel("G1")
    for hour in range(3):
        seen(room.owner, subject, datetime(2026, 5, 1, hour, tzinfo=UTC))
    room.ask(
        MAKER,
        "POST",
        f"/api/v1/cases/{case}/files?name=note.txt",
        201,
        content=b"note",
        headers={"Content-Type": "text/plain"},
    )
    return case, room.ask(MAKER, "GET", f"/api/v1/cases/{case}/bundle").content


def test_the_bundle_of_a_case_in_the_same_state_is_the_same_bytes(room, bundle):
    case, content = bundle
    assert room.ask(MAKER, "GET", f"/api/v1/cases/{case}/bundle").content == content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert len(json.loads(archive.read("events.json"))) == 3
        assert json.loads(archive.read("findings.json"))[0]["rule"] == "impossible_travel"
        assert json.loads(archive.read("case.json"))["subject"] == item("G1")
        assert set(json.loads(archive.read("keys.json"))) == {"codes", "readers"}
        assert archive.read(f"files/{sha256(b'note').hexdigest()}") == b"note"


def changed(content, change):
    """The bundle with its members as ``change`` leaves them."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def re_hashed(members):
    manifest = json.loads(members["manifest.json"])
    members["events.json"] = b"[]\n"
    for each in manifest["files"]:
        each["sha256"] = sha256(members[each["name"]]).hexdigest()
    members["manifest.json"] = json.dumps(manifest).encode()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda members: members.update({"events.json": b"[]\n"}), "changed"),
        (lambda members: members.update({"more.json": b"{}"}), "added"),
        (lambda members: members.pop("history.json"), "missing"),
        (lambda members: members.pop("manifest.json"), "no_manifest"),
        (re_hashed, "signature"),
    ],
)
def test_whatever_is_done_to_a_bundle_the_command_tells(bundle, tmp_path, capsys, change, reason):
    path = tmp_path / "bundle.zip"
    path.write_bytes(changed(bundle[1], change))
    assert main(["bundle", "verify", str(path)]) == 1
    assert json.loads(capsys.readouterr().out)["reason"] == reason


def test_a_bundle_holds_with_the_published_keys_and_not_with_anothers(room, bundle, tmp_path, capsys):
    path, keys = tmp_path / "bundle.zip", tmp_path / "keys.json"
    path.write_bytes(bundle[1])
    keys.write_bytes(room.client.get("/.well-known/http-message-signatures-directory").content)
    assert main(["bundle", "verify", str(path), "--keys", str(keys)]) == 0
    assert json.loads(capsys.readouterr().out)["key_published"] is True
    keys.write_text('{"keys": []}')
    assert main(["bundle", "verify", str(path), "--keys", str(keys)]) == 1
    assert json.loads(capsys.readouterr().out)["reason"] == "unknown_key"
    path.write_bytes(bundle[1][:-40])
    assert main(["bundle", "verify", str(path)]) == 1
    assert json.loads(capsys.readouterr().out)["reason"] == "no_zip"


# What rules learn


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


# Consumers' reports


def test_a_price_far_below_the_channels_is_flagged_to_the_maker_and_to_nobody_else(room):
    for number, price in enumerate([12800, 12900, 13000, 12700, 13100, 12800, 4990]):
        room.owner.execute(
            "INSERT INTO suyuan.consumer_report (report_id, item_id, owner_org, suspicion, price_fen)"
            " VALUES (gen_random_uuid(), %s, %s, 'price', %s)",
            [item(f"M{number}"), MAKER, price],
        )
        room.owner.execute(
            "INSERT INTO suyuan.first_scan VALUES (%s, %s, 'depot-chengdu', 'shanghai', false, now())",
            [item(f"M{number}"), MAKER],
        )
    listed = room.ask(MAKER, "GET", f"/api/v1/reports?gtin={GTIN}").json()["reports"]
    assert [each["price_fen"] for each in listed if each["far_below"]] == [4990]
    assert listed[0]["channel"] == {"market_id": "shanghai", "prices": 7, "median_fen": 12800}
    assert room.ask(RIVAL, "GET", "/api/v1/reports").json()["reports"] == []
    room.ask(DEALER, "GET", "/api/v1/reports", 403)


def test_reports_and_evidence_agree_on_what_a_product_costs_and_which_prices_are_slips(room):
    gtin, prices = "09521234000990", [12800, 12900, 13400, 11700, 13100, 12750, 128, 307200, 10000, 4990]
    for number, price in enumerate(prices):
        room.owner.execute(
            "INSERT INTO suyuan.consumer_report (report_id, item_id, owner_org, suspicion, price_fen)"
            " VALUES (gen_random_uuid(), %s, %s, 'price', %s)",
            [f"01/{gtin}/21/P{number}", MAKER, price],
        )
    channel = price_channel(prices)
    assert channel is not None
    listed = room.ask(MAKER, "GET", f"/api/v1/reports?gtin={gtin}").json()["reports"]
    shown = {"market_id": None, "prices": channel.prices, "median_fen": round(channel.middle)}
    assert [row["channel"] for row in listed] == [shown] * len(prices)
    far = [row["price_fen"] for row in listed if row["far_below"]]
    assert far == [price for price in prices if channel.far_below(price)] == [4990], "a slip is no low price"


def test_a_photo_is_kept_without_what_the_camera_wrote_into_it(room):
    picture = Image.new("RGB", (3000, 20), "red")
    exif = Image.Exif()
    exif[0x010F] = "Camera of somebody"
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", exif=exif)
    (report,) = room.owner.execute(
        "INSERT INTO suyuan.consumer_report (report_id, item_id, owner_org, suspicion)"
        " VALUES (gen_random_uuid(), %s, %s, 'counterfeit') RETURNING report_id",
        [item("M9"), MAKER],
    ).fetchone()
    path = f"/reports/{report}/photos"
    added = room.client.post(path, content=buffer.getvalue())
    assert added.status_code == 201, added.text
    assert room.client.post(path, content=b"GIF89a no photo").status_code == 422
    assert room.client.post(path, content=b"x" * (4 * 1024 * 1024 + 1)).status_code == 413
    unknown = room.client.post("/reports/00000000-0000-4000-8000-000000000000/photos", content=buffer.getvalue())
    assert unknown.status_code == 404
    shown = f"/api/v1/reports/{report}/photos/{added.json()['sha256']}"
    kept = Image.open(io.BytesIO(room.ask(MAKER, "GET", shown).content))
    assert kept.width == 2048
    assert not kept.getexif()
    room.ask(RIVAL, "GET", shown, 404)
    listed = room.ask(MAKER, "GET", f"/api/v1/reports?item={item('M9')}").json()["reports"]
    assert listed[0]["photos"] == [added.json()["sha256"]]
