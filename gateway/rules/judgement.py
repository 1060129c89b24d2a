"""One item's judgement: the state of every fold so far, and what more sightings add to it. Pure."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from gateway.rules.fold import Conclusion, Fold, Manner, State
from gateway.rules.history import Sighting, Unit
from schemas.event import Action, Audience

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


class _Placed(NamedTuple):
    """A fold at the position of its state, as one manner of seeing finds it."""

    position: int
    fold: Fold
    wakes: bool
    final: bool


_Key = tuple[str, Action, Audience, str | None, bool]
"""The fields of :class:`~gateway.rules.fold.Manner`: a plain tuple is made in a fifth of the time."""


class Concerned:
    """The folds that may conclude anything about a unit. Units with the same registered facts share them.

    Most folds sleep through most of an item's life. Which of them a sighting can wake is asked once for each manner of
    seeing, of which a process meets some dozens.
    """

    def __init__(self, folds: Sequence[Fold], unit: Unit) -> None:
        self._folds = [(position, fold) for position, fold in enumerate(folds) if fold.concerns(unit)]
        self._by_manner: dict[_Key, tuple[_Placed, ...]] = {}

    def by(self, sighting: Sighting) -> tuple[_Placed, ...]:
        """The folds, and which of them such a sighting wakes."""
        key = (
            sighting.biz_step,
            sighting.action,
            sighting.audience,
            sighting.site_kind,
            sighting.via is not None,
        )
        placed = self._by_manner.get(key)
        if placed is None:
            manner = Manner(*key)
            placed = self._by_manner[key] = tuple(
                _Placed(position, fold, fold.wakes(manner), fold.final) for position, fold in self._folds
            )
        return placed


def begin(folds: Sequence[Fold]) -> Judgement:
    """The judgement of an item that nobody has observed."""
    return Judgement((None,) * len(folds))


def proceed(
    folds: Concerned,
    unit: Unit,
    before: Sequence[State],
    sightings: Iterable[Sighting],
    rule_failed: RuleFailed,
) -> tuple[tuple[State, ...], list[Conclusion]]:
    """The folds' states after ``sightings``, which are in order and later than ``before``, and what they lead to."""
    states, concluded = list(before), list[Conclusion]()
    for sighting in sightings:
        for position, fold, wakes, final in folds.by(sighting):
            state = states[position]
            if state is None:
                if not wakes:
                    continue
            elif (state is True and final) or state == BROKEN:
                continue
            try:
                states[position], conclusions = fold.step(unit, state, sighting)
            except Exception as error:  # noqa: BLE001 -- whatever a rule does wrong, the event must be stored
                states[position] = BROKEN
                rule_failed(fold.card.name, error)
            else:
                if conclusions:
                    concluded += conclusions
    return tuple(states), concluded
