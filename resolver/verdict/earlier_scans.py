"""Earlier scans of a code by consumers, as the phone that asks now sees them. Pure.

A phone's own scans, reloads and changes of language among them, are never held against what is in its owner's hands.
Others count by phone, not by scan: a phone that reloads twelve times is one.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from resolver.verdict.chain import ConsumerScan


@dataclass(frozen=True, slots=True)
class EarlierScans:
    """``own``: how often the phone that asks scanned it before. ``others``: how many other phones did.

    Phones without an install id can't be told apart: together they are one. ``first_other``: the first scan by another
    phone; None when there is none.
    """

    own: int = 0
    others: int = 0
    first_other: ConsumerScan | None = None

    def to_json(self) -> dict[str, int]:
        """The counts for programs."""
        return {"own": self.own, "other_phones": self.others}


def earlier_scans(scans: Iterable[ConsumerScan], visitor: Collection[str]) -> EarlierScans:
    """What ``scans`` amount to, oldest first. ``visitor``: the pseudonyms of the phone that asks, if any."""
    ordered = list(scans)
    others = [scan for scan in ordered if scan.handset not in visitor]
    return EarlierScans(len(ordered) - len(others), len({scan.handset for scan in others}), next(iter(others), None))
