"""The verdict: one word, why, from which events, how surely, and what the person who holds the item should do. Pure.

Proofs come before history and facts before suspicion. Only a failed proof says that the maker did not make a code;
what statistics suggest is told as what was seen. Copies need more than strangers' phones (:mod:`resolver.verdict.bar`).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from resolver.text import formats
from resolver.text.formats import Language, Name, Value
from resolver.text.reasons import say
from resolver.verdict.bar import Weighed, weighed
from resolver.verdict.chain import ProvenanceChain, build_chain
from resolver.verdict.diversion import Diversion, diversion
from resolver.verdict.earlier_scans import EarlierScans, earlier_scans
from resolver.verdict.facts import HistoryRow, UnitFacts
from resolver.verdict.notes import scanned_before, seen_early
from resolver.verdict.observer import PROOF, REGISTER, recorders_of
from resolver.verdict.reason import Reason
from resolver.verdict.registration import commissioned_at, doubt, expiry, failed_proof, recall
from resolver.verdict.suspicion import CONFIRMED, accusations, decided, seen_elsewhere
from schemas.code import Checked, Proof

CERTAIN = 1.0
UNSEEN_COPY = 0.05
"""What "genuine" always leaves open: a copy that nobody has scanned elsewhere leaves no trace. A judgement."""
GAPS = 0.05
"""What missing steps leave open besides. A judgement too."""
ELSEWHERE = 0.2
"""What it leaves open that strangers' phones say to have seen the code elsewhere. A judgement too."""


class Verdict(StrEnum):
    """The seven words."""

    GENUINE = "genuine"
    COPIED = "copied"
    DIVERTED = "diverted"
    RECALLED = "recalled"
    EXPIRED = "expired"
    FORGED = "forged"
    UNKNOWN = "unknown"


_ACTIONS = {
    Verdict.GENUINE: ("compare_serial", "trust_your_eyes"),
    Verdict.COPIED: ("do_not_use", "compare_serial", "keep_evidence", "ask_maker", "report_here"),
    Verdict.DIVERTED: ("ask_service", "report_here", "buy_official"),
    Verdict.RECALLED: ("stop_using", "return_to_seller", "keep_evidence"),
    Verdict.EXPIRED: ("do_not_eat_expired", "return_to_seller", "report_here"),
    Verdict.FORGED: ("scan_again", "do_not_use", "keep_evidence", "ask_maker", "report_here", "call_12315"),
    Verdict.UNKNOWN: ("scan_again", "keep_evidence", "report_here"),
}
_ACTIONS_ELSEWHERE = ("compare_serial", "compare_inside", "ask_maker", "trust_your_eyes")
_ELSEWHERE = ("note.seen_elsewhere", "note.seen_at_both")


@dataclass(frozen=True, slots=True)
class VerdictResult:
    """A verdict and what it rests on.

    ``reasons`` carry the word (the first ones) and whatever else holds of the item; ``notes`` are facts that accuse
    nobody. ``confidence`` (0 to 1) is how surely the word follows from what is known. ``actions`` are slugs of advice.
    ``earlier`` are the scans before this one, as the phone that asked sees them.
    """

    verdict: Verdict
    reasons: tuple[Reason, ...]
    notes: tuple[Reason, ...]
    confidence: float
    actions: tuple[str, ...]
    earlier: EarlierScans = EarlierScans()

    @property
    def summary(self) -> str:
        """The slug of the verdict in one sentence."""
        elsewhere = self.verdict is Verdict.GENUINE and any(note.slug in _ELSEWHERE for note in self.notes)
        return "summary.genuine_elsewhere" if elsewhere else f"summary.{self.verdict}"

    def to_json(self, language: Language) -> dict[str, Any]:
        """The verdict for programs; texts in ``language``."""
        return {
            "verdict": self.verdict.value,
            "title": say(f"verdict.{self.verdict}", language),
            "summary": say(self.summary, language),
            "confidence": self.confidence,
            "reasons": [reason.to_json(language) for reason in self.reasons],
            "notes": [note.to_json(language) for note in self.notes],
            "earlier_scans": self.earlier.to_json(),
            "actions": [{"action": slug, "text": say(f"action.{slug}", language)} for slug in self.actions],
            "language": language,
        }


def judge(
    checked: Checked, facts: UnitFacts | None, chain: ProvenanceChain | None = None, visitor: Collection[str] = ()
) -> VerdictResult:
    """The verdict on a checked code. ``facts`` is None when the store was not asked or knows nothing of the code.

    Rows and findings may come in any order. ``chain`` is the one that the facts' history tells, when it is built yet.
    ``visitor``: the pseudonyms of the phone that asks, whose own scans are told apart from others'.
    """
    if checked.proof in (Proof.FORGED, Proof.BAD_SIGNATURE, Proof.UNKNOWN_KEY):
        return _result(Verdict.FORGED, [failed_proof(checked)], [], CERTAIN)
    why = doubt(checked, facts)
    if facts is None or why is not None:
        return _result(Verdict.UNKNOWN, [why or Reason("reason.batch_unknown", observed_by=(REGISTER,))], [], CERTAIN)
    chain = build_chain(facts.history) if chain is None else chain
    rows = _by_event(facts)
    suspicions, off_territory = weighed(facts.findings, rows, cut=facts.history_cut), diversion(facts, rows)
    bases = [
        basis
        for basis in (
            _certain(Verdict.RECALLED, recall(facts)),
            _copies(facts, suspicions, rows),
            _certain(Verdict.EXPIRED, expiry(facts)),
            _diverted(off_territory),
        )
        if basis
    ]
    elsewhere = seen_elsewhere([each for each in suspicions if not each.accuses], rows)
    earlier = earlier_scans(chain.scans, visitor)
    notes = [
        *seen_early(facts, rows),
        *([elsewhere] if elsewhere else []),
        *_noted(off_territory),
        *scanned_before(earlier),
    ]
    if not bases:
        return _result(
            Verdict.GENUINE,
            _genuine(checked, facts, chain),
            notes,
            _confidence(notes, chain, elsewhere),
            earlier,
            _ACTIONS_ELSEWHERE if elsewhere else None,
        )
    word, _, confidence = bases[0]
    return _result(word, [reason for _, reasons, _ in bases for reason in reasons], notes, confidence, earlier)


_Basis = tuple[Verdict, list[Reason], float]


def _result(
    word: Verdict,
    reasons: list[Reason],
    notes: list[Reason],
    confidence: float,
    earlier: EarlierScans = EarlierScans(),  # noqa: B008 -- a frozen value
    actions: tuple[str, ...] | None = None,
) -> VerdictResult:
    return VerdictResult(word, tuple(reasons), tuple(notes), round(confidence, 4), actions or _ACTIONS[word], earlier)


def _confidence(notes: Iterable[Reason], chain: ProvenanceChain, elsewhere: Reason | None) -> float:
    """How sure "genuine" is."""
    if any(note.slug == "note.seen_early" for note in notes):
        return 0.5
    return 1 - UNSEEN_COPY - (GAPS if chain.unexplained else 0) - (ELSEWHERE if elsewhere else 0)


def _certain(word: Verdict, reason: Reason | None) -> _Basis | None:
    return None if reason is None else (word, [reason], CERTAIN)


def _copies(facts: UnitFacts, suspicions: Sequence[Weighed], rows: Mapping[str, HistoryRow]) -> _Basis | None:
    above = [each for each in suspicions if each.accuses]
    reasons = accusations(above, rows)
    confidences = [each.finding.confidence for each in above]
    if facts.decision is not None:
        reasons.insert(0, decided(facts.decision))
        confidences.append(CONFIRMED)
    return (Verdict.COPIED, reasons, max(confidences)) if reasons else None


def _diverted(found: Diversion | None) -> _Basis | None:
    return (Verdict.DIVERTED, found.reasons, found.confidence) if found is not None and found.accuses else None


def _noted(found: Diversion | None) -> list[Reason]:
    """A diversion that accuses nobody, as notes."""
    return [] if found is None or found.accuses else found.reasons


def _by_event(facts: UnitFacts) -> dict[str, HistoryRow]:
    """The history by event id, in event time. Most units have no finding that would cite it: none of it then."""
    if not facts.findings:
        return {}
    return {str(row.event_id): row for row in sorted(facts.history, key=lambda row: (row.occurred_at, row.event_id))}


def _genuine(checked: Checked, facts: UnitFacts, chain: ProvenanceChain) -> list[Reason]:
    maker = formats.names(facts.maker) if facts.maker else Name(en="the maker", zh="品牌方")
    proof = "reason.signed" if checked.proof is Proof.SIGNED else "reason.sealed"
    reasons = [Reason(proof, {"maker": maker}, observed_by=(PROOF,))]
    since = commissioned_at(facts)
    if facts.batch is not None and since is not None:
        params: dict[str, Value] = {"lot": facts.batch.lot, "on": formats.china_day(since)}
        reasons.append(Reason("reason.commissioned", params, observed_by=(REGISTER,)))
    if chain.steps:
        events = tuple(str(step.event_id) for step in chain.steps)
        observers = recorders_of(row for row in facts.history if row.audience != "consumer")
        slug, params = "reason.history_whole", {"count": len(chain.steps)}
        if chain.unexplained:
            slug, params = "reason.history_gaps", params | {"gaps": len(chain.unexplained)}
        reasons.append(Reason(slug, params, events, observers))
    return reasons
