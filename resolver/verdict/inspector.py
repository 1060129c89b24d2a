"""Inspecting codes: the proof by the keys in memory, the facts from the store."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from resolver.key.keyring import LiveKeyring
from resolver.store.public_pool import PublicPool, PublicReader
from resolver.verdict.inspection import Inspection, inspection_of
from resolver.verdict.names import Names
from resolver.verdict.proof import SEALED_HERE
from resolver.verdict.signature_store import signatures
from resolver.verdict.store import unit_facts
from schemas.code import Checked, check
from schemas.digital_link import DigitalLink
from schemas.reading import read


@dataclass(frozen=True, slots=True)
class Inspector:
    """What an inspection needs. ``clock`` gives the time, aware and in UTC."""

    keyring: LiveKeyring
    public_pool: PublicPool
    names: Names
    clock: Callable[[], datetime]

    def check_uri(self, uri: str) -> tuple[DigitalLink, Checked]:
        """The parsed code and what it proves, without the store.

        :raises InvalidIdentifier: it is no code in any form that is read.
        :raises StoreUnavailable: the keyring was never read.
        """
        link = read(uri)
        return link, check(link, self.keyring.current())

    def inspect(self, link: DigitalLink, checked: Checked, *, with_signatures: bool = True) -> Inspection:
        """The verdict on a checked code; ``with_signatures`` also those of its history, by one query more.

        :raises StoreUnavailable: the code is authentic and the store does not answer.
        """
        if checked.proof not in SEALED_HERE:
            return inspection_of(link, checked, None)
        now = self.clock()

        def inspection(reader: PublicReader) -> Inspection:
            return self.inspect_with(reader, link, checked, now, with_signatures=with_signatures)

        return self.public_pool.ask(inspection)

    def inspect_with(
        self,
        reader: PublicReader,
        link: DigitalLink,
        checked: Checked,
        now: datetime,
        *,
        with_signatures: bool = True,
    ) -> Inspection:
        """As :meth:`inspect`, of a code that was sealed here, with a reader that is open already."""
        facts = unit_facts(reader, checked, link.value, now, self.names)
        inspection = inspection_of(link, checked, facts)
        return replace(inspection, signatures=signatures(reader, facts.history)) if with_signatures else inspection
