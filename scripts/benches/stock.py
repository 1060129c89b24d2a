"""A store full of units with a history, by SQL: what the gateway would have written, without having to send it."""

from collections.abc import Sequence

import psycopg

from schemas.gs1 import check_digit
from scripts.stack import Stack

ORG = "bench"
PREFIX = "9521234"
GTIN = f"0{PREFIX}88888" + str(check_digit(f"0{PREFIX}88888"))
LATER = "?linkType=suyuan:verdict"

_STEPS = "{commissioning,packing,shipping,receiving,storing,shipping,receiving,stocking,retail_selling,inspecting}"


def _owner(stack: Stack) -> psycopg.Connection:
    return psycopg.connect(stack.postgres.owner_dsn, autocommit=True)


def register(stack: Stack, quantity: int) -> None:
    """A maker with one product, one batch and three sites."""
    with _owner(stack) as owner:
        owner.execute(
            "INSERT INTO suyuan.organisation (org_id, name, name_zh, kind) VALUES (%s, 'Bench', '测试', 'maker')", [ORG]
        )
        owner.execute("INSERT INTO suyuan.company_prefix VALUES (%s, %s)", [PREFIX, ORG])
        owner.execute("INSERT INTO suyuan.seal_key (org_id, key_number) VALUES (%s, 0)", [ORG])
        owner.execute(
            "INSERT INTO suyuan.product (gtin, org_id, name, name_zh) VALUES (%s, %s, 'Tea', '茶')", [GTIN, ORG]
        )
        owner.execute(
            "INSERT INTO suyuan.batch (org_id, batch_number, gtin, lot, quantity, key_number, grade, produced_on)"
            " VALUES (%s, 0, %s, 'B1', %s, 0, 'sealed', '2025-01-01')",
            [ORG, GTIN, quantity],
        )
        owner.execute(
            "INSERT INTO suyuan.commissioning VALUES (%s, 0, int8range(0, %s), '2025-01-02')", [ORG, quantity]
        )
        for number, kind in enumerate(("plant", "dc", "shop")):
            owner.execute(
                "INSERT INTO suyuan.site VALUES (%s, %s, %s, %s, %s, %s, %s)",
                [f"bench-{number}", ORG, kind, kind, kind, 30.0 + number, 104.0 + number],
            )
        owner.execute(
            "INSERT INTO suyuan.link (anchor, slot, version, org_id, link_type, href, title, valid_from, digest,"
            " created_at) VALUES (%s, 'pip', 1, %s, 'https://ref.gs1.org/voc/pip', 'https://www.example.com/tea',"
            " 'Tea', '2025-01-01', %s, now())",
            [f"01/{GTIN}", ORG, bytes(16)],
        )


def fill(stack: Stack, items: Sequence[str], first: int, each: int, *, settle: bool = False) -> None:
    """Give ``items`` (unit indexes from ``first`` on) ``each`` events a piece; ``settle``: analyse the tables."""
    with _owner(stack) as owner:
        if items:
            with owner.transaction(), owner.cursor() as cursor:
                cursor.execute("CREATE TEMP TABLE unit (item_id text, unit_index bigint) ON COMMIT DROP")
                with cursor.copy("COPY unit FROM STDIN") as copy:
                    for index, item in enumerate(items, first):
                        copy.write_row((item, index))
                cursor.execute(_EVENTS, {"steps": _STEPS, "org": ORG, "last": each - 1})
                cursor.execute(_STATES, {"org": ORG, "each": each})
        if settle:
            owner.execute("VACUUM ANALYZE")


_EVENTS = """
INSERT INTO suyuan.event (item_id, occurred_at, event_id, recorded_at, owner_org, reader_org, reader_id, biz_step,
                          action, offset_minutes, read_point, audience, clock_bound_s, proof)
SELECT item_id, timestamptz '2025-02-01' + unit_index %% 300 * interval '1 day' + n * interval '31 hours',
       gen_random_uuid(), timestamptz '2025-02-01' + unit_index %% 300 * interval '1 day' + n * interval '31 hours',
       %(org)s, %(org)s, 'line-1', (%(steps)s::text[])[1 + n %% 10], 'OBSERVE', 480,
       'bench-' || CASE WHEN n %% 10 < 3 THEN 0 WHEN n %% 10 < 6 THEN 1 ELSE 2 END,
       CASE WHEN n %% 10 = 9 THEN 'consumer' ELSE 'edge' END, 1, 'sealed'
FROM unit, generate_series(0, %(last)s) AS n
"""
_STATES = """
INSERT INTO suyuan.item_state (item_id, owner_org, proof, batch_number, unit_index, first_seen, last_seen, events,
                               scans)
SELECT item_id, %(org)s, 'sealed', 0, unit_index, '2025-02-01', '2025-11-01', %(each)s, %(each)s / 10 FROM unit
"""
