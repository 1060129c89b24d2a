"""Answers to a code that another resolver answers for: a redirection there, or its linkset."""

from starlette.responses import Response

from resolver.federation.delegation import Delegation
from resolver.federation.foreign_linkset import Unanswered
from resolver.link import linkset, target, vocabulary
from resolver.link.question import LinkQuestion
from resolver.link.responses import SHARED, VARY, linked
from resolver.services import Services
from resolver.web.negotiation import LINKSET_JSON
from resolver.web.problems import refused
from resolver.web.responses import to_json


def delegated(services: Services, question: LinkQuestion, delegation: Delegation) -> Response:
    """To the resolver that answers for the code, marked as theirs and as passed on once."""
    address = target.added(delegation.resolver + question.path, target.DELEGATED, "1")
    location = f"{address}&{_forwarded(question.query)}" if question.query else address
    fields = [linkset.link_field(delegation.resolver, vocabulary.HANDLED_BY)]
    headers = {"Location": location, "Vary": VARY, "Cache-Control": SHARED}
    return Response(status_code=307, headers=linked(services, question, headers, fields, to_linkset=False))


def foreign_linkset(services: Services, question: LinkQuestion, delegation: Delegation) -> Response:
    """The other resolver's linkset behind our own context object, which says whose it is.

    :raises Refused: 502 when there is none to be had.
    """
    try:
        theirs = services.foreign.contexts(delegation, question.path)
    except Unanswered as error:
        raise refused(
            502,
            "no_answer_there",
            f"{delegation.title} answers for this code, and gave no linkset: {error}.",
            f"Ask {delegation.resolver} directly.",
        ) from None
    handled = {"href": delegation.resolver, "title": delegation.title}
    ours = {
        "anchor": services.settings.base_url + question.path,
        "itemDescription": question.link.element_string,
        vocabulary.HANDLED_BY: [handled],
    }
    fields = [linkset.JSON_LD_LINK, linkset.link_field(delegation.resolver, vocabulary.HANDLED_BY)]
    headers = {"Vary": VARY, "Cache-Control": SHARED}
    document = {"linkset": [ours, *theirs]}
    return Response(to_json(document), 200, linked(services, question, headers, fields, to_linkset=False), LINKSET_JSON)


def _forwarded(query: str) -> str:
    return target.merged("", query, keep_own=True).removeprefix("?")
