"""Whose notices are delivered next: organisations share the senders, so that slow receivers of one delay no other."""

from collections import Counter
from collections.abc import Iterable, Sequence

from gateway.store.notices import Subscription

SHARE = 4
"""One organisation has at most one in so many senders, rounded up."""


def next_turns(due: Iterable[Subscription], busy: Iterable[Subscription], senders: int) -> Sequence[Subscription]:
    """The subscriptions to begin with now: as many as senders are free, those of the least busy organisations first.

    ``due``: in the order in which they wait; ``busy``: those being delivered to.
    """
    under_way = list(busy)
    active = Counter(each.org_id for each in under_way)
    names = {each.subscription_id for each in under_way}
    waiting = [each for each in due if each.subscription_id not in names]
    most = -(-senders // SHARE)
    chosen: list[Subscription] = []
    while len(under_way) + len(chosen) < senders:
        admitted = [each for each in waiting if active[each.org_id] < most]
        if not admitted:
            break
        following = min(admitted, key=lambda each: active[each.org_id])
        active[following.org_id] += 1
        chosen.append(following)
        waiting.remove(following)
    return chosen
