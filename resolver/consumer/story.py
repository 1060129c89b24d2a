"""All that the page of one code tells."""

from dataclasses import dataclass, field

from resolver.verdict.chain import ProvenanceChain, Signatures
from resolver.verdict.facts import UnitFacts
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
