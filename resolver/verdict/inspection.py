"""One inspection of a code: checked in memory, judged with what the store knows, noted for the gateway."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID, uuid4

from resolver.services import Services
from resolver.store.public_pool import CacheOnly, NotCached, PublicReader
from resolver.verdict.chain import ProvenanceChain, Signatures, build_chain
from resolver.verdict.facts import UnitFacts
from resolver.verdict.signature_store import signatures
from resolver.verdict.store import FACTS, facts_of, parameters, unit_facts
from resolver.verdict.verdict import VerdictResult, judge
from schemas.code import Checked, Proof, check
from schemas.digital_link import DigitalLink
from schemas.errors import StoreUnavailable
from schemas.reading import read
from schemas.scan import Scan

_SEALED_BY_US = frozenset({Proof.SIGNED, Proof.SEALED, Proof.REVOKED_KEY})


@dataclass(frozen=True, slots=True)
class Inspection:
    """A checked code with its verdict. ``facts`` is None when the proof failed: then the store was not asked."""

    link: DigitalLink
    checked: Checked
    facts: UnitFacts | None
    verdict: VerdictResult
    chain: ProvenanceChain
    signatures: Signatures = field(default_factory=dict)


def check_uri(services: Services, uri: str) -> tuple[DigitalLink, Checked]:
    """The parsed code and what it proves, without the store.

    :raises InvalidIdentifier: it is no code in any form that is read.
    :raises StoreUnavailable: the keyring was never read.
    """
    link = read(uri)
    return link, check(link, services.keyring.current())


def inspect(services: Services, link: DigitalLink, checked: Checked) -> Inspection:
    """The verdict on a checked code, with the signatures of its history.

    :raises StoreUnavailable: the code is authentic and the store does not answer.
    """
    if checked.proof in _SEALED_BY_US:
        now = services.clock()
        return services.public_pool.ask(lambda reader: look_up(services, reader, link, checked, now))
    return judged(link, checked, None)


def look_up(services: Services, reader: PublicReader, link: DigitalLink, checked: Checked, now: datetime) -> Inspection:
    """The verdict on a code whose proof holds, with the signatures of its history."""
    facts = unit_facts(reader, checked, link.value, now, services.names)
    return replace(judged(link, checked, facts), signatures=signatures(reader, facts.history))


async def inspect_on_event_loop(services: Services, link: DigitalLink, checked: Checked) -> Inspection | None:
    """The verdict without leaving the event loop: by one question to the store, or none if the proof failed.

    None when that is not enough: when names are not in memory, or the store did not answer.
    """
    if checked.proof not in _SEALED_BY_US:
        return judged(link, checked, None)
    now = services.clock()
    try:
        found = await services.prepared.ask(FACTS, parameters(checked, link.value, now))
        facts = facts_of(found, CacheOnly(), checked, link.value, now, services.names)
    except (NotCached, StoreUnavailable):
        return None
    return judged(link, checked, facts)


def judged(link: DigitalLink, checked: Checked, facts: UnitFacts | None) -> Inspection:
    """The verdict that follows from facts. Pure."""
    chain = build_chain(facts.history if facts is not None else ())
    return Inspection(link, checked, facts, judge(checked, facts, chain), chain)


def is_worth_noting(checked: Checked) -> bool:
    """True for scans that the gateway can judge: of codes that are ours, or pretend to be."""
    return checked.proof is not Proof.FOREIGN


def new_scan_id() -> UUID:
    """A scan's id: also the id of the event that it becomes."""
    return uuid4()


def note(services: Services, scan: Scan, checked: Checked) -> bool:
    """Hand the scan over for the gateway; False when the queue is full."""
    return not is_worth_noting(checked) or services.scans.put(scan)
