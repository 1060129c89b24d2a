"""Whose scans at an item count, and as how many: sessions, voices, photos, households. Pure.

Phones cost nothing: a client that keeps no cookie is a new one at each load. So the scans of a handset's session are
one scan, the handsets of a network are one voice, and voices in one place are one household
(docs/detection.md#voices-and-households).
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from gateway.evidence.geometry import Relation, relation
from gateway.evidence.item import DAY_US, Scan

SESSION_US = DAY_US
"""A handset's scans within so long are one session. The page is loaded first, its place shared minutes later or at home
in the evening; after a day people have travelled, and a place says no longer where the item was first looked at."""

HOUSEHOLD_US = 2 * DAY_US
"""Phones whose places nobody knows, and which scan within so long of each other, may be one household's."""

PHOTO_VOICES = 5
"""So many voices on one code within a day see a photo of it, not at goods."""
PHOTO_TAIL_US = 14 * DAY_US
"""So long after that, further ones may have seen the photo too."""
PHOTO_LONGEST_US = 10 * DAY_US
"""Nobody passes a photo on so densely for longer: copies are sold instead."""


class Voices(NamedTuple):
    """The scans that count, in order of time, one a voice; ``photo``: others were left out, for they saw a photo."""

    scans: tuple[Scan, ...]
    photo: bool


def voices_of(scans: Iterable[Scan]) -> Voices:
    """The voices behind ``scans``. Phones without a name can't be told from any other, and are left out."""
    heard = _by_network(_sessions(scan for scan in scans if scan.handset))
    photos = _photos(heard)
    counted = tuple(scan for scan in heard if not any(begin <= scan.at <= end for begin, end in photos))
    return Voices(counted, len(counted) < len(heard))


def household_of(scan: Scan, earlier: Sequence[Scan]) -> bool:
    """Whether a voice may belong to the household of an ``earlier`` one: it is no further place then.

    Where a place is known, whoever comes there later adds nothing; where it isn't, time alone tells phones apart.
    """
    for other in earlier:
        found = relation(scan, other)
        if found is Relation.SAME or (found is Relation.UNKNOWN and abs(scan.at - other.at) <= HOUSEHOLD_US):
            return True
    return False


def _sessions(scans: Iterable[Scan]) -> list[Scan]:
    """Of each handset the best-placed scan of its first session."""
    of_handset: dict[str, list[Scan]] = {}
    for scan in sorted(scans):
        of_handset.setdefault(scan.handset, []).append(scan)
    return [_best_placed(scans) for scans in of_handset.values()]


def _best_placed(scans: Sequence[Scan]) -> Scan:
    session = [scan for scan in scans if scan.at - scans[0].at <= SESSION_US]
    return min(session, key=lambda scan: (scan.fix, scan.at))


def _by_network(scans: Iterable[Scan]) -> list[Scan]:
    """Of each network the best-placed scan, the earliest of several, in order of time."""
    best: dict[str, Scan] = {}
    for scan in scans:
        other = best.get(scan.voice, scan)
        best[scan.voice] = min(scan, other, key=lambda each: (each.fix, each))
    return sorted(best.values())


def _photos(scans: Sequence[Scan]) -> list[tuple[int, int]]:
    """From when until when photos went round, in microseconds."""
    dense: list[tuple[int, int]] = []
    first = 0
    for number, scan in enumerate(scans):
        while scan.at - scans[first].at > DAY_US:
            first += 1
        if number - first + 1 < PHOTO_VOICES:
            continue
        begin, end = scans[first].at, scan.at
        if dense and begin <= dense[-1][1] + PHOTO_TAIL_US:
            begin, _ = dense.pop()
        dense.append((begin, end))
    return [(begin, end + PHOTO_TAIL_US) for begin, end in dense if end - begin <= PHOTO_LONGEST_US]
