"""Organisations share the senders of notices."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from gateway.notify.turn import SHARE, next_turns
from gateway.store.notices import Subscription
from schemas.notice import Interest

EVERYTHING = Interest(*[frozenset()] * 4)


def subscription(number: int, org: str) -> Subscription:
    return Subscription(
        UUID(int=number), org, "webhook", "https://a.example/", "zh", EVERYTHING, 1, 0, 0, overseer=False
    )


def orgs(some) -> list[str]:
    return [each.org_id for each in some]


def test_a_hundred_slow_receivers_of_one_organisation_leave_senders_to_the_others() -> None:
    slow = [subscription(number, "slow") for number in range(100)]
    first = next_turns(slow, [], 8)
    assert len(first) == 2
    waiting = [*slow, subscription(100, "honest")]
    assert orgs(next_turns(waiting, first, 8)) == ["honest"]


def test_whoever_is_least_busy_comes_first() -> None:
    busy = [subscription(1, "a")]
    due = [subscription(2, "a"), subscription(3, "b"), subscription(4, "b"), subscription(5, "c")]
    assert orgs(next_turns(due, busy, 8)) == ["b", "c", "a", "b"]


@given(st.lists(st.integers(0, 5), max_size=40), st.integers(1, 16), st.integers(0, 16))
def test_no_more_begin_than_senders_are_free_none_twice_and_none_is_idle_for_nothing(owners, senders, started) -> None:
    due = [subscription(number, str(owner)) for number, owner in enumerate(owners)]
    busy = next_turns(due, [], senders)[:started]
    chosen = next_turns(due, busy, senders)
    both = [*busy, *chosen]
    assert len({each.subscription_id for each in both}) == len(both) <= senders
    most = -(-senders // SHARE)
    assert all(orgs(both).count(org) <= most for org in orgs(both))
    if len(both) < senders:
        assert all(each in both or orgs(both).count(each.org_id) == most for each in due)
