"""What all channels of delivery have in common: their protocol, their error, and the wait before a retry."""

from collections.abc import Mapping
from typing import Protocol

from gateway.store.notices import Subscription
from schemas.errors import SuyuanError
from schemas.explain.explanation import Explanation
from schemas.notice import Notice


class Undelivered(SuyuanError):
    """Raised when a receiver did not accept a notice. ``final``: no retry will help; a person has to act."""

    def __init__(self, detail: str, *, final: bool = False) -> None:
        super().__init__(detail)
        self.final = final


class Channel(Protocol):
    """A channel of delivery. Used by several threads at a time."""

    def send(self, subscription: Subscription, notice: Notice, explanation: Explanation) -> None:
        """Deliver ``notice``; returns once the receiver has acknowledged it.

        :raises Undelivered: it has not.
        """


Channels = Mapping[str, Channel]

FIRST_WAIT_S = 2
LONGEST_WAIT_S = 3600


def wait_after(failures: int) -> int:
    """Seconds until the next attempt after ``failures`` in a row: exponential backoff, at most an hour."""
    return min(LONGEST_WAIT_S, FIRST_WAIT_S << min(failures - 1, 20))
