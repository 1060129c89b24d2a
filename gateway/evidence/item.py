"""What must be kept of an item to weigh it: who looked where, whose hands it was in. Order plays no part (5.2)."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple
from zlib import crc32

MOST_HANDSETS = 32
"""Handsets kept of an item, those with the smallest hash; more than so many say nothing new."""

MOST_MARKS = 64
"""Custody marks kept of an item: the earliest ones."""


class InnerCode(IntEnum):
    """What a session learned from the code under the cap (rule R31)."""

    UNREAD = 0
    MATCHED = 1
    MISMATCHED = 2


class Look(NamedTuple):
    """A phone's first look at the item in a session. ``at``: microseconds; an unknown place has an infinite radius.

    ``opened``: the look told that the package was opened.
    """

    at: int
    handset: str
    latitude: float
    longitude: float
    radius_km: float
    bound_s: int = 120
    opened: bool = False
    inner: int = InnerCode.UNREAD


class Mark(NamedTuple):
    """A site's reader or till saw the item itself (not a container that it is thought to be in)."""

    at: int
    site: str
    kind: str
    step: str
    latitude: float
    longitude: float
    bound_s: int = 120


SALE = "retail_selling"


@dataclass(frozen=True, slots=True)
class ItemEvidence:
    """Sufficient statistics of one item: a union of what was seen, bounded, the same in whatever order it came."""

    looks: tuple[Look, ...] = ()
    marks: tuple[Mark, ...] = ()

    def seen(self, looks: Iterable[Look] = (), marks: Iterable[Mark] = ()) -> "ItemEvidence":
        """This evidence and more of it. Seeing the same twice changes nothing."""
        return ItemEvidence(_kept((*self.looks, *looks)), tuple(sorted({*self.marks, *marks})[:MOST_MARKS]))

    def merged(self, other: "ItemEvidence") -> "ItemEvidence":
        """The evidence of both: commutative, associative, idempotent."""
        return self.seen(other.looks, other.marks)


def _kept(looks: Iterable[Look]) -> tuple[Look, ...]:
    """Of each handset its first look, its first opening and its first mismatch; of too many handsets a fixed sample."""
    first: dict[tuple[str, bool, bool], Look] = {}
    for look in looks:
        key = look.handset, look.opened, look.inner == InnerCode.MISMATCHED
        known = first.get(key)
        if known is None or look < known:
            first[key] = look
    handsets = {handset for handset, _, _ in first}
    if len(handsets) > MOST_HANDSETS:
        handsets = set(sorted(handsets, key=lambda name: (crc32(name.encode()), name))[:MOST_HANDSETS])
    return tuple(sorted(look for look in first.values() if look.handset in handsets))
