"""The result of a chaos case."""

from dataclasses import dataclass


class Skipped(Exception):
    """Raised when a case can't be run here or its fault could not be caused; the message says why."""


@dataclass(frozen=True, slots=True)
class Result:
    """Counts of events: ``sent`` by the readers' journals, the others by the store.

    ``wrong`` counts other violations, such as findings that depend on the order of arrival; ``note`` explains.
    """

    sent: int
    stored: int
    doubled: int
    lost: int
    wrong: int = 0
    note: str = ""

    @property
    def good(self) -> bool:
        """True when nothing was lost, doubled or wrong, and something was sent."""
        return self.sent > 0 and not (self.lost or self.doubled or self.wrong)
