"""Why an alert was raised, in three parts: evidence, the likeliest benign cause, what would have kept it silent. Pure.

Findings in, sentences in Chinese and English out. The probability of the benign cause is the finding's own where
evidence gave one (``posterior`` in its details); otherwise it is 1 minus the rule's confidence, shared evenly among the
benign causes on the rule's card, and the sentence says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from schemas.explain.assessment_sentences import ASSESSED_SENTENCES
from schemas.explain.benign_causes import BENIGN_CAUSES, BENIGN_OF_RULE, UNKNOWN_CAUSE
from schemas.explain.rule_sentences import RULE_SENTENCES, RuleSentences, Sentence, generic_sentences

MOST_EVIDENCE = 3


@dataclass(frozen=True, slots=True)
class ExplainedFinding:
    """The part of a finding that its explanation needs. ``occurred_at``: microseconds, UTC."""

    rule: str
    confidence: float
    occurred_at: int
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sentences(self) -> RuleSentences:
        """The rule's sentences with this finding's numbers."""
        of_rule = RULE_SENTENCES.get(self.rule) or ASSESSED_SENTENCES.get(self.rule)
        if of_rule is None:
            return generic_sentences(self.rule, self.details)
        return of_rule(self.details, self.occurred_at)


@dataclass(frozen=True, slots=True)
class BenignCause:
    """The likeliest benign cause. ``measured``: its probability was computed from data, not shared out evenly."""

    cause: Sentence
    probability: float
    measured: bool

    @property
    def sentence(self) -> Sentence:
        """The cause and its probability as a sentence."""
        share = f"{self.probability:.1%}"
        if self.measured:
            return Sentence(
                zh=f"最可能的无辜解释：{self.cause.zh}（概率 {share}）。",
                en=f"The strongest innocent explanation: {self.cause.en} (probability {share}).",
            )
        return Sentence(
            zh=f"最可能的无辜解释：{self.cause.zh}（约 {share}：规则的置信度所余，"
            "平均分给它的各种无辜解释，并非实测）。",
            en=f"The strongest innocent explanation: {self.cause.en} (about {share}: what the rule's confidence leaves,"
            " shared evenly among its innocent causes, not measured).",
        )


@dataclass(frozen=True, slots=True)
class Explanation:
    """The explanation of an incident; empty when no finding stands any more."""

    evidence: tuple[Sentence, ...]
    benign: BenignCause | None
    silent_if: Sentence | None

    def to_json(self) -> dict[str, Any]:
        """The explanation as JSON, in both languages. The member names are part of the public API."""
        return {
            "evidence": [each.to_json() for each in self.evidence],
            "innocent": None
            if self.benign is None
            else {
                **self.benign.sentence.to_json(),
                "cause": self.benign.cause.to_json(),
                "probability": round(self.benign.probability, 4),
                "measured": self.benign.measured,
            },
            "silent_if": None if self.silent_if is None else self.silent_if.to_json(),
        }

    def lines(self, language: str) -> list[str]:
        """The explanation in one language (``zh`` or ``en``), a sentence a line."""
        sentences = list(self.evidence)
        if self.benign is not None:
            sentences.append(self.benign.sentence)
        if self.silent_if is not None:
            sentences.append(self.silent_if)
        return [each.zh if language == "zh" else each.en for each in sentences]


def explain(findings: Sequence[ExplainedFinding]) -> Explanation:
    """The explanation of an incident by the findings behind it, in any order."""
    ordered = sorted(findings, key=lambda each: (-each.confidence, -each.occurred_at, each.rule))
    if not ordered:
        return Explanation((), None, None)
    strongest = ordered[0]
    return Explanation(_evidence(ordered), _benign(strongest), strongest.sentences.silent_if)


def _evidence(ordered: Sequence[ExplainedFinding]) -> tuple[Sentence, ...]:
    """The first sentence of each rule, the strongest finding's rule first, then the second of each, and so on."""
    by_rule: dict[str, RuleSentences] = {}
    for each in ordered:
        by_rule.setdefault(each.rule, each.sentences)
    ranked = [
        (place, rule, sentence)
        for rule, sentences in enumerate(by_rule.values())
        for place, sentence in enumerate(sentences.evidence)
    ]
    chosen = [sentence for _, _, sentence in sorted(ranked, key=lambda entry: entry[:2])]
    return tuple(dict.fromkeys(chosen))[:MOST_EVIDENCE]


def _benign(finding: ExplainedFinding) -> BenignCause:
    posterior = finding.details.get("posterior")
    if isinstance(posterior, Mapping):
        known = [
            (float(probability), name)
            for name, probability in posterior.items()
            if name in BENIGN_CAUSES and isinstance(probability, int | float)
        ]
        if known:
            probability, name = max(known)
            return BenignCause(BENIGN_CAUSES[name], probability, measured=True)
    causes = BENIGN_OF_RULE.get(finding.rule, UNKNOWN_CAUSE)
    return BenignCause(causes[0], (1 - finding.confidence) / len(causes), measured=False)
