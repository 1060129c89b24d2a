"""An inspected code as a value: what it proves, what the store knows of its item, the chain and the verdict. Pure."""

from collections.abc import Collection
from dataclasses import dataclass, field

from resolver.verdict.chain import ProvenanceChain, Signatures, build_chain
from resolver.verdict.facts import UnitFacts
from resolver.verdict.verdict import VerdictResult, judge
from schemas.code import Checked
from schemas.digital_link import DigitalLink


@dataclass(frozen=True, slots=True)
class Inspection:
    """A checked code with its verdict. ``facts`` is None when the proof failed: then the store is not queried."""

    link: DigitalLink
    checked: Checked
    facts: UnitFacts | None
    verdict: VerdictResult
    chain: ProvenanceChain
    signatures: Signatures = field(default_factory=dict)


def inspection_of(
    link: DigitalLink, checked: Checked, facts: UnitFacts | None, visitor: Collection[str] = ()
) -> Inspection:
    """The chain and the verdict that follow from facts. ``visitor``: the pseudonyms of the phone that asks."""
    chain = build_chain(facts.history if facts is not None else ())
    return Inspection(link, checked, facts, judge(checked, facts, chain, visitor), chain)
