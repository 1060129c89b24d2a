"""An item's way into containers and out of them, with what happened to it on the way, in event time. Pure.

Whether a mark counts depends on who had the item then, which depends on what its containers went through before.
"""

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from typing import NamedTuple

from gateway.authority.custody import START, Custody, Goods, after, relations
from gateway.authority.lateness import MAX_LATE, in_time, known_at, late_statements
from gateway.authority.policy import is_fact
from gateway.authority.settling import settle, verb_in
from gateway.authority.verb import Verb
from gateway.rules.history import History, Sighting, in_order


class PackingMark(NamedTuple):
    """An item was put into a container, or taken out, at a moment (microseconds) by an event of the container."""

    at: int
    event_id: str
    container: str
    packed: bool


class Step(NamedTuple):
    """What an item may have gone through at a moment: a mark, or a sighting of its own or of a ``container``."""

    at: int
    order: int
    """Marks come before what is seen in the same moment."""
    event_id: str
    container: str
    said: Sighting | None
    """Of a mark the event that set it; None: not known."""
    mark: PackingMark | None = None


class Walk:
    """One item's way through its steps."""

    def __init__(self, goods: Goods, steps: Sequence[Step]) -> None:
        """``steps`` are sorted."""
        self._goods, self._steps = goods, steps
        self._late: Mapping[int, int] = late_statements(goods.owner, [step.said for step in steps])
        self._custody: Custody = START
        self._history: list[Sighting] = []
        self._container: str | None = None
        self._known_since = 0
        """When it was recorded that the item was put there: what happens to the container was known of it no sooner."""
        self._left: tuple[str, int] | None = None
        """The container that the item left last, and when: what happened to it in that moment still counts."""

    def history(self) -> History:
        """The history of the item: its own sightings, and facts about whatever it was in; claims are marked."""
        self.follow(range(len(self._steps)))
        return in_order(self._history)

    def follow(self, positions: Iterable[int]) -> Custody:
        """Who has the item after these steps, which are gone from where it is now. Its history begins with them."""
        self._history = []
        for position in positions:
            self._take(position)
        return self._custody

    def _take(self, position: int) -> None:
        step = self._steps[position]
        if step.said is None:
            return  # a mark that nobody is known to have set: the item is where it was
        if step.mark is not None:
            self._mark(position, step.mark, step.said)
        elif not step.container or step.container == self._container or self._left == (step.container, step.at):
            self._see(position, step.said)

    def _mark(self, position: int, mark: PackingMark, packing: Sighting) -> None:
        if self._goods.owner and packing.reader_org != self._goods.owner:
            entitled = is_fact(Verb.HANDLE, relations(self._goods, self._custody, packing, Verb.HANDLE))
            if not entitled or self._comes_too_late(position, packing, Verb.HANDLE):
                self._history.append(packing._replace(via=mark.container, claim=Verb.HANDLE.value))
                return
            self._custody = after(self._goods, self._custody, packing, Verb.HANDLE)
        if self._container is not None:
            self._left = self._container, mark.at
        self._container, self._known_since = mark.container if mark.packed else None, packing.recorded_at

    def _see(self, position: int, sighting: Sighting) -> None:
        settled = settle(self._goods, self._custody, (sighting,))
        if settled.claims or self._comes_too_late(position, sighting, verb_in(sighting)):
            self._history.append(sighting._replace(claim=verb_in(sighting).value))
            return
        if sighting.via is not None and sighting.recorded_at < self._known_since:
            sighting = sighting._replace(recorded_at=self._known_since)
        self._history.append(sighting)
        self._custody = settled.custody

    def _comes_too_late(self, position: int, said: Sighting, verb: Verb) -> bool:
        """As :func:`gateway.authority.settling.settle` has it, by this item's further way."""
        rank = self._late.get(position)
        if rank is None:
            return False
        if rank >= MAX_LATE:
            return True
        known = [
            later
            for later in range(position + 1, len(self._steps))
            if later not in self._late and self._was_known(later, said.recorded_at)
        ]
        return not is_fact(verb, relations(self._goods, copy(self).follow(known), said, verb))

    def _was_known(self, position: int, recorded_at: int) -> bool:
        said = self._steps[position].said
        return said is not None and not in_time(known_at(said), recorded_at)
