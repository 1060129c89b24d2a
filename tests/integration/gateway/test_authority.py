"""What others say of an owner's goods changes nothing of them: it is kept as a claim, in whatever order it arrives."""

import threading
from collections.abc import Iterator, Sequence
from random import Random
from uuid import UUID

import orjson
import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.ingest.inbox import Delivery
from gateway.ingest.transaction import take_messages
from gateway.judge import judge
from gateway.message.decoding import CodeReader
from gateway.store import events, item_evidence
from gateway.store.connection import Connection, connect
from gateway.store.event_row import EventRow
from gateway.store.keys import load_keyring, reader_keys
from gateway.store.staging import prepare
from resolver.trace.store import MAX_NESTED, UNIT_HISTORY
from schemas import cose
from schemas.code import Checked, Proof
from schemas.event import Action, Audience, Event, LocationSource, encode_batch
from schemas.geodesy import Position
from schemas.rule_thresholds import CLAIMS_TO_ALERT
from schemas.serial import UnitNumber
from schemas.topics import EVENTS, Address
from scripts.system.fixtures import GTIN, MAKER, add_market, add_site, enrol_reader, register_maker

HOUR = 3_600_000_000
T0 = 1_780_000_000_000_000
SHANGHAI = Position(31.2304, 121.4737, 100.0)
CASE, PALLET, MALLORYS = "00/395212340000000011", "00/395212340000000028", "00/100000000000000014"
HANDS = "dealer-a", "dealer-b", "shop-org", "mallory"


@pytest.fixture(scope="module")
def owner(database) -> Iterator[psycopg.Connection]:
    with database.owner() as owner:
        register_maker(owner, quantity=1000, territory=("shanghai",))
        for org_id in HANDS:
            owner.execute(
                "INSERT INTO suyuan.organisation (org_id, name, name_zh, kind) VALUES (%s, %s, %s, 'dealer')",
                [org_id, org_id, org_id],
            )
        for site_id, org_id, kind in (
            ("plant", MAKER, "plant"),
            ("depot-a", "dealer-a", "dealer"),
            ("depot-b", "dealer-b", "dealer"),
            ("depot-m", "mallory", "dealer"),
            ("shop", "shop-org", "shop"),
        ):
            add_site(owner, site_id, kind, SHANGHAI.latitude, SHANGHAI.longitude)
            owner.execute("UPDATE suyuan.site SET org_id = %s WHERE site_id = %s", [org_id, site_id])
        add_market(owner, "shanghai", SHANGHAI.latitude, SHANGHAI.longitude, 60)
        yield owner


@pytest.fixture
def connection(database) -> Iterator[Connection]:
    with connect(database.gateway_dsn) as connection:
        prepare(connection)
        yield connection


def unit(index: int) -> str:
    return f"01/{GTIN}/21/{index:020}"


def checked(item: str) -> Checked:
    if item.startswith("01/"):
        return Checked(Proof.SEALED, item, MAKER, UnitNumber(0, 1, int(item[-20:])))
    return Checked(Proof.FOREIGN, item, None if item == MALLORYS else MAKER)


def said(number: int, by: str, item: str, hours: float, step: str, **more) -> EventRow:
    event = Event(item, T0 + int(hours * HOUR), step, **more)
    return EventRow(UUID(int=number), event, checked(item), tuple(map(checked, event.children)), by, f"{by}-reader", 2)


def packed(number: int, by: str, container: str, hours: float, *children: str, packed: bool = True) -> EventRow:
    action, step = (Action.ADD, "packing") if packed else (Action.DELETE, "unpacking")
    return said(number, by, container, hours, step, action=action, children=children)


def scan(number: int, item: str, hours: float, handset: str) -> EventRow:
    place = {"position": SHANGHAI, "source": LocationSource.GPS, "audience": Audience.CONSUMER, "handset": handset}
    return said(number, "consumers", item, hours, "inspecting", **place)


def honest() -> list[EventRow]:
    """Four units by case and pallet from the plant to a dealer, to another's shop, and to buyers."""
    units, number = [unit(index) for index in range(4)], iter(range(1, 100))
    rows = [
        *(said(next(number), MAKER, each, 0, "commissioning", read_point="plant") for each in units),
        packed(next(number), MAKER, CASE, 1, *units),
        packed(next(number), MAKER, PALLET, 2, CASE),
        said(next(number), MAKER, PALLET, 3, "shipping", read_point="plant", destination="depot-a"),
        said(next(number), "dealer-a", PALLET, 30, "receiving", read_point="depot-a"),
        packed(next(number), "dealer-a", PALLET, 31, CASE, packed=False),
        said(next(number), "dealer-a", CASE, 32, "shipping", read_point="depot-a", destination="shop-org"),
        said(next(number), "shop-org", CASE, 40, "receiving", read_point="shop"),
        packed(next(number), "shop-org", CASE, 41, *units, packed=False),
    ]
    for index, each in enumerate(units[:3]):
        rows.append(said(next(number), "shop-org", each, 50 + index, "retail_selling", read_point="shop"))
        rows.append(scan(next(number), each, 60 + index, f"phone-{index}"))
    return rows


def play(connection: Connection, rows: Sequence[EventRow]) -> None:
    with connection.transaction():
        stored = events.store(connection, rows, T0)
        judge(connection, rows, now=T0, all_new=stored == len(rows), rule_failed=pytest.fail)


def forget(owner: psycopg.Connection) -> None:
    owner.execute(
        "TRUNCATE suyuan.event, suyuan.containment_mark, suyuan.item_state, suyuan.first_scan, suyuan.lane,"
        " suyuan.finding, suyuan.incident, suyuan.incident_member, suyuan.claim, suyuan.claimed_event,"
        " suyuan.claim_day, suyuan.mandate,"
        " suyuan.item_evidence,"
        " suyuan.assessment_due"
    )


def goods(owner: psycopg.Connection) -> tuple[list[tuple], ...]:
    """All that is concluded of the units: findings, cases, lanes, and where their folds and custody stand."""
    questions = (
        "SELECT subject, rule, level, evidence FROM suyuan.finding WHERE withdrawn_at IS NULL AND subject LIKE '01/%'"
        " ORDER BY subject, finding_id",
        "SELECT subject, kind, findings FROM suyuan.incident WHERE findings > 0 AND subject LIKE '01/%' ORDER BY 1, 2",
        "SELECT item_id, dealer_id, market_id, off_territory, occurred_at FROM suyuan.first_scan ORDER BY 1",
        "SELECT dealer_id, market_id, scans, off_territory FROM suyuan.lane WHERE scans > 0 ORDER BY 1, 2",
        "SELECT item_id, scans, folded FROM suyuan.item_state WHERE item_id LIKE '01/%' AND events > 0 ORDER BY 1",
    )
    return tuple(owner.execute(question).fetchall() for question in questions)


def claims(owner: psycopg.Connection) -> list[tuple]:
    return owner.execute(
        "SELECT right(item_id, 2), reader_org, biz_step, verb FROM suyuan.claim ORDER BY item_id, occurred_at, event_id"
    ).fetchall()


def test_an_honest_way_by_shipments_and_receipts_is_all_facts(owner, connection) -> None:
    forget(owner)
    play(connection, honest())
    findings, _, scans, lanes, states = goods(owner)
    assert (claims(owner), findings) == ([], [])
    assert {(scan[1], scan[3]) for scan in scans} == {("depot-a", False)}
    assert [lane[:3] for lane in lanes] == [("depot-a", "shanghai", 3)]
    assert all(orjson.loads(state[2])[-1] == ["shop-org", []] for state in states)


ATTACKS = {
    "a stranger destroys it": [said(900, "mallory", unit(0), 45, "destroying", read_point="depot-m")],
    "a stranger sells it twice": [
        said(900, "mallory", unit(0), 45, "retail_selling", read_point="depot-m"),
        said(901, "mallory", unit(0), 55, "retail_selling", read_point="depot-m"),
    ],
    "a stranger packs it and destroys the container": [
        packed(900, "mallory", MALLORYS, 45, unit(0), unit(1)),
        said(901, "mallory", MALLORYS, 46, "destroying"),
    ],
    "a stranger takes it out of its case and destroys the case": [
        packed(900, "mallory", CASE, 5, unit(0), packed=False),
        said(901, "mallory", CASE, 6, "destroying"),
    ],
    "a stranger receives it at its own depot": [said(900, "mallory", unit(0), 45, "receiving", read_point="depot-m")],
    "a stranger commissions it": [said(900, "mallory", unit(0), -50, "commissioning")],
    "a stranger sees it elsewhere": [
        said(
            900, "mallory", unit(0), 50.1, "inspecting", position=Position(43.8, 87.6, 100.0), source=LocationSource.GPS
        )
    ],
    "who had it sells it once more": [said(900, "dealer-a", unit(0), 57, "retail_selling", read_point="depot-a")],
    "who has it destroys it": [said(900, "shop-org", unit(0), 49, "destroying", read_point="shop")],
}


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("before", [False, True], ids=["afterwards", "beforehand"])
def test_what_is_not_ones_to_say_changes_nothing_of_the_goods(owner, connection, attack: str, before: bool) -> None:
    forget(owner)
    play(connection, honest())
    expected = goods(owner)
    forget(owner)
    for rows in (ATTACKS[attack], honest()) if before else (honest(), ATTACKS[attack]):
        play(connection, rows)
    assert goods(owner) == expected
    assert claims(owner) != []


@pytest.mark.parametrize("late", [False, True], ids=["resumed", "re-evaluated"])
def test_what_was_said_of_an_id_before_it_was_a_site_stays_what_it_was(owner, connection, late: bool) -> None:
    forget(owner)
    item, site = unit(7), f"depot-to-come-{late}"
    play(connection, [said(1, MAKER, item, 1, "shipping", destination=site)])
    play(connection, [said(2, MAKER, item, 2, "storing", read_point=site)])
    add_site(owner, site, "dealer", SHANGHAI.latitude, SHANGHAI.longitude)
    owner.execute(
        "UPDATE suyuan.site SET org_id = 'mallory', registered_at = now(), admitted_since = now() WHERE site_id = %s",
        [site],
    )
    play(connection, [said(3, "mallory", item, 3, "receiving", read_point=site)])
    if late:
        play(connection, [said(4, MAKER, item, 1.5, "storing")])
    play(connection, [scan(5, item, 5, "phone")])
    assert [claim[1:3] for claim in claims(owner)] == [("mallory", "receiving")]
    assert goods(owner)[2] == [], "the goods were at no dealer"


def test_what_others_said_of_a_site_before_grants_were_asked_for_was_not_said_there(owner, connection) -> None:
    forget(owner)
    owner.execute("UPDATE suyuan.site SET admitted_since = now() WHERE site_id = 'depot-a'")
    rows = [
        said(1, MAKER, unit(8), 1, "shipping", destination="depot-a"),
        said(2, "dealer-a", unit(8), 2, "receiving", read_point="depot-a"),
        said(3, "mallory", unit(8), 3, "storing", read_point="depot-a"),
    ]
    play(connection, rows)
    assert [claim[1:3] for claim in claims(owner)] == [("mallory", "storing")]
    owner.execute("UPDATE suyuan.site SET admitted_since = '-infinity' WHERE site_id = 'depot-a'")


_ALERTS = "SELECT subject, kind, level FROM suyuan.finding WHERE withdrawn_at IS NULL"


def test_an_event_is_one_claim_however_many_units_it_is_about(owner, connection) -> None:
    forget(owner)
    many = [unit(index) for index in range(CLAIMS_TO_ALERT + 10)]
    play(connection, [packed(1, "mallory", MALLORYS, 1, *many), said(2, "mallory", many[0], 2, "destroying")])
    assert len(claims(owner)) == len(many) + 1
    events = "SELECT item_id, items FROM suyuan.claimed_event ORDER BY occurred_at"
    assert owner.execute(events).fetchall() == [(MALLORYS, len(many)), (many[0], 1)]
    assert owner.execute(_ALERTS).fetchall() == []
    assert goods(owner)[0] == []


def test_many_claims_that_arrive_on_one_day_are_a_finding_about_who_makes_them_whenever_they_are_dated(
    owner, connection
) -> None:
    forget(owner)
    lies = [
        said(number, "mallory", unit(number), 24 * number, "destroying") for number in range(1, CLAIMS_TO_ALERT + 1)
    ]
    play(connection, lies[1:])
    assert owner.execute(_ALERTS).fetchall() == []
    play(connection, lies[:1])
    assert owner.execute(_ALERTS).fetchall() == [(f"claims/{MAKER}/mallory", "device", "alert")]
    assert owner.execute("SELECT accused_org FROM suyuan.incident").fetchall() == [("mallory",)]
    assert goods(owner)[0] == []


def test_two_workers_that_claim_at_once_count_both_and_wait_for_each_other_alone(owner, database, connection) -> None:
    forget(owner)
    with connect(database.gateway_dsn) as beside:
        prepare(beside)
        other = threading.Thread(target=play, args=(beside, [said(2, "mallory", unit(2), 2, "destroying")]))
        with connection.transaction():
            rows = [said(1, "mallory", unit(1), 1, "destroying")]
            events.store(connection, rows, T0)
            judge(connection, rows, now=T0, all_new=True, rule_failed=pytest.fail)
            other.start()
        other.join()
    counted = owner.execute("SELECT sum(claims), (SELECT count(*) FROM suyuan.claimed_event) FROM suyuan.claim_day")
    assert counted.fetchone() == (2, 2)


def test_a_shipment_that_comes_late_makes_claims_facts_and_takes_the_finding_back(owner, connection) -> None:
    forget(owner)
    shipped = [row for row in honest() if row.event.destination == "depot-a"]
    play(connection, [row for row in honest() if row not in shipped])
    assert {claim[1:3] for claim in claims(owner)} >= {("dealer-a", "receiving"), ("shop-org", "retail_selling")}
    owner.execute("UPDATE suyuan.claim_day SET claims = claims + %s", [CLAIMS_TO_ALERT])
    play(connection, shipped)
    assert claims(owner) == []
    late = goods(owner)
    forget(owner)
    play(connection, honest())
    assert goods(owner) == late


def test_a_mandate_makes_facts_of_what_it_names_with_the_items_next_event(owner, connection) -> None:
    forget(owner)
    play(connection, [said(1, "shop-org", unit(0), 1, "retail_selling"), said(2, "shop-org", unit(0), 2, "destroying")])
    assert [claim[2] for claim in claims(owner)] == ["retail_selling", "destroying"]
    owner.execute(
        "INSERT INTO suyuan.mandate (owner_org, org_id, verbs, gtin, since)"
        " VALUES (%s, 'shop-org', '{custody}', %s, '2020-01-01')",
        [MAKER, GTIN],
    )
    play(connection, [said(3, MAKER, unit(0), 3, "inspecting")])
    assert [claim[2] for claim in claims(owner)] == ["destroying"]


def test_the_evidence_of_a_scanned_unit_has_no_marks_from_claims(owner, connection) -> None:
    forget(owner)
    play(connection, honest())
    play(connection, ATTACKS["a stranger receives it at its own depot"])
    with connection.transaction():
        item_evidence.refresh(connection, [unit(0)])
    ((marks,),) = owner.execute("SELECT marks FROM suyuan.item_evidence").fetchall()
    assert {mark[1] for mark in marks} == {"plant", "depot-a", "shop"}


def everything() -> list[EventRow]:
    """The honest way, and whatever anybody says besides; numbers apart."""
    rows = honest()
    for number, attack in enumerate(ATTACKS.values()):
        rows += [row._replace(event_id=UUID(int=1000 + 10 * number + at)) for at, row in enumerate(attack)]
    return rows


def everywhere(owner: psycopg.Connection) -> tuple:
    days = "SELECT owner_org, reader_org, day, claims FROM suyuan.claim_day WHERE claims <> 0 ORDER BY 1, 2, 3"
    told = "SELECT owner_org, event_id, item_id, verb, items FROM suyuan.claimed_event ORDER BY 1, 2"
    return *goods(owner), claims(owner), owner.execute(days).fetchall(), owner.execute(told).fetchall()


def shown(owner: psycopg.Connection, item: str) -> list[str]:
    """The events that the verdict on an item rests on, as the resolver reads them."""
    asked = {"item": item, "nested": MAX_NESTED, "as_of": "2100-01-01", "limit": 500}
    with psycopg.ClientCursor(owner) as cursor:
        cursor.execute("SELECT set_config('suyuan.mandate', 'oversight', false)")
        return [row[0][0] for row in cursor.execute(UNIT_HISTORY, asked).fetchall()]


def test_the_resolver_reads_the_same_history_whatever_others_say(owner, connection) -> None:
    items = [unit(index) for index in range(4)] + [CASE, PALLET]
    forget(owner)
    play(connection, honest())
    expected = {item: shown(owner, item) for item in items}
    assert len(expected[unit(0)]) == 11
    rows = everything()
    Random(1).shuffle(rows)
    forget(owner)
    for start in range(0, len(rows), 5):
        play(connection, rows[start : start + 5])
    assert {item: shown(owner, item) for item in items} == expected


@pytest.mark.parametrize("late", [False, True], ids=["in order", "backwards"])
def test_a_unit_that_was_never_seen_itself_ends_neither_with_its_case_nor_with_a_dealers_crate(
    owner, connection, late: bool
) -> None:
    rows = [
        packed(1, MAKER, CASE, 1, unit(0), unit(1)),
        said(2, "mallory", CASE, 2, "destroying"),
        said(3, MAKER, CASE, 3, "shipping", destination="dealer-a"),
        said(4, "dealer-a", CASE, 4, "receiving"),
        packed(5, "dealer-a", CASE, 5, unit(0), packed=False),
        packed(6, "dealer-a", MALLORYS, 6, unit(0)),
        said(7, "dealer-a", MALLORYS, 7, "storing"),
        said(8, "dealer-a", MALLORYS, 8, "destroying"),
    ]
    forget(owner)
    for row in reversed(rows) if late else rows:
        play(connection, [row])
    assert [UUID(each).int for each in shown(owner, unit(0))] == [1, 3, 4, 5, 6, 7]
    assert [UUID(each).int for each in shown(owner, unit(1))] == [1, 3, 4]
    play(connection, [scan(9, unit(0), 9, "phone")])
    assert goods(owner)[0] == []


@pytest.mark.parametrize("seed", range(6))
def test_standings_custody_and_findings_are_the_same_in_any_order_of_arrival(owner, connection, seed: int) -> None:
    forget(owner)
    play(connection, sorted(everything(), key=lambda row: row.event.occurred_at))
    expected = everywhere(owner)
    rng, rows = Random(seed), everything()
    rng.shuffle(rows)
    forget(owner)
    while rows:
        chunk = rng.choice([1, 3, 8])
        play(connection, rows[:chunk])
        rows = rows[chunk:]
    assert everywhere(owner) == expected


def test_two_workers_at_once_settle_what_one_does(owner, database, connection) -> None:
    forget(owner)
    play(connection, everything())
    expected = everywhere(owner)
    rows = everything()
    Random(7).shuffle(rows)
    forget(owner)
    failures: list[BaseException] = []

    def work(mine: Sequence[EventRow]) -> None:
        try:
            with connect(database.gateway_dsn) as beside:
                prepare(beside)
                for start in range(0, len(mine), 3):
                    play(beside, mine[start : start + 3])
        except BaseException as error:  # noqa: BLE001 -- told in the main thread
            failures.append(error)

    workers = [threading.Thread(target=work, args=(rows[part::2],)) for part in (0, 1)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert failures == []
    assert everywhere(owner) == expected


def sent(
    owner: psycopg.Connection, connection: Connection, sequence: int, *events: Event, by: str = "mallory"
) -> list[tuple[int | None, str]]:
    """What the receipt says was refused, of events that an enrolled reader signed."""
    address, key = Address(by, "signs"), Ed25519PrivateKey.from_private_bytes(bytes(32))
    if not reader_keys(connection, [address]):
        enrol_reader(owner, by, "signs", key.public_key().public_bytes_raw(), b"k1")
    payload = encode_batch(org_id=by, reader_id="signs", sequence=sequence, sent_at=T0, clock_bound_s=2, events=events)
    message = cose.sign(payload, content_type=cose.CBOR, kid=b"k1", key=key)
    with connection.transaction():
        codes = CodeReader(load_keyring(connection, bytes(32)))
        delivery = Delivery(1, 0, address.topic(EVENTS), message)
        result = take_messages(connection, [delivery], codes, now=T0 + 99 * HOUR, rule_failed=pytest.fail)
    ((_, receipt),) = result.receipts
    assert receipt.stored + receipt.rejected == len(events)
    return [(each.position, each.reason) for each in receipt.rejections]


def test_a_reader_speaks_neither_for_anothers_site_nor_for_people(owner, connection) -> None:
    forget(owner)
    item = "/01/09521234000013/21/SEEN"
    framed = Event(item, T0, "receiving", read_point="depot-b")
    silenced = Event(item, T0 + 1, "inspecting", read_point="plant")
    invented = Event(item, T0 + 2, "inspecting", audience=Audience.CONSUMER, handset="invented")
    own = Event(item, T0 + 3, "inspecting", read_point="depot-m")
    assert sent(owner, connection, 1, framed, silenced, invented, own) == [
        (0, "foreign_site"),
        (1, "foreign_site"),
        (2, "audience_not_allowed"),
    ]
    assert owner.execute("SELECT read_point, audience FROM suyuan.event").fetchall() == [("depot-m", "edge")]
    owner.execute("INSERT INTO suyuan.read_point_grant (site_id, org_id) VALUES ('depot-b', 'mallory')")
    owner.execute("UPDATE suyuan.reader SET class = 'kiosk', site_id = 'depot-m' WHERE org_id = 'mallory'")
    nowhere = Event(item, T0 + 4, "inspecting")
    assert sent(owner, connection, 2, framed, invented, nowhere) == []
    stored = owner.execute("SELECT read_point FROM suyuan.event WHERE biz_step = 'inspecting' ORDER BY occurred_at")
    assert stored.fetchall() == [("depot-m",), ("depot-m",), ("depot-m",)]
    owner.execute("DELETE FROM suyuan.read_point_grant")
