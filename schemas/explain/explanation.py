"""Why an alert was raised, for someone with a minute: evidence, innocent explanation, what would have kept it silent.

Pure: findings in, sentences in Chinese and English out. The probability of the innocent explanation is the finding's
own, where the statistics gave one (``posterior`` in its details). Where they did not, all that is known is what the
rule's confidence leaves over, and that is shared evenly among the causes that its card names, and said so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from schemas.explain.assessment_sentences import ASSESSED_ACCOUNTS
from schemas.explain.innocent_causes import CAUSES, INNOCENT, UNKNOWN
from schemas.explain.rule_sentences import ACCOUNTS, Account, Sentence, generic

MOST_EVIDENCE = 3


@dataclass(frozen=True, slots=True)
class Found:
    """As much of a finding as its explanation needs. ``occurred_at``: microseconds, UTC."""

    rule: str
    confidence: float
    occurred_at: int
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def account(self) -> Account:
        """What the rule's numbers say."""
        account = ACCOUNTS.get(self.rule) or ASSESSED_ACCOUNTS.get(self.rule)
        return generic(self.rule, self.details) if account is None else account(self.details, self.occurred_at)


@dataclass(frozen=True, slots=True)
class Innocent:
    """The strongest innocent explanation. ``measured``: the probability was computed from data, not shared out."""

    cause: Sentence
    probability: float
    measured: bool

    @property
    def sentence(self) -> Sentence:
        """It as a sentence."""
        share = f"{self.probability:.1%}"
        if self.measured:
            return Sentence(
                f"最可能的无辜解释：{self.cause.zh}（概率 {share}）。",
                f"The strongest innocent explanation: {self.cause.en} (probability {share}).",
            )
        return Sentence(
            f"最可能的无辜解释：{self.cause.zh}（约 {share}：规则的置信度所余，平均分给它的各种无辜解释，并非实测）。",
            f"The strongest innocent explanation: {self.cause.en} (about {share}: what the rule's confidence leaves,"
            " shared evenly among its innocent causes, not measured).",
        )


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a person reads of an incident. Empty when no finding stands any more."""

    evidence: tuple[Sentence, ...]
    innocent: Innocent | None
    silent_if: Sentence | None

    def to_json(self) -> dict[str, Any]:
        """It for programs, in both languages."""
        return {
            "evidence": [each.to_json() for each in self.evidence],
            "innocent": None
            if self.innocent is None
            else {
                **self.innocent.sentence.to_json(),
                "cause": self.innocent.cause.to_json(),
                "probability": round(self.innocent.probability, 4),
                "measured": self.innocent.measured,
            },
            "silent_if": None if self.silent_if is None else self.silent_if.to_json(),
        }

    def lines(self, language: str) -> list[str]:
        """It for people, a sentence a line."""
        sentences = list(self.evidence)
        if self.innocent is not None:
            sentences.append(self.innocent.sentence)
        if self.silent_if is not None:
            sentences.append(self.silent_if)
        return [each.zh if language == "zh" else each.en for each in sentences]


def explain(findings: Sequence[Found]) -> Explanation:
    """The explanation of an incident by the findings behind it, in any order."""
    ordered = sorted(findings, key=lambda each: (-each.confidence, -each.occurred_at, each.rule))
    if not ordered:
        return Explanation((), None, None)
    strongest = ordered[0]
    return Explanation(_evidence(ordered), _innocent(strongest), strongest.account.silent_if)


def _evidence(ordered: Sequence[Found]) -> tuple[Sentence, ...]:
    """What the strongest finding says first of all, then what each other rule adds, then the rest."""
    accounts: dict[str, Account] = {}
    for each in ordered:
        accounts.setdefault(each.rule, each.account)
    ranked = sorted(
        (place, rule, sentence)
        for rule, account in enumerate(accounts.values())
        for place, sentence in enumerate(_pairs(account))
    )
    chosen = [Sentence(*sentence) for _, _, sentence in ranked]
    return tuple(dict.fromkeys(chosen))[:MOST_EVIDENCE]


def _pairs(account: Account) -> list[tuple[str, str]]:
    return [(sentence.zh, sentence.en) for sentence in account.evidence]


def _innocent(finding: Found) -> Innocent:
    posterior = finding.details.get("posterior")
    if isinstance(posterior, Mapping):
        known = [
            (float(probability), name)
            for name, probability in posterior.items()
            if name in CAUSES and isinstance(probability, int | float)
        ]
        if known:
            probability, name = max(known)
            return Innocent(CAUSES[name], probability, measured=True)
    causes = INNOCENT.get(finding.rule, UNKNOWN)
    return Innocent(causes[0], (1 - finding.confidence) / len(causes), measured=False)
