"""The same events in any order, in any chunks, by any number of workers: the same findings, the same state."""

import threading
from collections.abc import Sequence
from datetime import date
from random import Random
from uuid import UUID

import psycopg
import pytest

from gateway.judge import judge
from gateway.store import events
from gateway.store.connection import connect
from gateway.store.event_row import EventRow
from gateway.store.staging import prepare
from schemas.code import Checked, Proof
from schemas.event import Action, Audience, Event, LocationSource
from schemas.geodesy import Position
from schemas.serial import UnitNumber
from scripts.system.fixtures import GTIN, MAKER, add_market, add_site, register_maker

HOUR = 3_600_000_000
T0 = 1_780_000_000_000_000
SHANGHAI, URUMQI = Position(31.2304, 121.4737, 123.4), Position(43.8256, 87.6168, 100.0)
PLACES = {
    "plant": (SHANGHAI, "plant"),
    "dealer": (SHANGHAI, "dealer"),
    "shop": (SHANGHAI, "shop"),
    "far": (URUMQI, "shop"),
}


@pytest.fixture(scope="module")
def owner(database) -> psycopg.Connection:
    with database.owner() as owner:
        register_maker(owner, quantity=100, territory=("shanghai",), expires_on=date(2026, 6, 1))
        for name, (where, kind) in PLACES.items():
            add_site(owner, name, kind, where.latitude, where.longitude)
        add_market(owner, "shanghai", SHANGHAI.latitude, SHANGHAI.longitude, 60)
        add_market(owner, "urumqi", URUMQI.latitude, URUMQI.longitude, 60)
        yield owner


def unit(index: int) -> str:
    return f"01/{GTIN}/21/{index:020}"


def checked(item: str) -> Checked:
    if item.startswith("01/"):
        return Checked(Proof.SEALED, item, MAKER, UnitNumber(0, 1, int(item[-20:])))
    return Checked(Proof.FOREIGN, item, MAKER)


def row(number: int, item: str, hours: float, **more) -> EventRow:
    event = Event(item, T0 + int(hours * HOUR), more.pop("step", "receiving"), **more)
    reader = more.get("read_point") or "web"
    children = tuple(map(checked, event.children))
    return EventRow(UUID(int=number), event, checked(item), children, MAKER, reader, 2)


def scan(number: int, item: str, hours: float, where: Position, handset: str) -> EventRow:
    place = {"position": where, "source": LocationSource.GPS, "audience": Audience.CONSUMER, "handset": handset}
    return row(number, item, hours, step="inspecting", **place)


def life() -> list[EventRow]:
    """Eight units through case and pallet to shops; copies, a second sale, an end that is none, scans near and far."""
    rows, number = [], iter(range(1, 1000))
    cases = {"00/395212340000000011": range(4), "00/395212340000000028": (4, 5, 6, 7, 9)}
    pallet = "00/395212340000000035"
    for case, indexes in cases.items():
        contents = tuple(unit(index) for index in indexes)
        rows.append(
            row(next(number), case, 0, step="packing", action=Action.ADD, children=contents, read_point="plant")
        )
        rows.append(row(next(number), case, 60, step="unpacking", action=Action.DELETE, children=contents))
    rows.append(row(next(number), pallet, 1, step="packing", action=Action.ADD, children=tuple(cases)))
    rows.append(row(next(number), pallet, 3, step="shipping", read_point="plant"))
    rows.append(row(next(number), pallet, 30, read_point="dealer"))
    rows.append(row(next(number), pallet, 40, step="unpacking", action=Action.DELETE, children=tuple(cases)))
    for index in range(8):
        rows.append(row(next(number), unit(index), 62 + index, read_point="shop"))
        rows.append(row(next(number), unit(index), 80 + index, step="retail_selling", read_point="shop"))
        rows.append(scan(next(number), unit(index), 90 + index, SHANGHAI, f"phone-{index}"))
    rows.append(scan(next(number), unit(0), 2.5, URUMQI, "clone-1"))  # while its pallet is being loaded
    rows.append(scan(next(number), unit(1), 91.5, URUMQI, "clone-2"))  # an hour after its first owner
    rows.append(row(next(number), unit(2), 150, step="retail_selling", read_point="far"))
    rows.append(row(next(number), unit(3), 85, step="destroying", read_point="shop"))
    rows.append(scan(next(number), unit(4), 88, URUMQI, "traveller"))  # first scan, far from home
    rows.append(row(next(number), unit(9), 2.9, read_point="far"))  # seen by a reader only, while its pallet is shipped
    return rows


def play(connection, rows: Sequence[EventRow]) -> None:
    with connection.transaction():
        stored = events.store(connection, rows, T0)
        judge(connection, rows, now=T0, all_new=stored == len(rows), rule_failed=pytest.fail)


def forget(owner: psycopg.Connection) -> None:
    owner.execute(
        "TRUNCATE suyuan.event, suyuan.containment_mark, suyuan.item_state, suyuan.first_scan, suyuan.lane,"
        " suyuan.finding, suyuan.incident, suyuan.incident_member"
    )


def outcome(owner: psycopg.Connection) -> tuple[list[tuple], ...]:
    questions = (
        "SELECT subject, occurred_at, finding_id, rule, level, evidence FROM suyuan.finding WHERE withdrawn_at IS NULL"
        " ORDER BY 1, 2, 3",
        "SELECT i.subject, i.kind, i.opened_at, i.findings, i.weight,"
        " array_agg((m.subject, m.kind) ORDER BY m.subject, m.kind)"
        " FROM suyuan.incident AS i JOIN suyuan.incident_member AS m USING (case_id)"
        " WHERE i.findings > 0 AND m.left_at IS NULL GROUP BY i.case_id ORDER BY 1, 2",
        "SELECT item_id, first_seen, last_seen, events, scans, folded, folded_at, folded_id FROM suyuan.item_state"
        " WHERE item_id LIKE '01/%' ORDER BY 1",
        "SELECT * FROM suyuan.first_scan ORDER BY item_id",
        "SELECT * FROM suyuan.lane WHERE scans > 0 ORDER BY owner_org, dealer_id, market_id",
    )
    return tuple(owner.execute(question).fetchall() for question in questions)


@pytest.fixture
def connection(database):
    connection = connect(database.gateway_dsn)
    prepare(connection)
    yield connection
    connection.close()


@pytest.fixture(scope="module")
def expected(database, owner):
    """All at once, in order of event time."""
    connection = connect(database.gateway_dsn)
    prepare(connection)
    forget(owner)
    play(connection, sorted(life(), key=lambda each: each.event.occurred_at))
    connection.close()
    return outcome(owner)


def test_the_story_has_its_culprits(expected) -> None:
    findings, incidents, states, scans, lanes = expected
    members = {(subject[-1], kind) for *_, members in incidents for subject, kind in members}
    assert members == {
        ("2", "ended"),
        ("2", "expired"),
        ("3", "ended"),
        ("9", "copied"),
    }
    assert len(incidents) < len(members), "what one dealer had is one incident"
    watched = {
        subject[-1] for subject, _, _, rule, level, _ in findings if (rule, level) == ("impossible_travel", "watch")
    }
    assert watched == {"0", "1", "4"}, "a consumer's phone contradicts nobody by itself"
    assert len(states) == 9
    assert {scan[0][-1] for scan in scans if scan[4]} == {"4"}, "only one unit was first scanned outside its territory"
    assert [(lane[2], *lane[3:5]) for lane in lanes] == [("shanghai", 6, 0), ("urumqi", 1, 1)]
    assert {rule for *_, rule, _, _ in findings} >= {"impossible_travel", "second_sale", "after_end", "off_territory"}


@pytest.mark.parametrize("seed", range(40))
def test_neither_order_nor_chunks_of_arrival_matter(owner, connection, expected, seed: int) -> None:
    rng, rows = Random(seed), life()
    if seed % 2:
        rng.shuffle(rows)
    else:  # nearly in order, as readers really are
        rows.sort(key=lambda each: each.event.occurred_at + rng.gauss(0, 5) * HOUR)
    forget(owner)
    while rows:
        chunk = rng.choice([1, 2, 5, len(rows)])
        play(connection, rows[:chunk])
        if rng.random() < 0.2:
            play(connection, rows[:1])  # the store must not mind a row that is there already
        rows = rows[chunk:]
    found = outcome(owner)
    assert found[0] == expected[0]
    assert found[1:] == expected[1:]
    counted = owner.execute(
        "SELECT owner_org, dealer_id, market_id, count(*), count(*) FILTER (WHERE off_territory),"
        " min(occurred_at) FILTER (WHERE off_territory) FROM suyuan.first_scan GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
    )
    assert found[-1] == counted.fetchall()


@pytest.mark.parametrize("seed", range(5))
def test_two_workers_at_once_conclude_what_one_does(owner, database, expected, seed: int) -> None:
    rng, rows = Random(seed), life()
    rng.shuffle(rows)
    forget(owner)
    failures: list[BaseException] = []

    def work(mine: Sequence[EventRow]) -> None:
        connection = connect(database.gateway_dsn)
        prepare(connection)
        try:
            for start in range(0, len(mine), 3):
                play(connection, mine[start : start + 3])
        except BaseException as error:  # noqa: BLE001 -- told in the main thread
            failures.append(error)
        finally:
            connection.close()

    workers = [threading.Thread(target=work, args=(rows[part::2],)) for part in (0, 1)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert failures == []
    assert outcome(owner)[0] == expected[0]
    assert outcome(owner)[1] == expected[1]


def test_first_scans_through_few_networks_accuse_no_dealer_whatever_places_they_state(owner, connection) -> None:
    def told(networks: int, at: int) -> list[EventRow]:
        rows = []
        for index in range(9):
            voice, hours = index % networks, 24 * 3 * (index % networks)
            rows.append(row(at + 2 * index, unit(20 + index), 30, read_point="dealer"))
            scanned = scan(at + 2 * index + 1, unit(20 + index), 60 + hours, URUMQI, f"phone-{index}")
            rows.append(scanned._replace(network=f"network-{voice}"))
        return rows

    levels = "SELECT level, evidence -> 'details' ->> 'networks' FROM suyuan.finding WHERE rule = 'lane_excess'"
    incidents = "SELECT count(*) FROM suyuan.incident WHERE findings > 0"
    forget(owner)
    play(connection, told(1, 100))
    assert owner.execute(levels).fetchall() == [("watch", "1")]
    assert owner.execute(incidents).fetchone() == (0,)
    forget(owner)
    play(connection, told(4, 200))
    assert owner.execute(levels).fetchall() == [("alert", "4")]
    assert owner.execute(incidents).fetchone() == (1,)


CASE, LATER_CASE = "00/395212340000000011", "00/395212340000000028"


def packing(number: int, hours: float, container: str, *children: str) -> EventRow:
    return row(number, container, hours, step="packing", action=Action.ADD, children=children, read_point="plant")


def the_meetings() -> dict[str, tuple[list[EventRow], list[EventRow], list[EventRow]]]:
    """What is stored already, and what two workers store in the same moment."""
    far = row(1, unit(0), 3, read_point="far")
    home = row(2, CASE, 2.5, step="shipping", read_point="plant")
    return {
        "a unit's first event, and its packing": ([home], [far], [packing(3, 1, CASE, unit(0))]),
        "a unit's next event, and its packing": (
            [home, row(4, unit(0), 0, read_point="plant")],
            [far],
            [packing(3, 1, CASE, unit(0))],
        ),
        "a unit's first event, and its second packing": (
            [packing(3, 1, LATER_CASE, unit(0)), home],
            [far],
            [packing(5, 2, CASE, unit(0))],
        ),
        "a unit's first event, and its case's": ([packing(3, 1, CASE, unit(0))], [far], [home]),
        "a unit's first event, and its pallet's": (
            [packing(3, 1, LATER_CASE, unit(0)), packing(5, 1.5, CASE, LATER_CASE)],
            [far],
            [home],
        ),
        "a unit's first event, and its case's packing": (
            [packing(3, 1, LATER_CASE, unit(0)), home],
            [far],
            [packing(5, 1.5, CASE, LATER_CASE)],
        ),
        "an event of a pallet, and the packing of its unit": (
            [far, packing(5, 1.5, CASE, LATER_CASE)],
            [home],
            [packing(3, 1, LATER_CASE, unit(0))],
        ),
    }


@pytest.mark.parametrize("case", ["00/395212340000000011", unit(20)], ids=["by its SSCC", "by a code of its own"])
def test_a_containers_move_reaches_its_contents_whatever_it_is_called(owner, connection, case: str) -> None:
    home, packed = row(1, unit(0), 0, read_point="plant"), packing(2, 1, case, unit(0))
    moved, scanned = row(3, case, 3, read_point="far"), scan(4, unit(0), 4, SHANGHAI, "phone")
    forget(owner)
    play(connection, [home, packed, moved, scanned])
    expected = outcome(owner)
    assert ("impossible_travel", unit(0)) in {(rule, subject) for subject, _, _, rule, _, _ in expected[0]}
    for steps in ([home], [packed], [moved], [scanned]), ([scanned], [moved], [home], [packed]):
        forget(owner)
        for rows in steps:
            play(connection, rows)
        assert outcome(owner) == expected


@pytest.mark.parametrize("swapped", [False, True], ids=["as told", "the other first"])
@pytest.mark.parametrize("meeting", the_meetings())
def test_two_workers_in_the_same_moment_miss_nothing_of_each_other(
    owner, database, connection, meeting: str, swapped: bool
) -> None:
    before, one, other = the_meetings()[meeting]
    forget(owner)
    play(connection, before + one + other)
    expected = outcome(owner)
    assert {rule for *_, rule, _, _ in expected[0]} >= {"impossible_travel"}, "the meeting matters to somebody"
    forget(owner)
    play(connection, before)
    first, second = (other, one) if swapped else (one, other)
    failures: list[BaseException] = []

    def work() -> None:
        beside = connect(database.gateway_dsn)
        prepare(beside)
        try:
            play(beside, second)
        except BaseException as error:  # noqa: BLE001 -- told in the main thread
            failures.append(error)
        finally:
            beside.close()

    worker = threading.Thread(target=work)
    with connection.transaction():
        events.store(connection, first, T0)
        judge(connection, first, now=T0, all_new=True, rule_failed=pytest.fail)
        worker.start()
        worker.join(0.5)
    worker.join()
    assert failures == []
    assert outcome(owner)[0] == expected[0]


def test_judging_a_container_reads_nothing_of_others(owner, connection) -> None:
    case, contents = "00/395212340000000011", tuple(unit(index) for index in range(60))
    forget(owner)
    owner.execute(
        "INSERT INTO suyuan.event (item_id, occurred_at, event_id, recorded_at, owner_org, reader_org, reader_id,"
        " biz_step, action, audience, offset_minutes, clock_bound_s, proof)"
        " SELECT 'other/' || n, '2026-06-01'::timestamptz + n * interval '1 second', gen_random_uuid(), now(), %s, %s,"
        " 'web', 'receiving', 'OBSERVE', 'edge', 0, 2, 'foreign' FROM generate_series(1, 20000) AS n",
        [MAKER, MAKER],
    )
    owner.execute(
        "INSERT INTO suyuan.item_state (item_id, owner_org, proof, first_seen, last_seen, events, scans)"
        " SELECT item_id, owner_org, proof, occurred_at, occurred_at, 1, 0 FROM suyuan.event"
    )
    owner.execute(
        "INSERT INTO suyuan.containment_mark"
        " SELECT item_id, occurred_at, event_id, 'their/' || item_id, true FROM suyuan.event"
    )
    for table in ("event", "item_state", "containment_mark"):
        owner.execute(f"ANALYZE suyuan.{table}")

    def read_by(rows: Sequence[EventRow]) -> int:
        with connection.transaction():
            events.store(connection, rows, T0)
            judge(connection, rows, now=T0, all_new=True, rule_failed=pytest.fail)
            (read,) = connection.execute(
                "SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) FROM pg_stat_xact_user_tables"
                " WHERE relname LIKE 'event%' OR relname LIKE '%hyper%'"
                " OR relname IN ('item_state', 'containment_mark')"
            ).fetchone()
        return read

    assert read_by([row(index, item, 0, read_point="plant") for index, item in enumerate(contents)]) < 2000
    assert read_by([packing(1000, 1, case, *contents)]) < 2000
    assert read_by([row(1001, case, 3, read_point="far")]) < 2000
