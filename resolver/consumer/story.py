"""All that the page of one code tells."""

from dataclasses import dataclass, field

from resolver.report.false_code_report import reportable
from resolver.verdict.chain import ProvenanceChain, Signatures
from resolver.verdict.facts import UnitFacts
from resolver.verdict.inspection import Inspection
from resolver.verdict.proof import SEALED_HERE
from resolver.verdict.verdict import VerdictResult
from schemas.code import Checked


@dataclass(frozen=True, slots=True)
class Story:
    """What a page tells: the checked code, its verdict, and what stands behind it.

    ``uri`` is the code as it was read, signature and all: what a report is about. ``base_url`` is the resolver's own
    origin without a trailing slash, ``reported`` whether the person has just sent a report (the page thanks for it).
    """

    checked: Checked
    verdict: VerdictResult
    facts: UnitFacts | None
    chain: ProvenanceChain
    uri: str
    base_url: str
    reported: bool = False
    signatures: Signatures = field(default_factory=dict)

    @property
    def takes_reports(self) -> bool:
        """Whether there is a unit, or at least a product, that a person can report on."""
        return self.checked.proof in SEALED_HERE or reportable(self.checked)

    @property
    def authentic(self) -> bool:
        """Whether a report would be about the unit; otherwise it is about the product, and about goods like these."""
        return self.checked.proof in SEALED_HERE


def story_of(inspection: Inspection, uri: str, base_url: str, *, reported: bool = False) -> Story:
    """The inspection as the page tells it; ``uri`` is the code as it was read."""
    return Story(
        checked=inspection.checked,
        verdict=inspection.verdict,
        facts=inspection.facts,
        chain=inspection.chain,
        signatures=inspection.signatures,
        uri=uri,
        base_url=base_url,
        reported=reported,
    )
