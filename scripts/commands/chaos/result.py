"""What a case found."""

from dataclasses import dataclass


class Skipped(Exception):
    """Raised when a case can't be run here, or the fault could not be brought about; says why."""


@dataclass(frozen=True, slots=True)
class Result:
    """Events by the readers' journals against events in the store.

    ``wrong`` counts what else was not as it must be (answers that differ by order of arrival), with ``note`` on it.
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
