"""Whose turn is it? A queue that serves its senders in rotation and holds a bounded number of each. Pure.

First come, first served would let one sender's flood stand before everybody else's next message.
"""

from collections import OrderedDict, deque
from typing import Generic, TypeVar

_Thing = TypeVar("_Thing")


class Rota(Generic[_Thing]):
    """Things by sender. ``most`` is how many of one sender may wait; beyond it the sender's oldest gives way."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._waiting: OrderedDict[str, deque[_Thing]] = OrderedDict()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, sender: str, thing: _Thing) -> _Thing | None:
        """Queue a thing; returns the one that had to give way, or None.

        The oldest, not the newest: acknowledgements go out in order of arrival, so that it is the oldest that holds up
        what the broker may deliver next.
        """
        queue = self._waiting.setdefault(sender, deque())
        queue.append(thing)
        if len(queue) > self._most:
            return queue.popleft()
        self._count += 1
        return None

    def take(self) -> _Thing | None:
        """The oldest thing of the sender whose turn it is, who then goes to the end of the line; None when empty."""
        if not self._waiting:
            return None
        sender, queue = self._waiting.popitem(last=False)
        thing = queue.popleft()
        if queue:
            self._waiting[sender] = queue
        self._count -= 1
        return thing

    def clear(self) -> list[_Thing]:
        """Take everything out, in no particular order."""
        left = [thing for queue in self._waiting.values() for thing in queue]
        self._waiting.clear()
        self._count = 0
        return left
