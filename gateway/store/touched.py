"""What a transaction's events are about: the items that they touch, and since when. Pure."""

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from gateway.store.event_row import EventRow
from schemas.event import Audience


@dataclass(frozen=True, slots=True)
class Touched:
    """Items by what the events say of them. All times are microseconds since 1970, UTC."""

    first_event: Mapping[str, int]
    """Each item that was observed, packed or unpacked, and the time of the first event that says so."""
    items: AbstractSet[str]
    """The items that were observed."""
    packing: AbstractSet[str]
    """Those of them that something was put into or taken out of."""
    packed: Mapping[str, AbstractSet[str]]
    """Each item that was put into or taken out of a container, with those containers."""
    latest: int
    """The time of the last event."""
    by_others: AbstractSet[str] = frozenset()
    """The items of which others than their owner spoke, or which were packed by others or into others' containers."""

    @classmethod
    def by(cls, rows: Sequence[EventRow]) -> "Touched":
        """What ``rows`` touch."""
        first_event: dict[str, int] = {}
        packed: dict[str, set[str]] = {}
        latest, by_others = 0, set()
        for row in rows:
            item, at = row.checked.item_id, row.event.occurred_at
            if row.reader_org != row.checked.org_id and row.event.audience is not Audience.CONSUMER:
                by_others.add(item)
            latest = max(at, latest)
            first_event[item] = min(at, first_event.get(item, at))
            for child in row.children:
                packed.setdefault(child.item_id, set()).add(item)
                first_event[child.item_id] = min(at, first_event.get(child.item_id, at))
                if not row.reader_org == child.org_id == row.checked.org_id:
                    by_others.add(child.item_id)
        items = {row.checked.item_id for row in rows}
        packing = {container for containers in packed.values() for container in containers}
        return cls(first_event, items, packing, packed, latest, by_others)

    def changed_since(self, item: str, parents: Mapping[str, Collection[str]]) -> int:
        """From when on an item's history may have changed: the first event of it, or of a container that it was in.

        What an item was in at a moment follows from the packings up to that moment alone, so that its history before
        the first event is what it was. ``parents``: the containers that each item was in before this transaction, at
        any time. 0 where they lead to no event: then no part of the history is certain.
        """
        family, level = {item}, {item}
        while level:
            level = {
                parent for member in level for parent in (*parents.get(member, ()), *self.packed.get(member, ()))
            } - family
            family |= level
        return min((self.first_event[member] for member in family if member in self.first_event), default=0)
