"""What every way out has in common."""

from collections.abc import Mapping
from typing import Protocol

from gateway.store.notices import Subscription
from schemas.errors import SuyuanError
from schemas.explain.explanation import Explanation
from schemas.notice import Notice


class Undelivered(SuyuanError):
    """Raised when the other side did not take a notice. ``final``: it never will; a person has to act."""

    def __init__(self, detail: str, *, final: bool = False) -> None:
        super().__init__(detail)
        self.final = final


class Channel(Protocol):
    """A way out. Used by several threads at a time."""

    def send(self, subscription: Subscription, notice: Notice, explanation: Explanation) -> None:
        """Return once the other side has taken the notice.

        :raises Undelivered: it has not.
        """


Channels = Mapping[str, Channel]

FIRST_WAIT_S = 2
LONGEST_WAIT_S = 3600


def wait_after(failures: int) -> int:
    """Seconds until the next attempt after so many failures in a row: twice as long each time, an hour at most."""
    return min(LONGEST_WAIT_S, FIRST_WAIT_S << min(failures - 1, 20))
