"""One item's judgement: the state of every fold so far, and what more sightings add to it. Pure."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from gateway.rules.fold import Conclusion, Fold, State
from gateway.rules.history import Sighting, Unit

RuleFailed = Callable[[str, Exception], None]
"""Called with a rule's name and its error: the rule is skipped for this item from then on; the event is stored."""

STATES = 5
"""The form of what folds remember. Raised when a fold remembers something else: each item's saved state is then left
unread, and its whole history re-evaluated with its next event."""

BROKEN = "broken"
"""The state of a fold that has raised, until the item is re-evaluated from the beginning."""


class Judgement(NamedTuple):
    """The folds' states by position, and (occurred_at, event_id) of the last evaluated sighting; None before one.

    ``custody``: who had the item then, and to whom it was sent (:mod:`gateway.authority`).
    """

    states: tuple[State, ...]
    until: tuple[int, str] | None = None
    custody: tuple[str | None, tuple[str, ...]] = (None, ())


Positioned = tuple[int, Fold]
"""A fold and the position of its state."""


def begin(folds: Sequence[Fold]) -> Judgement:
    """The judgement of an item that nobody has observed."""
    return Judgement((None,) * len(folds))


def concerned(folds: Sequence[Fold], unit: Unit) -> tuple[Positioned, ...]:
    """The folds that may conclude anything about a unit. Units with the same registered facts share them."""
    return tuple((position, fold) for position, fold in enumerate(folds) if fold.concerns(unit))


def proceed(
    folds: Sequence[Positioned],
    unit: Unit,
    judgement: Judgement,
    sightings: Iterable[Sighting],
    rule_failed: RuleFailed,
) -> tuple[Judgement, list[Conclusion]]:
    """The judgement after ``sightings``, which are in order and later than ``judgement``, and what they lead to."""
    states, concluded, last = list(judgement.states), list[Conclusion](), None
    for sighting in sightings:
        last = sighting
        for position, fold in folds:
            state = states[position]
            if state == BROKEN:
                continue
            try:
                states[position], conclusions = fold.step(unit, state, sighting)
            except Exception as error:  # noqa: BLE001 -- whatever a rule does wrong, the event must be stored
                states[position] = BROKEN
                rule_failed(fold.card.name, error)
            else:
                if conclusions:
                    concluded += conclusions
    return judgement._replace(
        states=tuple(states), until=judgement.until if last is None else last.place_in_order
    ), concluded
