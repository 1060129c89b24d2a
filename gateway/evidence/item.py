"""An item's evidence: scans, custody marks and reports, bounded and free of order (docs/detection.md#item-evidence)."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple
from zlib import crc32

from schemas.rule_thresholds import SCANS_OF_A_NETWORK

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
"""Microseconds."""

MAX_HANDSETS = 32
"""Networks of an item whose scans count, those with the smallest hash; a phone of no known network is its own."""

MAX_OF_NETWORK = SCANS_OF_A_NETWORK
"""Handsets that count of one network, of each quality of place: names of phones cost nothing, so that a flood must not
push out the others."""

MAX_MARKS = 64
"""Custody marks of an item that count: the earliest ones."""

MAX_VOICES = 8
"""Voices whose reports of an item count, those with the smallest hash."""


class InnerCode(IntEnum):
    """What a session learned from the code under the cap."""

    UNREAD = 0
    MATCHED = 1
    MISMATCHED = 2


class Fix(IntEnum):
    """How well a phone knows where it is: its radius is at most 5 km, at most 50 km, more, or unknown."""

    FINE = 0
    MIDDLE = 1
    ROUGH = 2
    NONE = 3


class Scan(NamedTuple):
    """A phone's scan of the item. ``at``: microseconds; an unknown place has a huge radius.

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

    @property
    def fix(self) -> Fix:
        """How well the phone knew where it was."""
        if self.radius_km <= 5:
            return Fix.FINE
        if self.radius_km <= 50:
            return Fix.MIDDLE
        return Fix.ROUGH if self.radius_km < 2_000 else Fix.NONE

    @property
    def voice(self) -> str:
        """Who speaks: all phones of a network are one voice, a phone of no known network is its own."""
        return self.network or self.handset


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
    """Of each handset the first scan of each quality of place, opening and inner code; of too many a fixed sample.

    The first of each quality, so that the best-placed look of a phone's first session is among them, whatever came
    later. The sample is one of networks, and of handsets in each by quality of place: both are decided by names alone,
    so that samples of samples are the samples of the whole.
    """
    first: dict[tuple[str, str, Fix, bool, int], Scan] = {}
    for scan in scans:
        key = scan.handset, scan.network, scan.fix, scan.opened, scan.inner
        first[key] = min(scan, first.get(key, scan))
    voices = _sample({scan.voice for scan in first.values()}, MAX_HANDSETS)
    of_voice: dict[tuple[str, Fix], set[str]] = {}
    for scan in first.values():
        if scan.voice in voices:
            of_voice.setdefault((scan.voice, scan.fix), set()).add(scan.handset)
    sample = {key: _sample(handsets, MAX_OF_NETWORK) for key, handsets in of_voice.items()}
    return tuple(sorted(scan for scan in first.values() if scan.handset in sample.get((scan.voice, scan.fix), ())))


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
