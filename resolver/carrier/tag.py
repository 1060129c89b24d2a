"""The answer about a dynamic tag's message: one word and its reasons. Pure.

A tag never gives the same counter twice, so that a fresh one proves the tag itself. A message that was presented before
may be a reloaded page or an address that was passed on: that accuses nobody. An older one that was never presented was
recorded somewhere and replayed later: that is the sign of a copy.
"""

from dataclasses import dataclass
from enum import StrEnum

from resolver.text.formats import Language
from resolver.verdict.observer import TAG
from resolver.verdict.reason import Reason
from schemas.sun import Freshness, Tap, freshness


class Word(StrEnum):
    """The six answers."""

    FRESH = "fresh"
    RELOADED = "reloaded"
    USED = "used"
    BACK = "back"
    FORGED = "forged"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class TagResult:
    """The answer: a word and why."""

    word: Word
    reasons: tuple[Reason, ...] = ()

    def to_json(self, language: Language) -> dict[str, object]:
        """The answer for programs."""
        return {"verdict": self.word.value, "reasons": [reason.to_json(language) for reason in self.reasons]}


def judge_tap(tap: Tap, newest: int | None, *, presented: bool, same_phone: bool) -> TagResult:
    """The answer about a genuine message of a registered tag.

    ``newest`` is the highest counter presented before; ``presented``: this very one was, ``same_phone``: by this phone.
    """
    counted = Reason("tag.counter", {"counter": tap.counter}, observed_by=(TAG,))
    if presented:
        return TagResult(Word.RELOADED if same_phone else Word.USED, (counted,))
    if freshness(newest, tap) is Freshness.FRESH or newest is None:
        return TagResult(Word.FRESH, (counted,))
    return TagResult(Word.BACK, (counted, Reason("tag.newest", {"counter": newest}, observed_by=(TAG,))))
