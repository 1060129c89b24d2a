"""Limits that processes share: one count, no names in the storage, and nobody shut out when it is away."""

import time

import pytest

from resolver.access import shared_limit
from resolver.access.limits import Gate, Rates, limit_factory
from resolver.access.shared_limit import REST_S, SharedLimit, open_storage
from schemas.errors import Misconfigured
from tests.support.limits_storage import SharedCounts

KEY = b"pepper of sixteen"


@pytest.fixture(autouse=True)
def fresh_counts():
    SharedCounts().reset()


def test_two_processes_share_one_limit():
    one, other = (Gate(Rates(1, 0, 0), limit_factory("shared-counts://", KEY)) for _ in range(2))
    now = time.time()
    assert [gate.wait_s("203.0.113.0/24", "x", None, now) for gate in (one, other) * 5] == [0.0] * 10
    waits = [gate.wait_s("203.0.113.0/24", "x", None, now) for gate in (one, other)]
    assert all(8 < wait <= 10.1 for wait in waits), "until the window ends"
    assert one.wait_s("198.51.100.0/24", "x", None, now) == 0


def test_a_rate_below_one_a_window_gets_a_longer_window():
    limit = SharedLimit(open_storage("shared-counts://"), "slow", 0.05, 0.5, key=KEY)
    now = time.time()
    assert limit.wait_s("a", now) == 0
    assert 18 < limit.wait_s("a", now) <= 20.1
    assert SharedLimit(open_storage("shared-counts://"), "none", 0, 0, key=KEY).wait_s("a", now) == 0


def test_the_storage_learns_no_network_and_no_handset():
    gate = Gate(Rates(1, 1, 1), limit_factory("shared-counts://", KEY))
    gate.wait_s("203.0.113.0/24", "01/09521234000013/21/A", "5f" * 16, time.time())
    assert len(SharedCounts.counts) == 3
    assert not any("203.0" in key or "0952" in key or "5f5f" in key for key in SharedCounts.counts)


def test_while_the_storage_is_away_each_process_counts_for_itself(caplog):
    limit = SharedLimit(open_storage("shared-counts://"), "network", 1, 10, key=KEY)
    now = time.time()
    SharedCounts.away = True
    assert [limit.wait_s("a", now) for _ in range(10)] == [0.0] * 10
    assert limit.wait_s("a", now) > 0
    assert [record.message for record in caplog.records] == ["limits are not shared for 5 s: StorageError"]
    SharedCounts.away = False
    assert limit.wait_s("b", now + REST_S + 1) == 0
    assert sum(SharedCounts.counts.values()) == 1, "asked again after a rest"


@pytest.mark.parametrize(
    ("address", "match"),
    [
        ("nonsense", "unknown storage"),
        ("redis://user:secret@127.0.0.1:1/0", "SUYUAN_LIMITS_STORAGE"),
        ("shared-counts://", "no storage answers"),
    ],
)
def test_a_storage_that_cannot_be_used_is_told_at_the_start(address, match):
    SharedCounts.away = True
    with pytest.raises(Misconfigured, match=match) as caught:
        open_storage(address)
    assert str(caught.value).startswith(shared_limit.SETTING)
    assert "secret" not in str(caught.value)


def test_costs_are_shared_as_well():
    one, other = (SharedLimit(open_storage("shared-counts://"), "doors", 1, 10, key=KEY) for _ in range(2))
    now = time.time()
    assert one.wait_s("a", now, 4) == other.wait_s("a", now, 0) == 0
    other.charge("a", now, 20)
    assert one.wait_s("a", now) > 0
    assert one.wait_s("a", now, 0) > 0
    assert one.wait_s("b", now) == 0
