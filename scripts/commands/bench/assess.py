"""Whether assessing keeps up: a changed thousand among many scanned items, and the memory that it takes.

The store is filled by SQL with evidence of so many items, as assessing would have extracted it. A whole pass is run,
then rounds in which a thousand items are scanned once more by other phones: stored, judged and, this is what is
measured, assessed in the context of the whole pass. The floor is reading the same thousand items as values.
"""

import argparse
import json
import os
import resource
import tempfile
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from statistics import median
from uuid import UUID

from rich.console import Console

from gateway.assess.metrics import AssessMetrics
from gateway.assess.process import AssessmentWorker, Pace
from gateway.judge import judge
from gateway.store import events as store_events
from gateway.store import item_evidence
from gateway.store.connection import Connection, connect
from gateway.store.event_row import EventRow
from gateway.store.staging import prepare
from schemas.code import Checked, Proof
from schemas.event import Audience, Event, LocationSource
from schemas.geodesy import Position
from schemas.serial import UnitNumber
from scripts.system.embedded.postgres import EmbeddedPostgres
from scripts.system.fixtures import BATCH, GTIN, MAKER, add_market, add_site, register_maker
from scripts.system.migrate import migrate

DEALERS = 20
DAY_US = 86_400_000_000
START_US = 1_780_012_800_000_000
_WINDOW = timedelta(days=180)
_SITES = ("plant", "dealer", "shop")


def main(arguments: Sequence[str]) -> int:
    """Measure and print; 0 when done."""
    parser = argparse.ArgumentParser(prog="scripts/bench assess", description=__doc__)
    parser.add_argument("--items", type=int, default=100_000, help="scanned items (default: 100,000)")
    parser.add_argument("--changed", type=int, default=1_000, help="items that change in a round (default: 1,000)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds (default: 5)")
    parser.add_argument("--json", action="store_true", help="print JSON as the last line")
    options = parser.parse_args(arguments)
    console = Console(stderr=True)
    with (
        tempfile.TemporaryDirectory(prefix="suyuan-bench-") as folder,
        EmbeddedPostgres(Path(folder), fsync=False) as server,
    ):
        migrate(server.owner_dsn, passwords={"suyuan_gateway": "bench-gateway"})
        with connect(server.owner_dsn) as owner:
            _fill(owner, options.items, options.changed * options.rounds)
        console.print(f"{options.items:,} items on {os.cpu_count()} cores")
        figures = _measure(server.dsn("suyuan_gateway", "bench-gateway"), options.changed, options.rounds)
    figures["items"] = options.items
    for name, value in figures.items():
        console.print(f"{name:28} {value:,.3f}")
    if options.json:
        print(json.dumps(figures))
    return 0


def _measure(dsn: str, changed: int, rounds: int) -> dict[str, float]:
    worker = AssessmentWorker(dsn, Pace(1.0, changed, 100, _WINDOW), AssessMetrics())
    started = time.perf_counter()
    worker.run_once()
    whole = time.perf_counter() - started
    resident = [_resident_mb()]
    weighing, floor = [], []
    with connect(dsn) as connection:
        prepare(connection)
        for number in range(rounds):
            indexes = range(number * changed, (number + 1) * changed)
            _scan(connection, indexes, number)
            started = time.perf_counter()
            worker.run_changes()
            weighing.append(time.perf_counter() - started)
            started = time.perf_counter()
            read = item_evidence.changed_items(connection, MAKER, _WINDOW, [_item(index) for index in indexes])
            floor.append(time.perf_counter() - started)
            if len(read) != changed:
                raise RuntimeError(f"{len(read)} of {changed} items were read")
            resident.append(_resident_mb())
    return {
        "changed_s": median(weighing),
        "changed_worst_s": max(weighing),
        "floor_s": median(floor),
        "changed_over_floor": median(weighing) / median(floor),
        "whole_pass_s": whole,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "resident_mb_first_round": resident[1],
        "resident_mb_last_round": resident[-1],
    }


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


def _item(index: int) -> str:
    return f"01/{GTIN}/21/{index:020}"


def _place(dealer: int) -> Position:
    return Position(25.0 + dealer % 5 * 3, 100.0 + dealer // 5 * 4, 100)


def _scan(connection: Connection, indexes: Sequence[int], number: int) -> None:
    """Every item is looked at by one more phone, at home; one in a hundred by a phone in another market."""
    rows = []
    for index in indexes:
        away = index % 100 == 0
        where = _place((index + 7 * away) % DEALERS)
        event = Event(
            f"/{_item(index)}",
            START_US + 150 * DAY_US + index * 1_000_000,
            "inspecting",
            position=where,
            source=LocationSource.GPS,
            audience=Audience.CONSUMER,
            handset=f"round-{number}-{index}",
        )
        checked = Checked(Proof.SEALED, _item(index), MAKER, UnitNumber(0, BATCH, index))
        rows.append(EventRow(UUID(int=(number + 1) << 64 | index), event, checked, (), "consumers", "web", 2))
    with connection.transaction():
        store_events.store(connection, rows, START_US + 151 * DAY_US)
        judge(connection, rows, now=START_US + 151 * DAY_US, all_new=True, rule_failed=_failed)


def _failed(rule: str) -> None:
    raise RuntimeError(f"rule {rule} failed")


def _fill(owner: Connection, items: int, changing: int) -> None:
    """Evidence of all items, and the stored history of those that will change."""
    register_maker(owner, quantity=items)
    add_site(owner, "plant", "plant", 30.0, 95.0)
    for dealer in range(DEALERS):
        where = _place(dealer)
        for kind in _SITES[1:]:
            add_site(owner, f"{kind}-{dealer:02}", kind, where.latitude, where.longitude)
        add_market(owner, f"m{dealer:02}", where.latitude, where.longitude, 80)
    parameters = {
        "items": items - 1,
        "changing": changing,
        "gtin": GTIN,
        "maker": MAKER,
        "batch": BATCH,
        "dealers": DEALERS,
        "start": START_US,
    }
    owner.execute("SET statement_timeout = 0")
    for statement in (_STATES, _EVIDENCE, _EVENTS):
        owner.execute(statement, parameters)
    owner.execute("TRUNCATE suyuan.assessment_due")
    owner.execute("VACUUM ANALYZE suyuan.item_evidence, suyuan.item_state, suyuan.event")


_WAY = """
WITH goods AS (
    SELECT n, '01/' || %(gtin)s || '/21/' || lpad(n::text, 20, '0') AS item_id, n %% %(dealers)s AS dealer,
           %(start)s::bigint + n %% 120 * 86400000000::bigint + n * 1000 AS made,
           25.0 + n %% %(dealers)s %% 5 * 3 AS latitude, 100.0 + n %% %(dealers)s / 5 * 4 AS longitude
    FROM generate_series(0, %(items)s) AS n
), way AS (
    SELECT goods.*, step.*
    FROM goods, LATERAL (VALUES
        (1, 0, 'plant', 'plant', 'shipping', 30.0, 95.0),
        (2, 3, 'dealer-' || lpad(dealer::text, 2, '0'), 'dealer', 'receiving', latitude, longitude),
        (3, 5, 'dealer-' || lpad(dealer::text, 2, '0'), 'dealer', 'shipping', latitude, longitude),
        (4, 6, 'shop-' || lpad(dealer::text, 2, '0'), 'shop', 'receiving', latitude, longitude),
        (5, 15, 'shop-' || lpad(dealer::text, 2, '0'), 'shop', 'retail_selling', latitude, longitude)
    ) AS step (number, days, site, kind, biz_step, site_latitude, site_longitude)
)
"""
_STATES = """
INSERT INTO suyuan.item_state (item_id, owner_org, proof, batch_number, unit_index, first_seen, last_seen, events,
                               scans)
SELECT '01/' || %(gtin)s || '/21/' || lpad(n::text, 20, '0'), %(maker)s, 'sealed', %(batch)s, n,
       to_timestamp(%(start)s / 1000000), to_timestamp(%(start)s / 1000000 + 150 * 86400), 6, 1
FROM generate_series(0, %(items)s) AS n
"""
_EVIDENCE = (
    _WAY
    + """
INSERT INTO suyuan.item_evidence (item_id, owner_org, known, newest, looks, marks)
SELECT item_id, %(maker)s, true, to_timestamp(made / 1000000 + 18 * 86400),
       jsonb_build_array(jsonb_build_array(made + 18 * 86400000000::bigint, 'phone-' || n,
                                           latitude + n %% 50 / 1000.0, longitude + n %% 70 / 1000.0, 0.1, 120, false,
                                           0, 'network-' || n / 3, 'operator', 'gps', gen_random_uuid()::text)),
       jsonb_agg(jsonb_build_array(made + days * 86400000000::bigint, site, kind, biz_step, site_latitude,
                                   site_longitude, 120, 'maker/' || site, made + days * 86400000000::bigint + 60000000,
                                   gen_random_uuid()::text) ORDER BY number)
FROM way GROUP BY item_id, n, made, latitude, longitude
"""
)
_EVENTS = (
    _WAY
    + """
INSERT INTO suyuan.event (item_id, occurred_at, event_id, recorded_at, owner_org, reader_org, reader_id, biz_step,
                          action, offset_minutes, read_point, audience, clock_bound_s, proof)
SELECT item_id, to_timestamp(made / 1000000 + days * 86400), gen_random_uuid(),
       to_timestamp(made / 1000000 + days * 86400 + 60), %(maker)s, %(maker)s, site, biz_step, 'OBSERVE', 0, site,
       'edge', 120, 'sealed'
FROM way WHERE n < %(changing)s
"""
)
