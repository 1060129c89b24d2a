"""What strangers can make a genuine unit's page say, and what it takes to say "copied": resolver, store and judging."""

import itertools
from uuid import uuid4

import psycopg
import pytest

from gateway.ingest.transaction import take_scans
from gateway.judge import judge
from gateway.message.decoding import CodeReader
from gateway.store import events, findings
from gateway.store.connection import connect
from gateway.store.event_row import EventRow
from gateway.store.keys import load_keyring
from gateway.store.staging import prepare
from resolver.access import handset
from resolver.access.token_scope import SCOPES
from resolver.app import create_app
from resolver.registry import tokens
from resolver.verdict.store import MAX_HISTORY
from schemas.assessed import COPIED
from schemas.code import check
from schemas.digital_link import parse
from schemas.event import Event, LocationSource
from schemas.finding import Finding, Kind, Level
from schemas.geodesy import Position
from schemas.keys import seal_key
from schemas.moment import to_microseconds
from schemas.serial import Sealer
from scripts.system.fixtures import GTIN, MAKER, add_site, register_maker
from tests.support.served import SEAL_ROOT, resolver_services, served
from tests.support.waiting import wait_for

MINUTE = 60_000_000
WUHAN, HARBIN = (30.52, 114.36), (45.75, 126.64)
PERSON = {"Accept": "text/html", "Accept-Language": "en", "User-Agent": "Mozilla/5.0"}
_numbers = itertools.count()


@pytest.fixture(scope="module")
def owner(database):
    with psycopg.connect(database.owner_dsn, autocommit=True) as connection:
        register_maker(connection, quantity=1000)
        for name, (latitude, longitude) in (("till-wuhan", WUHAN), ("till-harbin", HARBIN)):
            add_site(connection, name, "shop", latitude, longitude)
        yield connection


@pytest.fixture(scope="module")
def services(owner, database, tmp_path_factory):
    return resolver_services(database, tmp_path_factory.mktemp("secrets"), code_rate="0")


@pytest.fixture(scope="module")
def client(services):
    with served(create_app(services)) as client:
        services.keyring.refresh()
        yield client


@pytest.fixture(scope="module")
def gateway(owner, database):
    with connect(database.gateway_dsn) as gateway:
        prepare(gateway)
        yield gateway


def another_unit() -> str:
    """The item of a unit that nothing has happened to."""
    return f"01/{GTIN}/21/" + Sealer(seal_key(SEAL_ROOT, MAKER, 0), 0).seal(GTIN, 1, next(_numbers))


@pytest.fixture
def unit():
    """The path of such a unit."""
    return f"/{another_unit()}"


@pytest.fixture
def settled(services, gateway, owner, unit):
    """Waits until ``n`` scans of the unit are stored and judged: ``settled(n)``."""
    codes = CodeReader(load_keyring(gateway, SEAL_ROOT))
    counted = "SELECT count(*) FROM suyuan.event WHERE item_id = %s"

    def judged() -> int:
        with gateway.transaction():
            take_scans(gateway, 500, codes, now=to_microseconds(services.clock()), rule_failed=pytest.fail)
        return owner.execute(counted, [unit[1:]]).fetchone()[0]

    return lambda expected: wait_for(lambda: judged() == expected)


def observe(gateway, services, *events_: Event, by: str = MAKER) -> None:
    """Readers of an organisation report events, which are judged."""
    keyring = services.keyring.current()
    rows = [
        EventRow(uuid4(), event, check(parse(event.item), keyring), (), by, event.read_point or "line", 2)
        for event in events_
    ]
    with gateway.transaction():
        events.store(gateway, rows, to_microseconds(services.clock()))
        judge(gateway, rows, now=to_microseconds(services.clock()), all_new=True, rule_failed=pytest.fail)


def verdict(client, unit: str, **headers: str) -> dict:
    client.cookies.clear()
    return client.get(unit, headers={"Accept": "application/json", "Accept-Language": "en"} | headers).json()


def told(document: dict, part: str) -> list[str]:
    return [each["reason"] for each in document[part]]


def incidents(owner, unit: str) -> int:
    return owner.execute("SELECT count(*) FROM suyuan.incident_member WHERE subject = %s", [unit[1:]]).fetchone()[0]


def test_two_made_up_phones_far_apart_leave_a_genuine_unit_genuine(client, services, settled, owner, unit):
    for number, (latitude, longitude) in enumerate((WUHAN, HARBIN)):
        body = {"uri": unit, "latitude": latitude, "longitude": longitude, "handset": f"made-up-{number}"}
        assert client.post("/scans", json=body | {"source": "gps", "consent": "exact"}).status_code == 200
    settled(2)
    document = verdict(client, unit)
    assert (document["verdict"], told(document, "notes")[0]) == ("genuine", "seen_at_both")
    assert [each["attested"] for each in document["notes"][0]["observed_by"]] == [False]
    assert "compare_inside" in [each["action"] for each in document["actions"]]
    level = "SELECT rule, level FROM suyuan.finding WHERE subject = %s AND withdrawn_at IS NULL"
    assert owner.execute(level, [unit[1:]]).fetchall() == [("impossible_travel", "watch")]
    assert incidents(owner, unit) == 0


def test_fifty_loads_without_a_cookie_leave_the_page_genuine_whatever_the_evidence_adds_up_to(
    client, gateway, settled, owner, unit
):
    for _ in range(50):
        client.cookies.clear()
        assert "Genuine" in client.get(unit, headers=PERSON).text
    settled(50)
    cited = owner.execute("SELECT event_id, occurred_at FROM suyuan.event WHERE item_id = %s", [unit[1:]]).fetchall()
    alert = Finding(
        COPIED,
        Kind.COPIED,
        Level.ALERT,
        unit[1:],
        max(to_microseconds(at) for _, at in cited),
        0.99,
        tuple(str(event) for event, _ in cited),
        {"terms": [{"name": "another_handset", "nats": 15.4, "km": 0.0}]},
    )
    with gateway.transaction():
        findings.conclude_assessed(gateway, [unit[1:]], [(MAKER, alert)])
    client.cookies.clear()
    page = client.get(unit, headers=PERSON).text
    assert 'data-verdict="genuine"' in page
    assert "Compare the serial number" in page


def test_two_tills_make_it_copied_and_are_named_whatever_strangers_cause_besides(
    client, gateway, services, owner, unit
):
    now = to_microseconds(services.clock())
    sale = {"biz_step": "retail_selling", "disposition": "retail_sold"}
    observe(
        gateway,
        services,
        Event(unit, now - 90 * MINUTE, read_point="till-wuhan", **sale),
        Event(unit, now - 30 * MINUTE, read_point="till-harbin", **sale),
    )
    owner.execute(
        "INSERT INTO suyuan.finding"
        " (subject, occurred_at, finding_id, owner_org, rule, kind, level, confidence, evidence)"
        " SELECT %s, '2026-01-01', decode(md5(n::text), 'hex'), %s, 'impossible_travel', 'copied', 'watch', 0.3, %s"
        " FROM generate_series(1, 250) AS n",
        [unit[1:], MAKER, '{"events": [], "details": {}}'],
    )
    document = verdict(client, unit)
    assert document["verdict"] == "copied"
    assert {"sold_twice", "impossible_travel"} <= set(told(document, "reasons"))
    tills = {each["name"] for reason in document["reasons"] for each in reason["observed_by"] if each["attested"]}
    assert tills == {"till-wuhan", "till-harbin"}


def test_tills_of_somebody_who_never_had_the_goods_accuse_nobody(client, gateway, services, unit):
    now = to_microseconds(services.clock())
    sale = {"biz_step": "retail_selling", "disposition": "retail_sold"}
    sales = [
        Event(unit, now - minutes * MINUTE, position=Position(*where, 100), source=LocationSource.GPS, **sale)
        for where, minutes in ((WUHAN, 90), (HARBIN, 30))
    ]
    observe(gateway, services, *sales, by="mallory")
    document = verdict(client, unit)
    assert document["verdict"] == "genuine"
    assert not {"seen_elsewhere", "seen_at_both"} & set(told(document, "notes"))


def test_a_case_that_its_owner_has_confirmed_makes_it_copied(client, gateway, services, owner, unit):
    alert = Finding(COPIED, Kind.COPIED, Level.ALERT, unit[1:], to_microseconds(services.clock()), 0.9, ("none",), {})
    with gateway.transaction():
        findings.conclude_assessed(gateway, [unit[1:]], [(MAKER, alert)])
    assert verdict(client, unit)["verdict"] == "genuine"
    token = tokens.issue_token(services.store, org_id=MAKER, role=None, label="desk", expires_at=None, scopes=SCOPES)[
        "token"
    ]
    desk = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    ((case,),) = owner.execute("SELECT case_id FROM suyuan.incident_member WHERE subject = %s", [unit[1:]])
    for move in ({"state": "active"}, {"state": "closed", "reason": "counterfeit_confirmed"}):
        moved = client.post(f"/api/v1/cases/{case}/state", json=move, headers=desk)
        assert moved.status_code == 200, moved.text
    document = verdict(client, unit)
    assert (document["verdict"], told(document, "reasons")) == ("copied", ["case_confirmed"])
    (decided,) = document["reasons"][0]["observed_by"]
    assert (decided["kind"], decided["attested"], decided["name"]) == ("person", True, "Maker")
    joined = "now() - interval '1 hour'"
    for since, until, word in (
        (joined, "NULL", "copied"),
        (joined, "now() - interval '30 minutes'", "genuine"),  # its evidence was withdrawn before anybody decided
        ("now() + interval '1 hour'", "NULL", "genuine"),  # it came to the case after that
    ):
        owner.execute(
            "INSERT INTO suyuan.incident_member SELECT (jsonb_populate_record(member, jsonb_build_object("
            f"'subject', %s::text, 'joined_at', {since}, 'left_at', {until}))).* FROM suyuan.incident_member AS member"
            " WHERE member.subject = %s",
            [other := another_unit(), unit[1:]],
        )
        assert verdict(client, f"/{other}")["verdict"] == word


def test_a_phones_own_looks_are_told_apart_on_page_and_in_json(client, services, settled, unit):
    phone = {"Cookie": f"__Host-{handset.COOKIE}={handset.cookie_of(services.pepper, 'a' * 32)}"}
    assert "You are the first to check this code." in client.get(unit, headers=PERSON | phone).text
    client.get(unit + "?lang=zh", headers=PERSON | phone)
    client.head(unit, headers=PERSON | phone)
    settled(2)
    client.cookies.clear()
    page = client.get(unit, headers=PERSON | phone).text
    assert "You checked this code 2 times before; other phones 0 times." in page
    assert verdict(client, unit, **phone)["earlier_scans"] == {"own": 2, "other_phones": 0}
    assert verdict(client, unit)["earlier_scans"] == {"own": 0, "other_phones": 1}


def test_a_unit_is_commissioned_by_its_maker_or_by_a_mandate_and_by_nobody_else(client, gateway, services, owner, unit):
    now = to_microseconds(services.clock())
    owner.execute("UPDATE suyuan.commissioning SET indexes = int8range(999, 1000) WHERE org_id = %s", [MAKER])
    try:
        observe(gateway, services, Event(unit, now - 9 * MINUTE, "commissioning"), by="packer")
        assert told(verdict(client, unit), "reasons") == ["not_commissioned"]
        owner.execute("INSERT INTO suyuan.organisation VALUES ('packer', 'P', 'P', 'dealer')")
        mandate = (
            "INSERT INTO suyuan.mandate (owner_org, org_id, verbs, since) VALUES (%s, 'packer', '{commission}', %s)"
        )
        owner.execute(mandate, [MAKER, "2020-01-01"])
        observe(gateway, services, Event(unit, now - 8 * MINUTE, "commissioning"), by="packer")
        assert verdict(client, unit)["verdict"] == "genuine"
    finally:
        owner.execute("UPDATE suyuan.commissioning SET indexes = int8range(0, 1000) WHERE org_id = %s", [MAKER])


def test_whatever_a_strangers_readers_say_leaves_the_page_as_it_was(client, gateway, services, owner, unit):
    now = to_microseconds(services.clock())
    made = Event(unit, now - 900 * MINUTE, "commissioning", read_point="till-wuhan")
    observe(gateway, services, made, Event(unit, now - 100 * MINUTE, "storing", read_point="till-wuhan"))
    before = verdict(client, unit)
    steps = "destroying", "retail_selling", "receiving", "retail_selling", "commissioning"
    lies = [Event(unit, now - (800 - n) * MINUTE, step) for n, step in enumerate(steps)]
    lies += [Event(unit, now - 800 * MINUTE + n, "inspecting") for n in range(MAX_HISTORY)]
    observe(gateway, services, *lies, Event(unit, now - MINUTE, "destroying"), by="mallory")
    passing = {"scan_id", "answered_at", "notes", "scans"}
    kept = {name: value for name, value in before.items() if name not in passing}
    after = verdict(client, unit)
    assert {name: after[name] for name in kept} == kept
    assert after["custody"]["steps"] == 2, "claims take no facts' places"
    claimed = owner.execute("SELECT count(*) FROM suyuan.claim WHERE item_id = %s", [unit[1:]]).fetchone()
    assert claimed == (len(lies) + 1,)
