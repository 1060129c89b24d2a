"""Token buckets of one process: what they let through, and how many senders they remember."""

import pytest

from resolver.access.token_bucket import TokenBuckets


def test_a_limit_counts_each_sender_and_forgets_with_time():
    limit = TokenBuckets(1 / 30, 2)
    assert [limit.wait_s("a", now) == 0 for now in (0, 1, 2)] == [True, True, False]
    assert limit.wait_s("a", 2) == pytest.approx(28)
    assert limit.wait_s("b", 2) == 0
    assert limit.wait_s("a", 31) == 0
    assert all(TokenBuckets(0, 0).wait_s("a", 0) == 0 for _ in range(100)), "0 is no limit"


def test_a_limit_remembers_a_bounded_number_of_senders():
    limit = TokenBuckets(0.001, 1, senders=10)
    assert all(limit.wait_s(str(n), 0) == 0 for n in range(1000))
    assert limit.wait_s("999", 0) > 0
    assert limit.wait_s("0", 0) == 0, "forgotten, which errs on the side of letting people in"


def test_a_cost_beyond_what_is_there_is_owed_and_a_charge_owes_one_burst_at_most():
    limit = TokenBuckets(1, 10)
    assert limit.wait_s("a", 0, 15) == 0
    assert limit.wait_s("a", 0) == pytest.approx(6)
    for _ in range(100):
        limit.charge("b", 0, 20)
    assert limit.wait_s("b", 0) == pytest.approx(11)
    assert limit.wait_s("c", 0, 0) == 0, "asking takes nothing"


def test_long_senders_take_no_more_memory_than_short_ones():
    limit = TokenBuckets(0.001, 1)
    assert limit.wait_s("n" * 100_000, 0) == 0
    assert limit.wait_s("n" * 100_000, 0) > 0
    assert max(map(len, limit._levels)) < 100
