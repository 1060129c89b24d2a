"""One thing that assessing has found: a subject, what is suspected of it, and how it came to that. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Suspicion:
    """``subject`` is ``item/7``, ``lane/3/9`` (dealer, market), ``reader/4``, ``roll/…``, ``dumping/…``, ``source/…``.

    ``score`` orders findings of a kind of subject; ``history`` holds the moments (microseconds, arrival) at which it
    changed, with the score from then on. ``members`` are items, of a roll their places in the lot; ``probability`` is
    what is believed of it.
    """

    subject: str
    kind: str
    level: str
    score: float
    detected_at: int
    members: tuple[int, ...] = ()
    probability: float | None = None
    history: tuple[tuple[int, float], ...] = ()
    details: Mapping[str, float] = field(default_factory=dict)
