"""Fairness: a flood of one sender must not stand before everybody else's next message."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from gateway.ingest.fair_queue import FairQueue

SENDERS = st.sampled_from("abcd")


@given(st.lists(st.one_of(SENDERS, st.none()), max_size=200), st.integers(1, 20))
def test_every_item_is_taken_once_in_its_senders_order_or_was_handed_back(steps: list[str | None], most: int) -> None:
    queue: FairQueue[tuple[str, int]] = FairQueue(most)
    added: Counter[str] = Counter()
    out: list[tuple[str, int]] = []
    gone: list[tuple[str, int]] = []
    for sender in steps:
        if sender is None:
            if (item := queue.take()) is not None:
                out.append(item)
        else:
            given_back = queue.add(sender, (sender, added[sender]))
            added[sender] += 1
            if given_back is not None:
                gone.append(given_back)
        assert len(queue) <= most * len(added)
    while (item := queue.take()) is not None:
        out.append(item)
    assert len(queue) == 0
    for sender, count in added.items():
        own = [number for name, number in out if name == sender]
        assert own == sorted(own)
        assert sorted(own + [number for name, number in gone if name == sender]) == list(range(count))


@given(st.integers(1, 500), st.integers(1, 10))
def test_behind_a_flood_a_quiet_sender_waits_for_one_item_of_each_other_sender(flood: int, others: int) -> None:
    queue: FairQueue[str] = FairQueue(1000)
    for _ in range(flood):
        queue.add("flood", "flood")
    for number in range(others):
        queue.add(f"quiet-{number}", f"quiet-{number}")
    first = [queue.take() for _ in range(others + 1)]
    assert set(first) == {"flood", *(f"quiet-{number}" for number in range(others))}


def test_beyond_its_share_a_senders_oldest_is_dropped() -> None:
    queue: FairQueue[int] = FairQueue(2)
    assert [queue.add("a", number) for number in range(4)] == [None, None, 0, 1]
    assert [queue.take(), queue.take(), queue.take()] == [2, 3, None]


def test_what_is_cleared_is_gone() -> None:
    queue: FairQueue[int] = FairQueue(9)
    for number in range(5):
        queue.add("ab"[number % 2], number)
    assert sorted(queue.clear()) == list(range(5))
    assert queue.take() is None
    assert len(queue) == 0
