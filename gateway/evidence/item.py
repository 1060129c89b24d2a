"""An item's evidence: scans, custody marks and reports, bounded and free of order (docs/detection.md#item-evidence)."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple
from zlib import crc32

MAX_HANDSETS = 32
"""Handsets of an item whose scans count, those with the smallest hash; more say nothing new."""

MAX_MARKS = 64
"""Custody marks of an item that count: the earliest ones."""

MAX_VOICES = 8
"""Voices whose reports of an item count, those with the smallest hash."""


class InnerCode(IntEnum):
    """What a session learned from the code under the cap."""

    UNREAD = 0
    MATCHED = 1
    MISMATCHED = 2


class Scan(NamedTuple):
    """A phone's first scan of the item in a session. ``at``: microseconds; an unknown place has a huge radius.

    ``opened``: the scan reported that the package was opened. ``network`` and ``operator`` are those of the phone's
    address: a keyed hash of its /24 (IPv4) or /48 (IPv6), and who runs it; empty when unknown. ``source``: where the
    position comes from, a value of :class:`schemas.event.LocationSource`; empty when there is none.
    """

    at: int
    handset: str
    latitude: float
    longitude: float
    radius_km: float
    bound_s: int = 120
    opened: bool = False
    inner: int = InnerCode.UNREAD
    network: str = ""
    operator: str = ""
    source: str = ""


class Mark(NamedTuple):
    """A site's reader or till saw the item itself (not a container that it is thought to be in)."""

    at: int
    site: str
    kind: str
    step: str
    latitude: float
    longitude: float
    bound_s: int = 120


class Suspected(IntEnum):
    """What a consumer's report suspects; quality, price and the like suspect no crime by themselves."""

    OTHER = 0
    COUNTERFEIT = 1
    TAMPERED = 2
    DIVERTED = 3


class Report(NamedTuple):
    """What a consumer reported of the item, by the hashes of phone and network (of that day); ``price_fen`` 0: none."""

    at: int
    reporter: str
    suspected: int
    price_fen: int = 0
    network: str = ""

    @property
    def voice(self) -> str:
        """Who speaks. All phones of a network are one voice, for names of phones cost nothing; so are all nameless."""
        return self.network or self.reporter


SALE = "retail_selling"


@dataclass(frozen=True, slots=True)
class ItemEvidence:
    """Sufficient statistics of one item: a union of what was seen, bounded, the same in whatever order it came."""

    scans: tuple[Scan, ...] = ()
    marks: tuple[Mark, ...] = ()
    reports: tuple[Report, ...] = ()

    def seen(
        self, scans: Iterable[Scan] = (), marks: Iterable[Mark] = (), reports: Iterable[Report] = ()
    ) -> "ItemEvidence":
        """This evidence and more of it. Seeing the same twice changes nothing."""
        return ItemEvidence(
            _bounded_scans((*self.scans, *scans)),
            tuple(sorted({*self.marks, *marks})[:MAX_MARKS]),
            _last_reports((*self.reports, *reports)),
        )

    def merged(self, other: "ItemEvidence") -> "ItemEvidence":
        """The evidence of both: commutative, associative, idempotent."""
        return self.seen(other.scans, other.marks, other.reports)


def _bounded_scans(scans: Iterable[Scan]) -> tuple[Scan, ...]:
    """Of each handset its first scan, its first opening and its first mismatch; of too many handsets a fixed sample."""
    first: dict[tuple[str, bool, bool], Scan] = {}
    for scan in scans:
        key = scan.handset, scan.opened, scan.inner == InnerCode.MISMATCHED
        first[key] = min(scan, first.get(key, scan))
    handsets = _sample({handset for handset, _, _ in first}, MAX_HANDSETS)
    return tuple(sorted(scan for scan in first.values() if scan.handset in handsets))


def _last_reports(reports: Iterable[Report]) -> tuple[Report, ...]:
    """Of each voice the last report of a kind, with a price and without: a correction replaces what it corrects."""
    last: dict[tuple[str, int, bool], Report] = {}
    for report in reports:
        key = report.voice, report.suspected, report.price_fen > 0
        last[key] = max(report, last.get(key, report))
    if not last:
        return ()
    voices = _sample({voice for voice, _, _ in last}, MAX_VOICES)
    return tuple(sorted(report for report in last.values() if report.voice in voices))


def _sample(names: set[str], maximum: int) -> set[str]:
    """At most so many of the names, the same ones in whatever order they came."""
    if len(names) <= maximum:
        return names
    return set(sorted(names, key=lambda name: (crc32(name.encode()), name))[:maximum])
