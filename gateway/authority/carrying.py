"""Histories through containers of which others speak too: what carried an item, and which of that is a fact. Pure.

Marks and sightings are gone through together (:mod:`gateway.authority.walk`). A mark of somebody who did not have the
item is a claim: the item is where it was. Of what a container went through only what is a fact about the container is
carried on.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from gateway.authority.custody import START, Goods
from gateway.authority.settling import settle
from gateway.authority.walk import PackingMark, Step, Walk
from gateway.rules.containment import DEPTH
from gateway.rules.history import History, Sighting, in_order


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
        steps = [
            Step(mark.at, 0, mark.event_id, mark.container, self._packings.get(mark.event_id), mark) for mark in marks
        ]
        steps += [Step(each.occurred_at, 1, each.event_id, "", each) for each in own]
        for container in {mark.container for mark in marks}:
            facts = self._facts(container, depth + 1)
            steps += [Step(each.occurred_at, 1, each.event_id, container, each) for each in facts]
        goods = self._record.goods.get(item, Goods(""))
        return Walk(goods, sorted(steps, key=lambda step: step[:4])).history()

    def _facts(self, container: str, depth: int) -> Sequence[Sighting]:
        facts = settle(self._record.goods.get(container, Goods("")), START, self.of(container, depth)).facts
        return [sighting if sighting.via is not None else sighting._replace(via=container) for sighting in facts]
