"""Resources for a year of events: bytes of tables and of write-ahead log per event, measured and extrapolated.

Events are stored in order of arrival, those of many items interleaved, as readers send them; with their indexes, their
event batches and their items, but without the saved state of judging. With the JSON line of `scripts/bench ingest
--json` the number of workers is calculated too.
"""

import argparse
import json
import math
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
from rich.console import Console
from rich.table import Table

from scripts.system.embedded.postgres import EmbeddedPostgres
from scripts.system.migrate import migrate

YEAR_S = 365.25 * 86_400
YEARLY = (10**9, 10**11)

_ROUNDS = 20

# A unit's path as it is stored, its reader and place: of the usual lengths. The step is all that differs in length.
_EVENTS = """
INSERT INTO suyuan.event (item_id, occurred_at, event_id, recorded_at, owner_org, reader_org, reader_id, biz_step,
    action, disposition, offset_minutes, read_point, latitude, longitude, radius_m, source, audience, clock_bound_s,
    proof)
SELECT '01/09521234000013/21/' || upper(substring(md5(n::text) FOR 20)),
       timestamptz '2026-01-01' + %(round)s * interval '10 days' + n * interval '1 second', gen_random_uuid(), now(),
       'huadu', 'dealer-01', 'gate-' || n %% 50,
       (ARRAY['shipping', 'receiving', 'inspecting', 'storing'])[1 + %(round)s %% 4], 'OBSERVE', 'in_transit', 480,
       'dealer-01-chengdu', 30.6 + random(), 104.0 + random(), 100, 'site', 'edge', 2, 'sealed'
FROM generate_series(1, %(items)s) AS n
"""
_BATCHES = """
INSERT INTO suyuan.event_batch (org_id, reader_id, sequence, digest, recorded_at, stored, duplicate, rejected)
SELECT 'dealer-01', 'gate-' || n %% 50, %(round)s * 1000000 + n, sha256(n::text::bytea), now(), 100, 0, 0
FROM generate_series(1, %(items)s / 100) AS n
"""
_ITEMS = """
INSERT INTO suyuan.item_state
    (item_id, owner_org, proof, batch_number, unit_index, first_seen, last_seen, events, scans)
SELECT item_id, 'huadu', 'sealed', 1, 1, min(occurred_at), max(occurred_at), count(*), 0
FROM suyuan.event GROUP BY item_id
"""
_SIZE = """
SELECT sum(pg_total_relation_size(c.oid))::float8 FROM pg_class AS c JOIN pg_namespace AS s ON s.oid = c.relnamespace
WHERE s.nspname = 'suyuan' AND c.relkind = 'r'
  AND (c.relname LIKE 'event%%' OR c.relname = 'item_state')
"""


@dataclass(frozen=True, slots=True)
class PerEvent:
    """Bytes of tables and indexes, and of write-ahead log, for one event."""

    stored: float
    log: float


@dataclass(frozen=True, slots=True)
class Need:
    """Resources for so many events a year. ``workers`` is None when the speed of a worker is unknown."""

    events: int
    mean_s: float
    peak_s: float
    messages_s: float
    stored_tb: float
    log_gb_day: float
    workers: int | None


def need(events: int, per: PerEvent, *, peak: float, batch: int, worker_s: float | None, use: float) -> Need:
    """Resources by arithmetic. Pure.

    ``peak`` is the busiest second over the mean one, ``batch`` events a message, ``worker_s`` events a second that one
    worker carries, of which only the share ``use`` is planned with.
    """
    mean = events / YEAR_S
    return Need(
        events=events,
        mean_s=mean,
        peak_s=mean * peak,
        messages_s=mean * peak / batch,
        stored_tb=events * per.stored / 1e12,
        log_gb_day=mean * 86_400 * per.log / 1e9,
        workers=None if worker_s is None else math.ceil(mean * peak / (worker_s * use)),
    )


def measure(folder: Path, events: int) -> PerEvent:
    """Bytes for one event, over ``events`` of them, about twenty an item."""
    with EmbeddedPostgres(folder, settings={"fsync": "off"}) as server:
        migrate(server.owner_dsn)
        with psycopg.connect(server.owner_dsn, autocommit=True) as owner:
            ((before,),) = owner.execute("SELECT pg_current_wal_lsn()").fetchall()
            items = max(100, events // _ROUNDS)
            for number in range(_ROUNDS):
                owner.execute(_EVENTS, {"round": number, "items": items})
                owner.execute(_BATCHES, {"round": number, "items": items})
            owner.execute(_ITEMS)
            ((log,),) = owner.execute("SELECT pg_current_wal_lsn() - %s::pg_lsn", [before]).fetchall()
            ((size,),) = owner.execute(_SIZE, {}).fetchall()
    return PerEvent(size / (items * _ROUNDS), float(log) / (items * _ROUNDS))


def main(arguments: Sequence[str]) -> int:
    """Measure, calculate and print; the last line is JSON with ``--json``."""
    parser = argparse.ArgumentParser(prog="scripts/bench sizing", description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000, help="events to measure with (default: 1,000,000)")
    parser.add_argument(
        "--ingest", type=Path, metavar="FILE", help="a file whose last line `bench ingest --json` printed"
    )
    parser.add_argument("--peak", type=float, default=10, help="the busiest second over the mean one (default: 10)")
    parser.add_argument("--batch", type=int, default=100, help="events a message (default: 100)")
    parser.add_argument("--use", type=float, default=0.5, help="share of a worker's speed to plan with (default: 0.5)")
    parser.add_argument("--json", action="store_true", help="print JSON as the last line")
    options = parser.parse_args(arguments)
    worker_s = None
    if options.ingest is not None:
        worker_s = float(json.loads(options.ingest.read_text(encoding="utf-8").splitlines()[-1])["events_s_20"])
    with tempfile.TemporaryDirectory(prefix="suyuan-sizing-") as folder:
        per = measure(Path(folder) / "postgres", options.events)
    console = Console(stderr=options.json)
    console.print(f"{per.stored:.0f} bytes of tables and indexes, {per.log:.0f} bytes of log for one event")
    needs = [
        need(events, per, peak=options.peak, batch=options.batch, worker_s=worker_s, use=options.use)
        for events in YEARLY
    ]
    console.print(_table(needs))
    if options.json:
        figures = {"bytes_per_event": round(per.stored), "wal_bytes_per_event": round(per.log), "peak": options.peak}
        for row in needs:
            figures |= {f"tb_year_{row.events:.0e}": round(row.stored_tb, 3), f"peak_s_{row.events:.0e}": row.peak_s}
            if row.workers is not None:
                figures[f"workers_{row.events:.0e}"] = row.workers
        print(json.dumps(figures))
    return 0


def _table(needs: Sequence[Need]) -> Table:
    table = Table("events/year", "mean/s", "peak/s", "messages/s", "TB/year", "GB log/day", "workers")
    for row in needs:
        table.add_row(
            f"10^{math.log10(row.events):.0f}",
            f"{row.mean_s:,.0f}",
            f"{row.peak_s:,.0f}",
            f"{row.messages_s:,.1f}",
            f"{row.stored_tb:,.2f}",
            f"{row.log_gb_day:,.1f}",
            "?" if row.workers is None else str(row.workers),
        )
    return table
