"""What was in what, and for how long: intervals that follow from marks in event time. Pure.

A mark is valid until the item's next one, whoever sets it: what is packed elsewhere has left where it was. So what an
item was in at a moment follows from the marks up to that moment alone, and later marks change nothing before it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

DEPTH = 8
"""Maximum levels of containers: more than anything is packed in. Marks that pack items into each other end here."""

FOR_EVER = 1 << 62
"""The end of a stay that nothing has ended, in microseconds."""


class Mark(NamedTuple):
    """An item was put into a container, or taken out, at a moment (microseconds)."""

    item_id: str
    at: int
    container: str
    packed: bool


class Stay(NamedTuple):
    """For how long an item was in a container, both ends included, in microseconds."""

    container: str
    since: int
    until: int


def stays(marks: Iterable[Mark]) -> dict[str, list[Stay]]:
    """What each item was in by its own marks. ``marks`` are in order of item, time and event."""
    by_item: dict[str, list[Stay]] = {}
    before: Mark | None = None
    for mark in marks:
        if before is not None and before.packed:
            until = mark.at if mark.item_id == before.item_id else FOR_EVER
            by_item.setdefault(before.item_id, []).append(Stay(before.container, before.at, until))
        before = mark
    if before is not None and before.packed:
        by_item.setdefault(before.item_id, []).append(Stay(before.container, before.at, FOR_EVER))
    return by_item


def carried(item: str, direct: Mapping[str, Sequence[Stay]], after: int = 0) -> Iterator[Stay]:
    """All that carried ``item`` later than ``after`` (microseconds), at any depth, while it was in it.

    ``direct``: what each item, and each container, was in by its own marks (:func:`stays`).
    """
    level = [Stay(item, after + 1, FOR_EVER)]
    for _ in range(DEPTH):
        level = [
            Stay(container, max(since, inner.since), min(until, inner.until))
            for inner in level
            for container, since, until in direct.get(inner.container, ())
            if since < inner.until and until > inner.since
        ]
        if not level:
            return
        yield from level
