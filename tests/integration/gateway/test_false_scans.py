"""Consumers' scans of codes that nobody made: counted in bounded rows, while a printed forgery is still found."""

from itertools import count
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from gateway.ingest import false_scans, guessing
from gateway.ingest.transaction import take_scans
from gateway.message.decoding import CodeReader
from gateway.store.connection import Connection, connect
from gateway.store.false_codes import SAMPLED_A_DAY, SAMPLED_A_NETWORK
from gateway.store.false_scan_counts import OTHERS
from gateway.store.keys import load_keyring
from gateway.store.staging import prepare
from schemas.evidence import Clue, Evidence
from schemas.gs1 import check_digit
from schemas.scan import Scan
from scripts.system.fixtures import GTIN, MAKER, register_maker

MAKERS_PREFIX = GTIN[1:8]
DAY = 24 * 3_600_000_000
T0 = 1_780_012_800_000_000  # 2026-05-29, 00:00 UTC
ROOT = bytes(32)
TABLES = ("event", "item_state", "finding", "incident", "case_entry", "notice", "assessment_due")
_ids = count(1)


@pytest.fixture(scope="module")
def owner(database) -> psycopg.Connection:
    with database.owner() as owner:
        register_maker(owner)
        yield owner


@pytest.fixture(scope="module")
def gateway(owner, database) -> Connection:
    with connect(database.gateway_dsn) as connection:
        prepare(connection)
        yield connection


@pytest.fixture(autouse=True)
def nothing_yet(owner) -> None:
    owner.execute(
        "TRUNCATE suyuan.outbox, suyuan.event, suyuan.item_state, suyuan.finding, suyuan.incident_member,"
        " suyuan.incident, suyuan.notice, suyuan.assessment_due, suyuan.false_scan, suyuan.false_scan_day,"
        " suyuan.false_code"
    )


def gtin(number: int) -> str:
    """A GTIN of the maker's prefix."""
    thirteen = f"0{MAKERS_PREFIX}{number:05}"
    return thirteen + str(check_digit(thirteen))


def false(number: int, gtin: str = GTIN) -> str:
    return f"https://id.example.com/01/{gtin}/21/{number:020}"


def look(number: int, network: str | None, phone: str | None, at: int = T0, gtin: str = GTIN) -> Scan:
    return Scan(UUID(int=next(_ids)), false(number, gtin), at, phone, network=network)


def take(owner, gateway, *scans: Scan | Evidence, now: int = T0) -> None:
    """Let the gateway take in what the resolver wrote."""
    with owner.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO suyuan.outbox (scan) VALUES (%s)", [[Jsonb(scan.to_fields())] for scan in scans]
        )
    codes = CodeReader(load_keyring(gateway, ROOT))
    left = len(scans)
    while left > 0:
        with gateway.transaction():
            counters = take_scans(gateway, 500, codes, now=now, rule_failed=pytest.fail).counters
        assert counters.balanced
        assert counters.stored == counters.scans
        left -= counters.scans


def rows(owner) -> dict[str, int]:
    return {table: owner.execute(f"SELECT count(*) FROM suyuan.{table}").fetchone()[0] for table in TABLES}


def alerts(owner) -> list[tuple]:
    return owner.execute(
        "SELECT rule, subject, confidence, evidence -> 'details' FROM suyuan.finding WHERE level = 'alert' ORDER BY 1"
    ).fetchall()


def subject(gtin: str = GTIN, day: str = "2026-05-29") -> str:
    return f"forged/{MAKER}/{gtin}/{day}"


def test_ten_thousand_made_up_serials_from_one_network_leave_no_row_case_or_notice_of_their_own(owner, gateway):
    before = rows(owner)
    scans = [look(number // 2, "aaaa", f"phone-{number}") for number in range(10_000)]  # each by two made-up cookies
    take(owner, gateway, *scans)
    assert rows(owner) == before
    assert owner.execute("SELECT gtin, network, scans FROM suyuan.false_scan").fetchall() == [(GTIN, "aaaa", 10_000)]
    assert owner.execute("SELECT count(*) FROM suyuan.false_code").fetchone() == (SAMPLED_A_NETWORK,)


def test_made_up_products_are_as_cheap_as_serials_and_share_one_count(owner, gateway):
    take(owner, gateway, *(look(1, "aaaa", "p", gtin=gtin(number)) for number in range(2, 6)))
    assert owner.execute("SELECT gtin, scans FROM suyuan.false_scan_day").fetchall() == [("-", 4)]


def test_a_printed_forgery_is_one_case_a_product_and_day_by_two_networks(owner, gateway):
    take(owner, gateway, look(7, "aaaa", "anna"), *(look(n, "ffff", f"flood-{n}") for n in range(100, 200)))
    assert alerts(owner) == []
    take(owner, gateway, look(7, "bbbb", "bert", T0 + DAY), look(8, "bbbb", "bert", T0 + DAY))
    take(owner, gateway, look(8, "cccc", "cora", T0 + DAY), look(8, "dddd", "dora", T0 + 2 * DAY))
    ((rule, about, confidence, details),) = alerts(owner)
    assert (rule, about, confidence) == ("printed_forgery", subject(day="2026-05-30"), 0.95)
    assert details["found"] == 2
    assert details["serials"] == [f"{7:020}", f"{8:020}"]
    assert (details["networks"], details["days"]) == (3, 2)
    assert owner.execute("SELECT kind, findings FROM suyuan.incident").fetchall() == [("forged", 1)]
    assert owner.execute("SELECT change FROM suyuan.notice").fetchall() == [("opened",)]


@pytest.mark.parametrize(
    "second",
    [
        look(7, "aaaa", "bert"),  # another phone of the same network
        look(7, "bbbb", "anna"),  # the same phone at home and on the road
        look(8, "bbbb", "bert"),  # another serial
    ],
)
def test_what_one_person_can_do_alone_is_no_printed_forgery(owner, gateway, second):
    take(owner, gateway, look(7, "aaaa", "anna"), second)
    assert alerts(owner) == []


def test_many_networks_in_a_day_are_a_wave_where_few_are_usual(owner, gateway):
    usual = [look(n, f"n{n % 4}", None, T0 - day * DAY) for day in range(1, 29) for n in range(4)]
    take(owner, gateway, *usual)
    take(owner, gateway, *(look(1000 + n, f"m{n}", None) for n in range(19)))
    assert alerts(owner) == [], "four a day are usual: nineteen may be chance"
    take(owner, gateway, look(1019, "m19", None))
    ((rule, about, _, details),) = alerts(owner)
    assert (rule, about) == ("forged_wave", subject())
    assert details == {"networks": 20, "usual": 4.0}


def test_an_owner_has_no_more_cases_a_day_than_its_budget_and_one_for_the_rest(owner, gateway, monkeypatch):
    monkeypatch.setattr(false_scans, "CASES_A_DAY", 2)
    gtins = [gtin(number) for number in range(2000, 2004)]
    add = "INSERT INTO suyuan.product (gtin, org_id, name, name_zh) VALUES (%s, %s, 'a', 'a')"
    for each in gtins:
        owner.execute(add, [each, MAKER])
    for each in gtins:
        take(owner, gateway, *(look(7, network, network, gtin=each) for network in ("aaaa", "bbbb")))
    subjects = owner.execute("SELECT subject, state FROM suyuan.incident ORDER BY 1").fetchall()
    assert subjects == [(subject("-"), "new"), (subject(gtins[0]), "new"), (subject(gtins[1]), "new")]


def test_guessing_is_one_finding_a_product_and_day_from_however_many_networks(owner, gateway, monkeypatch):
    monkeypatch.setattr(guessing, "CASES_A_DAY", 1)
    for number, (guesses, product) in enumerate([(160, GTIN), (320, GTIN), (100, GTIN), (100, gtin(4999))]):
        details = {"network": f"n{number}", "guesses": guesses, "seconds": 60}
        take(owner, gateway, Evidence(UUID(int=number), Clue.ENUMERATION, f"01/{product}", MAKER, T0 + number, details))
    told = owner.execute(
        "SELECT subject, (evidence -> 'details' ->> 'guesses')::int FROM suyuan.finding ORDER BY 1"
    ).fetchall()
    assert told == [(f"guessing/{MAKER}/-", 100), (f"guessing/{MAKER}/{GTIN}", 320)]
    assert owner.execute("SELECT count(*) FROM suyuan.notice").fetchone() == (2,)


def test_examples_and_networks_are_bounded_and_old_ones_go(owner, gateway, monkeypatch):
    monkeypatch.setattr("gateway.store.false_scan_counts.MAX_NETWORKS", 5)
    take(owner, gateway, *(look(n, f"n{n // 3}", None) for n in range(60)))
    assert owner.execute("SELECT count(*) FROM suyuan.false_code").fetchone() == (SAMPLED_A_DAY,)
    networks = {network for (network,) in owner.execute("SELECT network FROM suyuan.false_scan")}
    assert networks == {"n0", "n1", "n2", "n3", "n4", OTHERS}
    take(owner, gateway, look(1, "late", None, T0 + 500 * DAY), now=T0 + 500 * DAY)
    for table in ("false_scan", "false_scan_day", "false_code"):
        assert owner.execute(f"SELECT count(*) FROM suyuan.{table}").fetchone() == (1,)
