"""Fairness: a flood of one sender must not stand before everybody else's next message."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from gateway.ingest.fair_queue import Rota

SENDERS = st.sampled_from("abcd")


@given(st.lists(st.one_of(SENDERS, st.none()), max_size=200), st.integers(1, 20))
def test_every_thing_is_taken_once_in_its_senders_order_or_was_handed_back(steps: list[str | None], most: int) -> None:
    rota: Rota[tuple[str, int]] = Rota(most)
    added: Counter[str] = Counter()
    out: list[tuple[str, int]] = []
    gone: list[tuple[str, int]] = []
    for sender in steps:
        if sender is None:
            if (thing := rota.take()) is not None:
                out.append(thing)
        else:
            given_back = rota.add(sender, (sender, added[sender]))
            added[sender] += 1
            if given_back is not None:
                gone.append(given_back)
        assert len(rota) <= most * len(added)
    while (thing := rota.take()) is not None:
        out.append(thing)
    assert len(rota) == 0
    for sender, count in added.items():
        own = [number for name, number in out if name == sender]
        assert own == sorted(own)
        assert sorted(own + [number for name, number in gone if name == sender]) == list(range(count))


@given(st.integers(1, 500), st.integers(1, 10))
def test_behind_a_flood_a_quiet_sender_waits_for_one_thing_of_each_other_sender(flood: int, others: int) -> None:
    rota: Rota[str] = Rota(1000)
    for _ in range(flood):
        rota.add("flood", "flood")
    for number in range(others):
        rota.add(f"quiet-{number}", f"quiet-{number}")
    first = [rota.take() for _ in range(others + 1)]
    assert set(first) == {"flood", *(f"quiet-{number}" for number in range(others))}


def test_beyond_its_share_a_senders_oldest_gives_way() -> None:
    rota: Rota[int] = Rota(2)
    assert [rota.add("a", number) for number in range(4)] == [None, None, 0, 1]
    assert [rota.take(), rota.take(), rota.take()] == [2, 3, None]


def test_what_is_cleared_is_gone() -> None:
    rota: Rota[int] = Rota(9)
    for number in range(5):
        rota.add("ab"[number % 2], number)
    assert sorted(rota.clear()) == list(range(5))
    assert rota.take() is None
    assert len(rota) == 0
