"""What assessing suspects, of whom, and how the suspicion came about. Pure.

Items, dealers and markets are numbers here, as in :mod:`gateway.evidence.registry`;
:mod:`gateway.assess.conclusions` gives them their ids.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class SuspectedItem:
    """One item."""

    item: int

    def __str__(self) -> str:
        return f"item/{self.item}"


@dataclass(frozen=True, slots=True)
class SuspectedLane:
    """A dealer's goods in a foreign market."""

    dealer: int
    market: int

    def __str__(self) -> str:
        return f"lane/{self.dealer}/{self.market}"


@dataclass(frozen=True, slots=True)
class SuspectedRoll:
    """A roll of labels: the ``number``-th stretch of a lot's indexes, each as long as a roll."""

    lot: str
    number: int

    def __str__(self) -> str:
        return f"roll/{self.lot}/{self.number}"


@dataclass(frozen=True, slots=True)
class SuspectedDumping:
    """Expired goods in a market."""

    market: int

    def __str__(self) -> str:
        return f"dumping/{self.market}"


@dataclass(frozen=True, slots=True)
class SuspectedSource:
    """A handset, or an Internet address, that tries codes which were never made."""

    source: str

    def __str__(self) -> str:
        return f"source/{self.source}"


@dataclass(frozen=True, slots=True)
class SuspectedReader:
    """A reader whose clock is wrong."""

    reader: str

    def __str__(self) -> str:
        return f"reader/{self.reader}"


@dataclass(frozen=True, slots=True)
class SuspectedSite:
    """A site at which goods arrive faster than anything travels."""

    site: str

    def __str__(self) -> str:
        return f"site/{self.site}"


Subject = (
    SuspectedItem | SuspectedLane | SuspectedRoll | SuspectedDumping | SuspectedSource | SuspectedReader | SuspectedSite
)


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A suspicion of ``subject``.

    ``kind``: the suspected cause; ``level``: ``fact``, ``watch`` or ``alert``. ``score`` orders suspicions of one type
    of subject. ``members`` are items, of a roll indexes in the lot. ``probability``: that it is true, where one is
    known. ``history``: the times (microseconds, of arrival) at which the score changed, with the score from then on.
    """

    subject: Subject
    kind: str
    level: str
    score: float
    detected_at: int
    members: tuple[int, ...] = ()
    probability: float | None = None
    history: tuple[tuple[int, float], ...] = ()
    details: Mapping[str, float] = field(default_factory=dict)
