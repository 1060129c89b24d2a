"""An attack, as the command plays it."""

from collections.abc import Callable, Generator

from scripts.commands.adversaries.stage import Stage

Play = Generator[str, None, str]
"""First the attack: it yields what was sent, so that an attack that could not be carried out is seen. Then, once the
platform has stored, judged and assessed everything: it returns how the attack succeeded, "" when it did not."""

Attack = Callable[[Stage], Play]
"""Its docstring says who does what. It uses units of its own (:meth:`Stage.unit`)."""


class NotCarriedOut(Exception):
    """Raised when an attack could not be made: its result would mean nothing."""


def needed(condition: object, what: str) -> None:
    """Return when ``condition`` is true.

    :raises NotCarriedOut: it is not.
    """
    if not condition:
        raise NotCarriedOut(what)
