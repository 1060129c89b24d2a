"""Inspecting codes: the proof by the keys in memory, the facts from the store, in a thread or on the event loop."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime

from resolver.key.keyring import LiveKeyring
from resolver.store.prepared import PreparedPool
from resolver.store.public_pool import CacheOnly, NotCached, PublicPool, PublicReader
from resolver.verdict.inspection import Inspection, inspection_of
from resolver.verdict.names import Names
from resolver.verdict.proof import SEALED_HERE
from resolver.verdict.signature_store import signatures
from resolver.verdict.store import FACTS, FactColumns, facts_of, parameters, unit_facts
from schemas.code import Checked, check
from schemas.digital_link import DigitalLink
from schemas.errors import StoreTooSlow, StoreUnavailable
from schemas.reading import read


@dataclass(frozen=True, slots=True)
class Inspector:
    """What an inspection needs. ``clock`` gives the time, aware and in UTC."""

    keyring: LiveKeyring
    public_pool: PublicPool
    prepared: PreparedPool
    names: Names
    clock: Callable[[], datetime]

    def check_uri(self, uri: str) -> tuple[DigitalLink, Checked]:
        """The parsed code and what it proves, without the store.

        :raises InvalidIdentifier: it is no code in any form that is read.
        :raises StoreUnavailable: the keyring was never read.
        """
        link = read(uri)
        return link, check(link, self.keyring.current())

    def inspect(self, link: DigitalLink, checked: Checked, visitor: Collection[str] = ()) -> Inspection:
        """The verdict on a checked code, with the signatures of its history.

        ``visitor``: the pseudonyms of the phone that asks, here and below; none: it has no install id.

        :raises StoreUnavailable: the code is authentic and the store does not answer.
        """
        if checked.proof in SEALED_HERE:
            now = self.clock()
            return self.public_pool.ask(lambda reader: self.inspect_with(reader, link, checked, now, visitor))
        return inspection_of(link, checked, None)

    def inspect_with(
        self, reader: PublicReader, link: DigitalLink, checked: Checked, now: datetime, visitor: Collection[str] = ()
    ) -> Inspection:
        """As :meth:`inspect`, of a code that was sealed here, with a reader that is open already."""
        facts = unit_facts(reader, checked, link.value, now, self.names)
        return replace(inspection_of(link, checked, facts, visitor), signatures=signatures(reader, facts.history))

    async def inspect_on_event_loop(
        self, link: DigitalLink, checked: Checked, visitor: Collection[str] = ()
    ) -> Inspection | None:
        """The verdict without a thread and without signatures: by one query, or none if the proof failed.

        None when that is not enough: a name is not cached, or the store did not answer.
        """
        if checked.proof not in SEALED_HERE:
            return inspection_of(link, checked, None)
        now = self.clock()
        try:
            row = await self.prepared.ask(FACTS, parameters(checked, link.value, now))
            facts = facts_of(FactColumns(*row), CacheOnly(), checked, link.value, now, self.names)
        except StoreTooSlow:
            raise  # a thread would ask the same once more
        except (NotCached, StoreUnavailable):
            return None
        return inspection_of(link, checked, facts, visitor)
