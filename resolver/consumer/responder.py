"""Carries out what :mod:`resolver.consumer.route` decides: on the event loop, or in a thread that may wait."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from starlette.responses import Response

from resolver.consumer.item_responses import ItemResponses
from resolver.consumer.route import DefaultLink, Linkset, Page, ProvenanceAnswer, TypedLink, VerdictAnswer, route
from resolver.consumer.visit import Visit
from resolver.federation import responses as federation_responses
from resolver.federation.delegation import Delegation, was_passed_on
from resolver.federation.directory import Directory
from resolver.federation.foreign_linkset import ForeignLinksets
from resolver.link import vocabulary
from resolver.link.choice import Level, choices, default_choice
from resolver.link.question import LinkQuestion
from resolver.link.resolution import LinkResolver, Registered
from resolver.link.responses import LinkResponses
from resolver.store.public_pool import PublicPool, PublicReader
from resolver.verdict.inspection import Inspection
from resolver.verdict.inspector import Inspector
from resolver.verdict.proof import UNPROVEN
from resolver.web.problems import refused
from resolver.web.request import bearer_token


@dataclass(frozen=True, slots=True)
class CodeResponder:
    """Responds to a visit. Both ways give the same response; the event loop does what needs one query at most."""

    public_pool: PublicPool
    inspector: Inspector
    resolver: LinkResolver
    links: LinkResponses
    items: ItemResponses
    directory: Directory
    foreign: ForeignLinksets
    clock: Callable[[], datetime]

    async def respond_on_event_loop(self, visit: Visit) -> Response | None:
        """The response without a thread.

        None for pages and provenance chains, for codes of other platforms, for callers with a token, and where cached
        names and one query are not enough.
        """
        question = visit.question
        if question.checked.org_id is None or bearer_token(visit.request) is not None:
            return None
        match route(question):
            case VerdictAnswer():
                visit.record_scan()
                inspection = await self.inspector.inspect_on_event_loop(question.link, question.checked, visit.visitor)
                return None if inspection is None else self.items.verdict(visit, inspection)
            case Linkset() | TypedLink() | DefaultLink() as destination:
                levels = await self.resolver.levels_on_event_loop(question)
                return None if levels is None else self._follow(visit, destination, levels)
            case _:
                return None

    def respond(self, visit: Visit) -> Response:
        """The response; it may wait for the store.

        :raises StoreUnavailable: the store does not answer.
        :raises Refused: there is no such link, or the token is not valid.
        """
        question = visit.question
        delegation = None if question.checked.org_id is not None else self.directory.delegation(question.canonical)
        if delegation is not None:
            return self._pass_on(question, delegation)
        match route(question):
            case VerdictAnswer():
                return self.items.verdict(visit, self._inspect_scanned(visit))
            case ProvenanceAnswer():
                inspection = self.inspector.inspect(question.link, question.checked)
                return self.items.provenance(visit, inspection)
            case Page() if question.is_unit:
                return self._unit_page(visit)
            case Page() | Linkset() | TypedLink() | DefaultLink() as destination:
                return self._follow(visit, destination, self.resolver.levels(question, visit.role_of()))

    def respond_with_own_page(self, visit: Visit) -> Response:
        """The resolver's own page of the code, whatever links it has."""
        return self.items.page(visit, self._inspect_scanned(visit))

    def _inspect_scanned(self, visit: Visit) -> Inspection:
        visit.record_scan()
        return self.inspector.inspect(visit.question.link, visit.question.checked, visit.visitor)

    def _unit_page(self, visit: Visit) -> Response:
        """A scanned unit: facts and links by one reader, and our page at once unless its maker has another."""
        question = visit.question
        if question.checked.proof in UNPROVEN:
            return self.respond_with_own_page(visit)
        now, role, visitor = self.clock(), visit.role_of(), visit.visitor
        visit.record_scan()

        def both(reader: PublicReader) -> tuple[Inspection, Registered]:
            registered = self.resolver.find(reader, question, now)
            inspection = self.inspector.inspect_with(reader, question.link, question.checked, now, visitor)
            return inspection, registered

        inspection, registered = self.public_pool.ask(both)
        levels = self.resolver.assemble(question, registered, role)
        link = default_choice(levels[:1], question.wishes)
        if link is None or link.link_type == vocabulary.STORY:
            return self.items.page(visit, inspection)
        self.items.count(visit, inspection)
        return self.links.redirection(question, link, counted=True)

    def _follow(
        self, visit: Visit, destination: Page | Linkset | TypedLink | DefaultLink, levels: list[Level]
    ) -> Response:
        """What follows from a code's links."""
        question = visit.question
        match destination:
            case Linkset(media_type):
                return self.links.full_linkset(question, levels, media_type)
            case TypedLink(link_type):
                return self._typed_link(question, levels, link_type)
        link = default_choice(levels, question.wishes)
        own = link is not None and link.link_type == vocabulary.STORY
        if isinstance(destination, Page) and (link is None or own):
            return self.respond_with_own_page(visit)
        if link is None:
            raise refused(
                404, "unknown_item", "Nothing is registered for this identifier.", "Ask whoever issued the code."
            )
        # Who is sent to our own page leaves the scan there.
        counted = not own and question.is_unit and visit.record_scan().scan_id is not None
        return self.links.redirection(question, link, counted=counted)

    def _typed_link(self, question: LinkQuestion, levels: list[Level], link_type: str) -> Response:
        fitting = choices(levels, link_type, question.wishes)
        if not fitting:
            raise refused(
                404,
                "no_such_link",
                f"This item has no link of type {vocabulary.curie(link_type)[:80]}.",
                "Ask for ?linkType=linkset to see which it has.",
            )
        if len(fitting) > 1:
            return self.links.multiple_choices(question, levels[0], fitting)
        return self.links.redirection(question, fitting[0], counted=False)

    def _pass_on(self, question: LinkQuestion, delegation: Delegation) -> Response:
        if was_passed_on(question.query):
            raise refused(
                508,
                "loop",
                "Another resolver has passed this request on to us, and we would pass it on again.",
                "Tell both operators: their rules contradict each other.",
            )
        if delegation.fetched and question.linkset_type is not None:
            return federation_responses.foreign_linkset(self.links, self.foreign, question, delegation)
        return federation_responses.delegated(self.links, question, delegation)
