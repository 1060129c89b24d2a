"""Assessing behind the transaction: the gateway finds what many phones say together, whatever the order of arrival."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from random import Random
from threading import Thread
from uuid import UUID

import psycopg
import pytest
from prometheus_client import CollectorRegistry, generate_latest

from gateway.assess.metrics import AssessMetrics
from gateway.assess.process import AssessmentWorker, Pace
from gateway.assess.store_metrics import StoreMetrics
from gateway.judge import judge
from gateway.retention.metrics import RetentionMetrics
from gateway.retention.process import RetentionWorker
from gateway.store import events as store_events
from gateway.store import findings, item_evidence
from gateway.store.connection import connect
from gateway.store.event_row import EventRow
from gateway.store.incidents import regroup
from gateway.store.staging import prepare
from schemas.assessed import ASSESSED
from schemas.code import Checked, Proof
from schemas.event import Audience, Event, LocationSource
from schemas.explain.explanation import ExplainedFinding, explain
from schemas.finding import Finding, Kind, Level
from schemas.geodesy import Position
from schemas.moment import to_datetime
from schemas.serial import UnitNumber
from scripts.system.fixtures import GTIN, MAKER, add_market, add_site, register_maker
from tests.support.waiting import wait_for

HOUR = 3_600_000_000
DAY = 24 * HOUR
T0 = 1_780_000_000_000_000
AS_RECORDED = T0 + 90 * DAY
CITIES = {
    "shanghai": Position(31.2304, 121.4737, 100),
    "guangzhou": Position(23.1291, 113.2644, 100),
    "chengdu": Position(30.5728, 104.0668, 100),
    "urumqi": Position(43.8256, 87.6168, 100),
    "harbin": Position(45.8038, 126.5350, 100),
    "lhasa": Position(29.6520, 91.1721, 100),
}
HOME = "shanghai"
COPIED, OTHERS = range(5), range(5, 40)


@pytest.fixture(scope="module")
def owner(database) -> psycopg.Connection:
    with database.owner() as owner:
        register_maker(owner, quantity=100, territory=())
        for city, where in CITIES.items():
            add_market(owner, city, where.latitude, where.longitude, 60)
        for name, kind, city in (
            ("plant", "plant", "chengdu"),
            ("dealer-a", "dealer", HOME),
            ("shop-a1", "shop", HOME),
            ("shop-a2", "shop", HOME),
            ("dealer-b", "dealer", "guangzhou"),
            ("shop-b1", "shop", "guangzhou"),
        ):
            add_site(owner, name, kind, CITIES[city].latitude, CITIES[city].longitude)
        yield owner


def unit(index: int) -> str:
    return f"01/{GTIN}/21/{index:020}"


def row(number: int, index: int, days: float, step: str = "receiving", **more) -> EventRow:
    event = Event(unit(index), T0 + int(days * DAY), step, **more)
    checked = Checked(Proof.SEALED, unit(index), MAKER, UnitNumber(0, 1, index))
    return EventRow(UUID(int=number), event, checked, (), MAKER, more.get("read_point") or "web", 2)


def look(number: int, index: int, days: float, city: str, handset: str) -> EventRow:
    place = {"position": CITIES[city], "source": LocationSource.GPS, "audience": Audience.CONSUMER}
    seen = row(number, index, days, "inspecting", handset=handset, **place)
    return seen._replace(network=f"network of {handset}", operator=f"operator-{number % 3}")


def story() -> list[EventRow]:
    """Forty units come to two dealers' shops and are looked at where they are sold; five were copied at the first."""
    rows, number = [], iter(range(1, 10_000))
    for index in (*COPIED, *OTHERS):
        dealer, shop, city = ("dealer-a", f"shop-a{1 + index % 2}", HOME)
        if index >= 20:
            dealer, shop, city = "dealer-b", "shop-b1", "guangzhou"
        rows.append(row(next(number), index, index / 50, "shipping", read_point="plant"))
        rows.append(row(next(number), index, 2 + index / 40, read_point=dealer))
        rows.append(row(next(number), index, 3, "shipping", read_point=dealer))
        rows.append(row(next(number), index, 4, read_point=shop))
        rows.append(row(next(number), index, 12, "retail_selling", read_point=shop))
        rows.append(look(next(number), index, 13 + index / 40, city, f"buyer-{index}"))
    for index in COPIED:
        for copy, city in enumerate(("urumqi", "harbin", "chengdu", "guangzhou", "lhasa")):
            rows.append(look(next(number), index, 20 + 9 * copy + index, city, f"copy-{index}-{copy}"))
    return rows


@pytest.fixture
def connection(database):
    with connect(database.gateway_dsn) as connection:
        prepare(connection)
        yield connection


def empty(owner: psycopg.Connection) -> None:
    owner.execute(
        "TRUNCATE suyuan.event, suyuan.item_state, suyuan.first_scan, suyuan.finding, suyuan.incident,"
        " suyuan.containment_mark, suyuan.item_evidence, suyuan.assessment_due, suyuan.assessment_report,"
        " suyuan.consumer_report CASCADE"
    )


def take(connection, rows: Sequence[EventRow]) -> None:
    with connection.transaction():
        stored = store_events.store(connection, rows, AS_RECORDED)
        judge(connection, rows, now=AS_RECORDED, all_new=stored == len(rows), rule_failed=pytest.fail)


def assessor(database, batch: int = 1000) -> AssessmentWorker:
    return AssessmentWorker(database.gateway_dsn, Pace(0.01, batch, 100, timedelta(days=180)), AssessMetrics())


def concluded(owner) -> tuple[list, list]:
    found = owner.execute(
        "SELECT subject, rule, kind, level, confidence, occurred_at, finding_id, evidence::text FROM suyuan.finding"
        " WHERE withdrawn_at IS NULL ORDER BY subject, finding_id"
    ).fetchall()
    reports = owner.execute(
        "SELECT topic, subject, report::text FROM suyuan.assessment_report ORDER BY topic, subject"
    ).fetchall()
    return found, reports


@pytest.fixture(scope="module")
def expected(owner, database) -> tuple[list, list]:
    empty(owner)
    with connect(database.gateway_dsn) as connection:
        prepare(connection)
        take(connection, sorted(story(), key=lambda each: each.event.occurred_at))
    assessor(database).run_once()
    return concluded(owner)


def test_copies_that_no_rule_sees_are_found_and_their_source_named(owner, expected) -> None:
    found, reports = expected
    copied = {subject for subject, rule, _, level, *_ in found if rule == "copied_evidence" and level == "alert"}
    assert copied == {unit(index) for index in COPIED}
    assert not any(rule == "impossible_travel" for _, rule, *_ in found), "the phones are days apart"
    ((report,),) = owner.execute("SELECT report FROM suyuan.assessment_report WHERE topic = 'leak'").fetchall()
    assert report["codes"] == 5
    assert report["ranked"][0]["site"] == "dealer-a"
    assert "dealer-a" in report["credible"]
    assert report["inspect"]["share"] > 0
    assert sum(each["probability"] for each in report["ranked"]) == pytest.approx(1, abs=1e-3)
    assert {each["item"] for each in report["suspects"]} == copied
    assert {topic for topic, _, _ in reports} == {"leak", "batch", "transit", "calibration"}


def test_an_alert_gives_its_terms_a_posterior_and_the_events_behind_it(owner, expected) -> None:
    ((confidence, evidence),) = owner.execute(
        "SELECT confidence, evidence FROM suyuan.finding WHERE subject = %s AND rule = 'copied_evidence'", [unit(0)]
    ).fetchall()
    details = evidence["details"]
    assert details["nats"] >= details["limit"]
    assert details["handsets"] == 6
    assert details["attested"] == [], "nobody but strangers says so"
    assert details["terms"][0]["nats"] > 0
    assert details["silent_without"]
    assert sum(details["posterior"].values()) == pytest.approx(1, abs=1e-3)
    assert 1 - confidence == pytest.approx(details["posterior"]["genuine"] + details["posterior"]["device"], abs=1e-3)
    events = {str(event) for (event,) in owner.execute("SELECT event_id FROM suyuan.event").fetchall()}
    assert set(evidence["events"]) <= events
    assert len(evidence["events"]) >= 3


@pytest.mark.parametrize("seed", range(3))
def test_neither_order_nor_pace_nor_a_restart_changes_what_is_found(
    owner, database, connection, expected, seed
) -> None:
    empty(owner)
    rng, rows = Random(seed), story()
    rng.shuffle(rows)
    process = assessor(database, batch=7)
    while rows:
        size = rng.randrange(1, 60)
        take(connection, rows[:size])
        rows = rows[size:]
        if rng.random() < 0.4:
            process.run_once()
        if rng.random() < 0.4:
            process = assessor(database)
    process.run_once()
    assert concluded(owner) == expected


def test_rules_and_assessing_leave_each_other_s_findings_alone(owner, database, connection, expected) -> None:
    empty(owner)
    take(connection, story())
    process = assessor(database)
    process.run_once()
    alarm = Finding("impossible_travel", Kind.COPIED, Level.ALERT, unit(0), T0, 0.9, ("e",), {"km": 900.0})
    with connection.transaction():
        changed: set[str] = set()
        findings.add(connection, [(MAKER, alarm)], changed)
        regroup(connection, changed)
    process.run_once()
    standing = "SELECT rule FROM suyuan.finding WHERE subject = %s AND withdrawn_at IS NULL ORDER BY rule"
    both = [("copied_evidence",), ("impossible_travel",)]
    assert owner.execute(standing, [unit(0)]).fetchall() == both
    ((count,),) = owner.execute(
        "SELECT findings FROM suyuan.incident_member WHERE subject = %s AND kind = 'copied'", [unit(0)]
    ).fetchall()
    assert count == 2, "one member, two findings"
    # A late event judges the unit anew: the rule's finding, which no event bears out, goes; assessing's stays.
    take(connection, [row(9_999, 0, 1, "shipping", read_point="dealer-a")])
    assert owner.execute(standing, [unit(0)]).fetchall() == both[:1]


def test_what_is_taken_back_closes_by_itself(owner, database, connection, expected) -> None:
    empty(owner)
    take(connection, story())
    process = assessor(database)
    process.run_once()
    owner.execute("DELETE FROM suyuan.event WHERE handset LIKE 'copy-0-%'")
    owner.execute("INSERT INTO suyuan.assessment_due VALUES (%s)", [unit(0)])
    process.run_once()
    rows = owner.execute(
        "SELECT m.subject, m.left_at IS NULL, i.members, i.state FROM suyuan.incident_member AS m"
        " JOIN suyuan.incident AS i USING (case_id) WHERE m.kind = 'copied' ORDER BY m.subject"
    ).fetchall()
    assert rows == [(unit(index), index > 0, 4, "new") for index in COPIED], "one incident, which one unit left"
    owner.execute("DELETE FROM suyuan.event WHERE handset LIKE 'copy-%'")
    owner.execute("INSERT INTO suyuan.assessment_due SELECT DISTINCT item_id FROM suyuan.item_evidence")
    process.run_once()
    states = owner.execute("SELECT state, reason, members FROM suyuan.incident WHERE kind = 'copied'").fetchall()
    assert states == [("closed", "evidence_withdrawn", 0)]


def test_time_acquits_nobody(owner, database, connection, expected) -> None:
    """Half a year after the last look at a copied unit, other goods are looked at."""
    empty(owner)
    take(connection, story())
    process = assessor(database)
    process.run_once()
    take(connection, [look(9_900, 30, 300, "guangzhou", "late-buyer")])
    process.run_once()
    standing = [each for each in concluded(owner)[0] if each[1] == "copied_evidence"]
    assert standing == [each for each in expected[0] if each[1] == "copied_evidence"]


def test_a_part_that_raises_is_counted_and_the_others_go_on(owner, database, connection, expected, monkeypatch) -> None:
    empty(owner)
    take(connection, story())
    process = assessor(database)

    def broken(*_: object) -> set[int]:
        raise ZeroDivisionError("a mistake")

    monkeypatch.setattr("gateway.evidence.pools.Pools.judge_homes", broken)
    process.run_once()
    assert process.metrics.registry.get_sample_value("suyuan_assessment_failures_total", {"part": "homes"}) == 1
    assert [each for each in concluded(owner)[0] if each[1] in ASSESSED] == [
        each for each in expected[0] if each[1] in ASSESSED
    ]


def other_owner_s(rows: Sequence[EventRow]) -> list[EventRow]:
    return [each._replace(checked=replace(each.checked, org_id="another")) for each in rows]


def test_an_owner_s_goods_that_the_store_refuses_wait_and_the_others_are_assessed(
    owner, database, connection, expected
) -> None:
    """Reports must belong to a registered organisation, which one of the two owners isn't at first."""
    empty(owner)
    theirs = [look(9_000 + index, 60 + index, 1, HOME, f"other-{index}") for index in range(3)]
    take(connection, story() + other_owner_s(theirs))
    worker = assessor(database)
    thread = Thread(target=worker.run)

    def reports_of(owner_org: str) -> bool:
        (count,) = owner.execute(
            "SELECT count(*) FROM suyuan.assessment_report WHERE owner_org = %s", [owner_org]
        ).fetchone()
        return count > 0

    def refusals() -> float:
        return worker.metrics.registry.get_sample_value("suyuan_assessment_failures_total", {"part": "store"}) or 0

    thread.start()
    try:
        wait_for(lambda: reports_of(MAKER) and refusals() >= 2)
        assert not reports_of("another")
        assert [each for each in concluded(owner)[0] if each[1] in ASSESSED] == [
            each for each in expected[0] if each[1] in ASSESSED
        ]
        owner.execute(
            "INSERT INTO suyuan.organisation (org_id, name, name_zh, kind) VALUES ('another', 'A', '甲', 'maker')"
        )
        wait_for(lambda: reports_of("another"))
    finally:
        worker.stop()
        thread.join(20)
    assert not thread.is_alive()


def test_changed_items_are_weighed_while_the_next_whole_pass_has_to_wait(owner, database, connection, expected) -> None:
    """After a whole pass whose share of the core is used up for hours, a unit's copies are looked at."""
    empty(owner)
    copies = [each for each in story() if (each.event.handset or "").startswith("copy-0-")]
    take(connection, [each for each in story() if each not in copies])
    worker = assessor(database)
    worker.run_once()
    worker._not_before[MAKER] = float("inf")
    thread = Thread(target=worker.run)
    thread.start()
    try:
        take(connection, copies)
        accused = (
            "SELECT count(*) FROM suyuan.finding WHERE subject = %s AND rule = 'copied_evidence' AND level = 'alert'"
        )
        wait_for(lambda: owner.execute(accused, [unit(0)]).fetchone() == (1,))
    finally:
        worker.stop()
        thread.join(20)
    assert not thread.is_alive()
    assert worker.metrics.registry.get_sample_value("suyuan_assessment_passes_total") == 1
    assessor(database).run_once()
    assert concluded(owner) == expected


def report(owner, index: int, reporter: str, suspicion: str = "counterfeit", price_fen: int | None = None) -> None:
    """A consumer's report, as the resolver keeps it."""
    owner.execute(
        "INSERT INTO suyuan.consumer_report (report_id, item_id, owner_org, suspicion, price_fen, reporter, network)"
        " VALUES (gen_random_uuid(), %s, %s, %s, %s, %s, %s)",
        [unit(index), MAKER, suspicion, price_fen, reporter, f"network of {reporter}"],
    )


def copied(owner, index: int) -> dict:
    ((confidence, evidence),) = owner.execute(
        "SELECT confidence, evidence FROM suyuan.finding"
        " WHERE subject = %s AND rule = 'copied_evidence' AND withdrawn_at IS NULL",
        [unit(index)],
    ).fetchall()
    return evidence["details"] | {"confidence": confidence}


def test_what_buyers_report_is_weighed_with_the_rest_and_explained(owner, database, connection, expected) -> None:
    empty(owner)
    report(owner, 0, "early")
    process = assessor(database)
    process.run_once()
    assert concluded(owner) == ([], []), "nobody has looked at the unit yet"
    take(connection, story())
    process.run_once()
    before = copied(owner, 0)
    report(owner, 0, "buyer-0")
    for index in range(10, 18):
        report(owner, index, f"buyer-{index}", "price", 12_800 + 10 * index)
    report(owner, 0, "copy-0-0", "price", 7_900)
    process.run_once()
    after = copied(owner, 0)
    terms = {term["name"]: term for term in after["terms"]}
    assert terms["reported"] == {"name": "reported", "nats": 2.5, "reporters": 2}
    assert terms["low_price"]["share"] == pytest.approx(0.61, abs=0.01)
    assert after["nats"] == pytest.approx(before["nats"] + 1.0 + terms["low_price"]["nats"], abs=0.01)
    words = explain(
        [ExplainedFinding("copied_evidence", after["confidence"], T0, after | {"terms": [*terms.values()][-2:]})]
    )
    assert "举报" in words.lines("zh")[0]
    assert "reported" in words.lines("en")[0]


def test_a_flood_of_reports_raises_no_alert(owner, database, connection, expected) -> None:
    empty(owner)
    take(connection, story())
    for index in range(40):
        report(owner, index, f"phone-{index}", price_fen=7_900)
        report(owner, index, "rival", "diverted", 4_990)
    assessor(database).run_once()
    accused = owner.execute("SELECT subject, rule FROM suyuan.finding WHERE level = 'alert' AND withdrawn_at IS NULL")
    assert sorted(accused.fetchall()) == [(unit(index), "copied_evidence") for index in COPIED]


def test_reports_come_in_any_order_and_a_person_who_is_forgotten_goes_from_them(
    owner, database, connection, expected
) -> None:
    found = []
    for first in (True, False):
        empty(owner)
        if first:
            report(owner, 0, "buyer-0")
        take(connection, story())
        assessor(database).run_once()
        if not first:
            report(owner, 0, "buyer-0")
            assessor(database).run_once()
        found.append(concluded(owner))
    assert found[0] == found[1] != expected
    owner.execute("SELECT suyuan.forget_handset('{buyer-0}', 500)")
    assessor(database).run_once()
    kept = owner.execute("SELECT reports FROM suyuan.item_evidence WHERE item_id = %s", [unit(0)]).fetchone()
    assert kept is not None
    assert [(voice, network) for _, voice, _, _, network in kept[0]] == [("", "")]


def test_who_is_forgotten_goes_from_what_rules_and_assessing_remember_of_the_goods(owner, database, connection) -> None:
    empty(owner)
    take(connection, story())
    assessor(database).run_once()
    phones = owner.execute("SELECT DISTINCT handset FROM suyuan.event WHERE audience = 'consumer'").fetchall()
    remembered = "SELECT string_agg(looks::text, '') FROM suyuan.item_evidence"
    folded = "SELECT string_agg(folded, '') FROM suyuan.item_state"
    (everything,), (states,) = owner.execute(remembered).fetchone(), owner.execute(folded).fetchone()
    (phone,) = next(each for each in phones if f'"{each[0]}"' in everything and f'"handset/{each[0]}"' in states)
    assert owner.execute("SELECT suyuan.forget_handset(%s, 500) > 0", [[phone]]).fetchone() == (True,)
    assessor(database).run_once()
    (everything,), (states,) = owner.execute(remembered).fetchone(), owner.execute(folded).fetchone()
    assert f'"{phone}"' not in everything
    assert f'"handset/{phone}"' not in states


def expire(database, days_later: float) -> int:
    """What retention of 180 days does so long after everything was recorded."""
    now = to_datetime(AS_RECORDED + int(days_later * DAY))
    return RetentionWorker(
        database.gateway_dsn, timedelta(days=180), RetentionMetrics(CollectorRegistry()), lambda: now
    ).run_once()


_PERSONS = """
SELECT handset FROM suyuan.event WHERE audience = 'consumer'
UNION ALL SELECT network FROM suyuan.event UNION ALL SELECT latitude::text FROM suyuan.event
UNION ALL SELECT concat(reporter, network, place, remark, price_fen) FROM suyuan.consumer_report
UNION ALL SELECT encode(content, 'hex') FROM suyuan.report_photo
UNION ALL SELECT concat(handset, network, latitude, source) FROM suyuan.opening
UNION ALL SELECT handset FROM suyuan.tag_read
UNION ALL SELECT convert_from(message, 'UTF8') FROM suyuan.dead_message WHERE topic = 'outbox'
UNION ALL SELECT substring(concat(looks, reports) FROM '[a-z]+-[0-9]+') FROM suyuan.item_evidence
UNION ALL SELECT substring(folded FROM 'handset/[^"]+') FROM suyuan.item_state
"""


def persons(owner) -> list[str]:
    return [text for (text,) in owner.execute(_PERSONS) if text]


def leave_everything(owner, phone: str) -> None:
    """Leave a report with a photo, an opening, a read of a tag and a scan that could not be used."""
    report(owner, 0, phone)
    owner.execute(
        "INSERT INTO suyuan.report_photo SELECT report_id, sha256(%s), %s, created_at, 'image/jpeg', 'x'"
        " FROM suyuan.consumer_report WHERE reporter = %s",
        [phone.encode(), MAKER, phone],
    )
    owner.execute(
        "INSERT INTO suyuan.opening (owner_org, batch_number, unit_index, item_id, opening_id, opened_at, handset,"
        " last_at, network, latitude, longitude, radius_m, source) VALUES (%s, 1, 0, %s, gen_random_uuid(), %s, %s,"
        " now(), 'n', 30, 104, 100, 'gps') ON CONFLICT DO NOTHING",
        [MAKER, unit(0), to_datetime(AS_RECORDED), phone],
    )
    owner.execute("INSERT INTO suyuan.tag VALUES ('\\x04010203040506', %s, 'x') ON CONFLICT DO NOTHING", [MAKER])
    owner.execute(
        "INSERT INTO suyuan.tag_read SELECT '\\x04010203040506', count(*), %s, %s, %s FROM suyuan.tag_read",
        [MAKER, to_datetime(AS_RECORDED), phone],
    )
    owner.execute(
        "INSERT INTO suyuan.dead_message (digest, topic, received_at, message)"
        " VALUES (sha256(%b), 'outbox', %s, convert_to(%s, 'UTF8'))",
        [phone.encode(), to_datetime(AS_RECORDED), f'{{"uri": "/x", "handset": "{phone}"}}'],
    )


def emptied_of_all(owner) -> None:
    empty(owner)
    owner.execute("TRUNCATE suyuan.opening, suyuan.tag, suyuan.tag_read, suyuan.dead_message CASCADE")


def test_what_is_too_old_names_nobody_and_what_was_found_stands(owner, database, connection, expected) -> None:
    emptied_of_all(owner)
    take(connection, story())
    leave_everything(owner, "buyer-0")
    owner.execute("UPDATE suyuan.consumer_report SET created_at = %s", [to_datetime(AS_RECORDED)])
    owner.execute("UPDATE suyuan.report_photo SET created_at = %s", [to_datetime(AS_RECORDED)])
    assessor(database).run_once()
    found = concluded(owner)[0]
    take(connection, [look(9_901, 39, 95, "guangzhou", "young-1")])
    owner.execute("UPDATE suyuan.event SET recorded_at = recorded_at + interval '9 days' WHERE handset = 'young-1'")
    assert expire(database, 179) == 0
    assert expire(database, 181) > 0
    assert persons(owner) == ["young-1", "network of young-1", "23.1291"]
    assert expire(database, 181) == 0
    # The goods go on: what is found of them anew takes nothing back that rested on who is forgotten.
    assessor(database).run_once()
    take(connection, [row(9_999, 0, 1, "shipping", read_point="dealer-a")])
    copied = {each for each in found if each[1] == "copied_evidence"}
    assert copied
    assert copied <= set(concluded(owner)[0])


def test_who_is_forgotten_is_at_once_in_nothing_that_is_kept(owner, database, connection) -> None:
    """Without waiting for anything to be read or judged again."""
    emptied_of_all(owner)
    take(connection, story())
    for phone in ("buyer-0", "other-1"):
        leave_everything(owner, phone)
    assessor(database).run_once()
    assert "buyer-0" in persons(owner)
    forgotten = []
    while not forgotten or forgotten[-1]:
        forgotten += owner.execute("SELECT suyuan.forget_handset('{buyer-0,unknown}', 1)").fetchone()
    assert forgotten[-2:] == [forgotten[-2], 0]
    left = persons(owner)
    assert not [text for text in left if "buyer-0" in text]
    assert {"other-1", "buyer-1"} <= set(left), "others are not forgotten with them"


def test_forgetting_waits_for_an_extract_that_is_being_written(owner, database, connection) -> None:
    emptied_of_all(owner)
    take(connection, story())
    with ThreadPoolExecutor(1) as threads, connect(database.gateway_dsn) as reading:
        with reading.transaction():
            item_evidence.refresh(reading, [unit(0)])
            forgetting = threads.submit(
                lambda: psycopg.connect(database.owner_dsn, autocommit=True).execute(
                    "SELECT suyuan.forget_handset('{buyer-0}', 500)"
                )
            )
            wait_for(lambda: owner.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone() == (1,))
        forgetting.result(20).connection.close()
    assert not [text for text in persons(owner) if "buyer-0" in text]


def test_the_store_s_own_statistics_are_metrics(owner, database) -> None:
    registry = CollectorRegistry()
    StoreMetrics(database.gateway_dsn, registry)
    text = generate_latest(registry).decode()
    assert "suyuan_postgres_up 1.0" in text
    assert 'suyuan_postgres_queue_rows{queue="outbox"}' in text
    assert registry.get_sample_value("suyuan_postgres_database_bytes") > 1_000_000
    assert registry.get_sample_value("suyuan_postgres_commits_total") > 0
    away = CollectorRegistry()
    StoreMetrics("postgresql://nobody@127.0.0.1:1/none", away)
    assert away.get_sample_value("suyuan_postgres_up") == 0


RESTAURANT = Position(31.2400, 121.4600, 100)


def refilled() -> list[EventRow]:
    """Sixty units of the first dealer: the first fifteen go to a restaurant, and turn up full in another city."""
    rows = []
    for index in range(60):
        first = 40_000 + index * 10
        rows.append(row(first, index, index / 50, "shipping", read_point="plant"))
        rows.append(row(first + 1, index, 3, read_point="dealer-a"))
        rows.append(row(first + 2, index, 4, read_point=f"shop-a{1 + index % 2}"))
        rows.append(row(first + 3, index, 12, "retail_selling", read_point=f"shop-a{1 + index % 2}"))
        rows.append(look(first + 4, index, 13 + index / 10, HOME, f"buyer-{index}"))
        if index < 15:
            rows.append(look(first + 5, index, 45 + 2 * index, "harbin", f"diner-{index}"))
    return rows


def open_packs(owner: psycopg.Connection, *, placed: bool) -> None:
    """All are opened by whoever looked first: the first fifteen in one restaurant, the others at home."""
    for index in range(60):
        where = RESTAURANT if index < 15 else replace(CITIES[HOME], latitude=31.0 + index / 40)
        place = (where.latitude, where.longitude, 100, "gps") if placed else (None, None, None, None)
        owner.execute(
            "INSERT INTO suyuan.opening (owner_org, batch_number, unit_index, item_id, opening_id, opened_at, handset,"
            " last_at, latitude, longitude, radius_m, source) VALUES (%s, 1, %s, %s, gen_random_uuid(),"
            " to_timestamp(%s), %s, now(), %s, %s, %s, %s)",
            [MAKER, index, unit(index), (T0 + int((13.1 + index / 10) * DAY)) / 1e6, f"buyer-{index}", *place],
        )


def test_a_ring_of_refillers_is_found_by_where_packs_were_opened(owner, database, connection) -> None:
    found = {}
    for placed in (False, True):
        empty(owner)
        take(connection, refilled())
        open_packs(owner, placed=placed)
        assessor(database).run_once()
        owner.execute("DELETE FROM suyuan.opening")
        alerts = "SELECT subject FROM suyuan.finding WHERE rule = 'refilled_evidence' AND level = 'alert'"
        found[placed] = {subject for (subject,) in owner.execute(alerts).fetchall()}
    assert found[True] == {unit(index) for index in range(15)}
    assert found[False] == set(), "a pack that was opened nowhere was opened at no venue"


def sold_away() -> list[EventRow]:
    """The story without its copies, and twenty units of the first dealer that are first scanned in another market."""
    rows, number = [each for each in story() if not (each.event.handset or "").startswith("copy-")], iter(range(1, 999))
    for index in range(40, 60):
        first = 20_000 + next(number) * 10
        rows.append(row(first, index, index / 50, "shipping", read_point="plant"))
        rows.append(row(first + 1, index, 3, read_point="dealer-a"))
        rows.append(look(first + 2, index, 13 + index / 10, "urumqi", f"buyer-{index}"))
    return rows


def lanes_of(owner) -> tuple[list, int]:
    """The levels of what assessing says of the lane from the first dealer to Urumqi, and the rule's watches."""
    lane = "SELECT level FROM suyuan.finding WHERE subject = %s AND rule = 'lane_evidence' AND withdrawn_at IS NULL"
    watches = "SELECT count(*) FROM suyuan.finding WHERE rule = 'off_territory' AND withdrawn_at IS NULL"
    levels = owner.execute(lane, [f"lane/{MAKER}/dealer-a/urumqi"]).fetchall()
    return [level for (level,) in levels], owner.execute(watches).fetchone()[0]


def test_where_a_batch_may_be_sold_anywhere_the_dealers_contract_says_what_is_diverted(
    owner, database, connection
) -> None:
    empty(owner)
    take(connection, sold_away())
    assessor(database).run_once()
    assert lanes_of(owner) == (["watch"], 0), "without a contract nobody can say that it was not allowed"
    owner.execute(
        "INSERT INTO suyuan.dealer_territory (owner_org, dealer_id, market_id) VALUES (%s, 'dealer-a', %s)",
        [MAKER, HOME],
    )
    take(connection, [look(30_000 + index, index, 40, "urumqi", f"buyer-{index}") for index in range(40, 60)])
    assessor(database).run_once()
    assert lanes_of(owner) == (["alert"], 20)
    owner.execute("DELETE FROM suyuan.dealer_territory")
    take(connection, [look(31_000 + index, index, 41, "urumqi", f"buyer-{index}") for index in range(40, 60)])
    assessor(database).run_once()
    assert lanes_of(owner) == (["watch"], 0)
