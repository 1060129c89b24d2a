"""The answer about an opened pack's covert code (涂层码): one word and its reasons. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from resolver.text.formats import Language, Value
from resolver.verdict.observer import INNER_CODE, PROOF, REGISTER
from resolver.verdict.reason import Reason
from schemas.code import Checked, Proof

SHOWN_END = 4
"""Characters of the serial outside that the page shows: enough to compare, too few to print it."""


class Word(StrEnum):
    """The five answers."""

    FIRST = "first"
    AGAIN = "again"
    MISMATCH = "mismatch"
    FORGED = "forged"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Opened:
    """What the store knows of a unit that was opened. ``lot`` None: no such batch, or no such unit in it.

    ``opening_id`` and ``opened_at`` are the first opening's. ``fresh``: the present scan is the first. ``same_phone``:
    the first one was by this phone. ``later``: scans of other phones since.
    """

    lot: str | None
    revoked_at: datetime | None = None
    recalled_at: datetime | None = None
    opening_id: UUID | None = None
    opened_at: datetime | None = None
    fresh: bool = True
    same_phone: bool = False
    later: int = 0


@dataclass(frozen=True, slots=True)
class OpeningResult:
    """The answer: a word and why."""

    word: Word
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class OpeningAnswer:
    """A covert code that was checked, what the store knows of its unit, and the result.

    ``opened`` is None when the store was not asked, because the code is not authentic.
    """

    checked: Checked
    opened: Opened | None
    result: OpeningResult

    def to_json(self, language: Language) -> dict[str, object]:
        """The answer for programs."""
        opened = self.opened or Opened(lot=None)
        return {
            "opening_id": opened.opening_id,
            "item": self.checked.item_id,
            "proof": self.checked.proof.value,
            "verdict": self.result.word.value,
            "reasons": [reason.to_json(language) for reason in self.result.reasons],
            "opened_at": opened.opened_at,
            "later": opened.later,
        }


def judge_opening(checked: Checked, opened: Opened | None, outer: Checked | None) -> OpeningResult:
    """The answer about a covert code; ``outer`` is the code outside, when it was given as well.

    ``opened`` is None when the proof failed: the store was not asked.
    """
    if checked.proof is Proof.FORGED:
        return OpeningResult(Word.FORGED, ())
    unknown = _cannot_confirm(checked, opened)
    if unknown is not None or opened is None:
        return OpeningResult(Word.UNKNOWN, () if unknown is None else (unknown,))
    reasons = list(_recorded(opened))
    if outer is None:
        reasons.append(Reason("opening.compare", {"end": checked.item_id[-SHOWN_END:]}))
    elif is_pair(checked, outer):
        reasons.append(Reason("opening.pair_fits", observed_by=(PROOF,)))
    else:
        if not outer.proof.is_authentic:
            reasons.append(Reason("opening.outer_forged", observed_by=(PROOF,)))
        return OpeningResult(Word.MISMATCH, tuple(reasons))
    return OpeningResult(Word.FIRST if opened.fresh or opened.same_phone else Word.AGAIN, tuple(reasons))


def is_pair(inner: Checked, outer: Checked) -> bool:
    """True when two checked codes are of the same unit."""
    return outer.proof.is_authentic and outer.item_id == inner.item_id


def _cannot_confirm(checked: Checked, opened: Opened | None) -> Reason | None:
    gtin: dict[str, Value] = {"gtin": checked.item_id.split("/")[1]}
    if checked.proof is Proof.FOREIGN:
        return Reason("reason.foreign_code", gtin)
    if checked.proof is Proof.REVOKED_KEY:
        return Reason("reason.key_revoked", observed_by=(REGISTER,))
    if opened is None or opened.lot is None:
        return Reason("reason.batch_unknown", observed_by=(REGISTER,))
    if opened.revoked_at is not None:
        params: dict[str, Value] = {"lot": opened.lot, "on": opened.revoked_at.date()}
        return Reason("reason.batch_revoked", params, observed_by=(REGISTER,))
    return None


def _recorded(opened: Opened) -> list[Reason]:
    reasons = []
    if opened.recalled_at is not None and opened.lot is not None:
        params: dict[str, Value] = {"lot": opened.lot, "on": opened.recalled_at.date()}
        reasons.append(Reason("reason.recalled", params, observed_by=(REGISTER,)))
    if opened.opened_at is not None and not opened.fresh:
        reasons.append(Reason("opening.first_at", {"at": opened.opened_at}, observed_by=(INNER_CODE,)))
        if opened.same_phone:
            reasons.append(Reason("opening.by_you", observed_by=(INNER_CODE,)))
        if opened.later:
            reasons.append(Reason("opening.later", {"count": opened.later}, observed_by=(INNER_CODE,)))
    return reasons
