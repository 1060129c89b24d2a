"""A queue that serves its senders round robin, with a maximum length for each. Pure.

First come, first served would let one sender's flood stand before everybody else's next message.
"""

from collections import OrderedDict, deque
from typing import Generic, TypeVar

_Item = TypeVar("_Item")


class FairQueue(Generic[_Item]):
    """Items by sender; ``max_per_sender`` of each may wait, beyond which the sender's oldest is dropped."""

    def __init__(self, max_per_sender: int) -> None:
        self._max_per_sender = max_per_sender
        self._waiting: OrderedDict[str, deque[_Item]] = OrderedDict()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, sender: str, item: _Item) -> _Item | None:
        """Queue an item; returns the one that was dropped for it, or None.

        The oldest, not the newest: acknowledgements go out in order of arrival, so that the oldest is what keeps the
        broker from delivering more.
        """
        queue = self._waiting.setdefault(sender, deque())
        queue.append(item)
        if len(queue) > self._max_per_sender:
            return queue.popleft()
        self._count += 1
        return None

    def take(self) -> _Item | None:
        """The oldest item of the sender whose turn it is, who then goes to the end of the line; None when empty."""
        if not self._waiting:
            return None
        sender, queue = self._waiting.popitem(last=False)
        item = queue.popleft()
        if queue:
            self._waiting[sender] = queue
        self._count -= 1
        return item

    def clear(self) -> list[_Item]:
        """Remove all items and return them, in no particular order."""
        items = [item for queue in self._waiting.values() for item in queue]
        self._waiting.clear()
        self._count = 0
        return items
