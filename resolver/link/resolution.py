"""From a code to its links: what is registered at its levels, and what the resolver adds itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from resolver.link import granularity
from resolver.link.choice import Level, Link
from resolver.link.own_links import story_link, unit_links
from resolver.link.question import LinkQuestion
from resolver.link.store import LINKS, as_link, link_rows, parameters, request_links
from resolver.store import Row
from resolver.store.prepared import PreparedPool
from resolver.store.public_pool import CacheOnly, NotCached, PublicPool, PublicReader
from resolver.text.formats import name_of
from resolver.verdict.facts import Product
from resolver.verdict.names import Names
from resolver.verdict.proof import UNPROVEN
from schemas.errors import StoreTooSlow, StoreUnavailable


class Registered(NamedTuple):
    """What the store knows of a code's links.

    ``anchors`` are the canonical paths of its levels, most granular first; ``rows`` the links at any of them.
    """

    anchors: Sequence[str]
    rows: Sequence[Row]
    product: Product | None


@dataclass(frozen=True, slots=True)
class LinkResolver:
    """What finding links needs. ``base_url`` is the resolver's origin; ``clock`` gives the time, aware and in UTC."""

    base_url: str
    public_pool: PublicPool
    prepared: PreparedPool
    names: Names
    clock: Callable[[], datetime]

    def levels(self, question: LinkQuestion, role: str | None) -> list[Level]:
        """The code's levels, most granular first; the first one is the code itself, whether it has links or not.

        ``role``: the caller's, None for the public.

        :raises StoreUnavailable: the code may have links and the store does not answer.
        """
        if question.checked.proof in UNPROVEN:
            return self.assemble(question, Registered([question.canonical], [], None), role)
        now = self.clock()
        registered = self.public_pool.ask(lambda reader: self.find(reader, question, now))
        return self.assemble(question, registered, role)

    async def levels_on_event_loop(self, question: LinkQuestion) -> list[Level] | None:
        """The levels as the public sees them, without a thread.

        None when that is not enough: a name is not cached, or the store did not answer.
        """
        if question.checked.proof in UNPROVEN:
            return self.assemble(question, Registered([question.canonical], [], None), None)
        try:
            anchors, product = self._anchors(CacheOnly(), question), self._product(CacheOnly(), question)
            row = await self.prepared.ask(LINKS, parameters(anchors, self.clock()))
        except StoreTooSlow:
            raise  # a thread would ask the same once more
        except (NotCached, StoreUnavailable):
            return None
        return self.assemble(question, Registered(anchors, link_rows(row[0]), product), None)

    def find(self, reader: PublicReader, question: LinkQuestion, now: datetime) -> Registered:
        """What is registered for a code at ``now``."""
        anchors = self._anchors(reader, question)
        return Registered(anchors, request_links(reader, anchors, now), self._product(reader, question))

    def assemble(self, question: LinkQuestion, registered: Registered, role: str | None) -> list[Level]:
        """The levels, with registered links that ``role`` may see first and the resolver's own behind them."""
        base, anchors, product = self.base_url, registered.anchors, registered.product
        links: dict[str, list[Link]] = {anchor: [] for anchor in anchors}
        for row in registered.rows:
            link = as_link(row)
            if not link.roles or role in link.roles:
                links[row["anchor"]].append(link)
        if question.is_unit:
            links[anchors[0]] += unit_links(base, question.path, question.language)
        elif product is not None and not links[anchors[-1]]:
            links[anchors[-1]].append(story_link(base, f"/{anchors[-1]}", question.language))
        description = question.link.element_string if product is None else name_of(product, question.language)
        levels = [Level(base + question.path, description, tuple(links[anchors[0]]))]
        return levels + [Level(f"{base}/{anchor}", description, tuple(links[anchor])) for anchor in anchors[1:]]

    def _anchors(self, reader: PublicReader, question: LinkQuestion) -> list[str]:
        lot = None if question.checked.unit is None else self.names.lot(reader, question.checked)
        canonical = question.canonical
        levels = granularity.levels(canonical if lot is None else granularity.with_lot(canonical, lot))
        return [canonical, *(level for level in levels if level != canonical)]

    def _product(self, reader: PublicReader, question: LinkQuestion) -> Product | None:
        if question.link.key != "01" or question.checked.org_id is None:
            return None
        return self.names.of(reader, question.checked.org_id, question.link.value).product
