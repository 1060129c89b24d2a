"""Containment is read twice, by the gateway's rules in Python and by the resolver in SQL: both must say the same."""

from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import psycopg
import pytest

from gateway.rules.containment import FOR_EVER, Mark, carried, stays
from resolver.trace.store import _UNIT, MAX_NESTED

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
START = 1_700_000_000_000_000
CARRIERS = (
    _UNIT
    + """item_id, (extract(epoch FROM since) * 1000000)::bigint,
       CASE WHEN until < 'infinity' THEN (extract(epoch FROM until) * 1000000)::bigint ELSE %(for_ever)s END
FROM carrier WHERE depth > 0"""
)


@pytest.fixture(scope="module")
def owner(database):
    with psycopg.connect(database.owner_dsn, autocommit=True) as connection:
        yield connection


def random_marks(random):
    """Packings and unpackings of units and containers, at few moments: ties, repeats and circles are frequent."""
    things = [f"01/09521234000013/21/U{number}" for number in range(3)]
    containers = [f"00/0952123400000000{number}" for number in range(random.randrange(2, 6))]
    return [
        (
            random.choice(things + containers),
            START + random.randrange(12) * 1_000_000,
            UUID(int=random.getrandbits(128)),
            random.choice(containers),
            random.random() < 0.7,
        )
        for _ in range(random.randrange(1, 25))
    ]


@pytest.mark.parametrize("seed", range(25))
def test_what_carried_an_item_and_when_is_the_same_in_python_and_in_sql(owner, seed):
    marks = sorted(random_marks(Random(seed)), key=lambda mark: mark[:3])
    owner.execute("TRUNCATE suyuan.containment_mark")
    with owner.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO suyuan.containment_mark (item_id, occurred_at, event_id, parent_id, packed)"
            " VALUES (%s, %s, %s, %s, %s)",
            [(item, EPOCH + timedelta(microseconds=at), *rest) for item, at, *rest in marks],
        )
    direct = stays(Mark(item, at, container, packed) for item, at, _, container, packed in marks)
    for item in {mark[0] for mark in marks}:
        by_sql = owner.execute(CARRIERS, {"item": item, "nested": MAX_NESTED, "for_ever": FOR_EVER}).fetchall()
        assert sorted(by_sql) == sorted(map(tuple, carried(item, direct)))
