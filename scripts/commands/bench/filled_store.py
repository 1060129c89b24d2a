"""A store full of units with a history, written by SQL as the gateway would write it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psycopg
from psycopg import sql

from schemas.serial import Sealer
from scripts.system.fixtures import BATCH, GTIN, MAKER, add_site, maker_sealer, register_maker
from scripts.system.stack import Stack

VERDICT = "?linkType=suyuan:verdict"
"""The query that asks for a unit's verdict instead of a link."""

_STEPS = "{commissioning,packing,shipping,receiving,storing,shipping,receiving,stocking,retail_selling,inspecting}"


def _owner(stack: Stack) -> psycopg.Connection:
    return psycopg.connect(stack.postgres.owner_dsn, autocommit=True)


def register(stack: Stack, quantity: int) -> None:
    """A maker with one product, one batch, three sites, and a link of the product."""
    with _owner(stack) as owner:
        register_maker(owner, quantity=quantity)
        for number, kind in enumerate(("plant", "dc", "shop")):
            add_site(owner, f"bench-{number}", kind, 30.0 + number, 104.0 + number)
        owner.execute(
            "INSERT INTO suyuan.link (anchor, slot, version, org_id, link_type, href, title, valid_from, digest,"
            " created_at) VALUES (%s, 'pip', 1, %s, 'https://ref.gs1.org/voc/pip', 'https://www.example.com/tea',"
            " 'Tea', '2025-01-01', %s, now())",
            [f"01/{GTIN}", MAKER, bytes(16)],
        )


def sealer_of(stack: Stack) -> Sealer:
    """What seals the serials of the maker's batch."""
    return maker_sealer(stack.seal_root())


def fill(stack: Stack, units: Sequence[tuple[int, str]], events: int) -> None:
    """Give each of ``units`` (index and item id) so many ``events``, in order of time as a store would get them."""
    with _owner(stack) as owner, owner.transaction(), owner.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE unit (unit_index bigint, item_id text) ON COMMIT DROP")
        with cursor.copy("COPY unit FROM STDIN") as copy:
            copy.write("".join(f"{index}\t{item}\n" for index, item in units))
        cursor.execute("SET LOCAL work_mem = '256MB'")
        cursor.execute(_EVENTS, {"steps": _STEPS, "org": MAKER, "last": events - 1})
        cursor.execute(_STATES, {"org": MAKER, "batch": BATCH, "events": events})


def vacuum(stack: Stack) -> None:
    """VACUUM ANALYZE, which autovacuum would do in time: plans then rest on what is in the tables."""
    with _owner(stack) as owner:
        owner.execute("VACUUM ANALYZE")


def size_of_events(stack: Stack) -> int:
    """Bytes of all events with their indexes."""
    with _owner(stack) as owner:
        row = owner.execute(
            "SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree('suyuan.event')"
        ).fetchone()
    return 0 if row is None else int(row[0])


@contextmanager
def without_indexes(stack: Stack) -> Iterator[None]:
    """Drop the indexes of the table of events while it is being filled, and create them at the end.

    Sorting ten million keys once takes a tenth of the time of finding a place for each.
    """
    with _owner(stack) as owner:
        made = owner.execute(
            "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid), con.conname, pg_get_constraintdef(con.oid)"
            " FROM pg_index LEFT JOIN pg_constraint AS con ON con.conindid = indexrelid"
            " WHERE indrelid = 'suyuan.event'::regclass"
        ).fetchall()
        for name, _, constraint, _ in made:
            drop = f"ALTER TABLE suyuan.event DROP CONSTRAINT {constraint}" if constraint else f"DROP INDEX {name}"
            owner.execute(sql.SQL(drop))
        yield
        owner.execute("SET maintenance_work_mem = '1GB'")
        for _, definition, constraint, key in made:
            create = f"ALTER TABLE suyuan.event ADD CONSTRAINT {constraint} {key}" if constraint else definition
            owner.execute(sql.SQL(create.replace(" ON ONLY ", " ON ")))


_EVENTS = """
INSERT INTO suyuan.event (item_id, occurred_at, event_id, recorded_at, owner_org, reader_org, reader_id, biz_step,
                          action, offset_minutes, read_point, audience, clock_bound_s, proof)
SELECT item_id, timestamptz '2025-02-01' + unit_index %% 300 * interval '1 day' + n * interval '31 hours',
       gen_random_uuid(), timestamptz '2025-02-01' + unit_index %% 300 * interval '1 day' + n * interval '31 hours',
       %(org)s, %(org)s, 'line-1', (%(steps)s::text[])[1 + n %% 10], 'OBSERVE', 480,
       'bench-' || CASE WHEN n %% 10 < 3 THEN 0 WHEN n %% 10 < 6 THEN 1 ELSE 2 END,
       CASE WHEN n %% 10 = 9 THEN 'consumer' ELSE 'edge' END, 1, 'sealed'
FROM unit, generate_series(0, %(last)s) AS n ORDER BY n, unit_index
"""
_STATES = """
INSERT INTO suyuan.item_state (item_id, owner_org, proof, batch_number, unit_index, first_seen, last_seen, events,
                               scans)
SELECT item_id, %(org)s, 'sealed', %(batch)s, unit_index, '2025-02-01', '2025-11-01', %(events)s, %(events)s / 10
FROM unit
"""
