"""An attack, as the command plays it."""

from collections.abc import Callable, Generator
from dataclasses import dataclass

from scripts.commands.siege.stage import Stage

Play = Generator[str, None, str]
"""First the assault, during which honest requests are measured: it yields what was sent. Then what must hold is asked:
it returns what did not, "" when all did."""


@dataclass(frozen=True, slots=True)
class Attack:
    """``play``'s docstring says who attacks, what they have, what they try and what must hold.

    ``threat``: the resource or right that is attacked, as docs/security.md names it; ``quick``: part of ``--quick``.
    """

    play: Callable[[Stage], Play]
    threat: str
    quick: bool = False

    @property
    def about(self) -> str:
        """The docstring in one line."""
        return " ".join((self.play.__doc__ or "").split())


class NotCarriedOut(Exception):
    """Raised when an attack could not be made: its result would mean nothing."""


def needed(condition: object, what: str) -> None:
    """Return when ``condition`` is true.

    :raises NotCarriedOut: it is not.
    """
    if not condition:
        raise NotCarriedOut(what)
