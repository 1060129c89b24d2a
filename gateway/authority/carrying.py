"""Histories through containers of which others speak too: what carried an item, and which of that is a fact. Pure.

Whether a mark counts depends on who had the item then, and who had it on what happened to its containers before. So
marks and sightings are gone through together, in event time. A mark of somebody who did not have the item is a claim:
the item is where it was. Of what a container went through only what is a fact about the container is carried on.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from gateway.authority.custody import START, Custody, Goods, after, relations
from gateway.authority.policy import is_fact
from gateway.authority.settling import settle
from gateway.authority.verb import Verb
from gateway.rules.containment import DEPTH
from gateway.rules.history import History, Sighting, in_order


class PackingMark(NamedTuple):
    """An item was put into a container, or taken out, at a moment (microseconds) by an event of the container."""

    at: int
    event_id: str
    container: str
    packed: bool


class FamilyRecord(NamedTuple):
    """What was said of a family of items, as far as it is known: own sightings, packing marks, whose they are."""

    own: Mapping[str, Sequence[Sighting]]
    marks: Mapping[str, Sequence[PackingMark]]
    goods: Mapping[str, Goods]


class Histories:
    """Histories of a family: an item's own sightings, claims among them, and facts about whatever it was in."""

    def __init__(self, record: FamilyRecord) -> None:
        self._record = record
        self._known: dict[tuple[str, int], History] = {}
        self._packings = {sighting.event_id: sighting for sightings in record.own.values() for sighting in sightings}

    def of(self, item: str, depth: int = 0) -> History:
        """The history of ``item``. Below ``DEPTH`` levels of containers an item's own sightings are all there is."""
        known = self._known.get((item, depth))
        if known is None:
            known = self._known[item, depth] = self._gathered(item, depth)
        return known

    def _gathered(self, item: str, depth: int) -> History:
        own, marks = self._record.own.get(item, ()), self._record.marks.get(item, ())
        if not marks or depth >= DEPTH:
            return in_order(list(own))
        return _Walk(self._record.goods.get(item, Goods("")), self._packings).through(
            own, marks, {mark.container: self._facts(mark.container, depth + 1) for mark in marks}
        )

    def _facts(self, container: str, depth: int) -> Sequence[Sighting]:
        facts = settle(self._record.goods.get(container, Goods("")), START, self.of(container, depth)).facts
        return [sighting if sighting.via is not None else sighting._replace(via=container) for sighting in facts]


class _Walk:
    """One item's way through its marks and sightings, in event time."""

    def __init__(self, goods: Goods, packings: Mapping[str, Sighting]) -> None:
        self._goods, self._packings = goods, packings
        self._custody: Custody = START
        self._history: list[Sighting] = []
        self._container: str | None = None
        self._left: tuple[str, int] | None = None
        """The container that the item left last, and when: what happened to it in that moment still counts."""

    def through(
        self,
        own: Sequence[Sighting],
        marks: Sequence[PackingMark],
        carried: Mapping[str, Sequence[Sighting]],
    ) -> History:
        steps: list[tuple[int, int, str, str, Sighting | PackingMark]] = [
            (mark.at, 0, mark.event_id, mark.container, mark) for mark in marks
        ]
        steps += [(each.occurred_at, 1, each.event_id, "", each) for each in own]
        for container, sightings in carried.items():
            steps += [(each.occurred_at, 1, each.event_id, container, each) for each in sightings]
        for at, _, _, container, step in sorted(steps, key=lambda step: step[:4]):
            if isinstance(step, PackingMark):
                self._mark(step)
            elif not container or container == self._container or self._left == (container, at):
                self._see(step)
        return in_order(self._history)

    def _mark(self, mark: PackingMark) -> None:
        packing = self._packings.get(mark.event_id)
        if packing is not None and self._goods.owner and packing.reader_org != self._goods.owner:
            if not is_fact(Verb.HANDLE, relations(self._goods, self._custody, packing, Verb.HANDLE)):
                self._history.append(packing._replace(via=mark.container, claim=Verb.HANDLE.value))
                return
            self._custody = after(self._goods, self._custody, packing, Verb.HANDLE)
        if self._container is not None:
            self._left = self._container, mark.at
        self._container = mark.container if mark.packed else None

    def _see(self, sighting: Sighting) -> None:
        self._history.append(sighting)
        self._custody = settle(self._goods, self._custody, (sighting,)).custody
