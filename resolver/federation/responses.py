"""Responses for a code that another resolver answers for: a redirection there, or its linkset."""

from starlette.responses import Response

from resolver.federation.delegation import Delegation
from resolver.federation.foreign_linkset import ForeignLinksets, Unanswered
from resolver.link import linkset, target, vocabulary
from resolver.link.question import LinkQuestion
from resolver.link.responses import SHARED, VARY, LinkResponses
from resolver.web.negotiation import LINKSET_JSON
from resolver.web.problems import refused
from resolver.web.responses import to_json


def delegated(responses: LinkResponses, question: LinkQuestion, delegation: Delegation) -> Response:
    """307 to the resolver that answers for the code, with the mark that this request was passed on."""
    address = target.added(delegation.resolver + question.path, target.DELEGATED, "1")
    location = f"{address}&{_forwarded(question.query)}" if question.query else address
    fields = [linkset.link_field(delegation.resolver, vocabulary.HANDLED_BY)]
    headers = {"Location": location, "Vary": VARY, "Cache-Control": SHARED}
    return Response(status_code=307, headers=responses.headers(question, headers, fields, to_linkset=False))


def foreign_linkset(
    responses: LinkResponses, foreign: ForeignLinksets, question: LinkQuestion, delegation: Delegation
) -> Response:
    """The other resolver's linkset behind a context object of this one, which says whose it is.

    :raises Refused: 502 when the other resolver gives none.
    """
    try:
        theirs = foreign.contexts(delegation, question.path)
    except Unanswered as error:
        raise refused(
            502,
            "no_answer_there",
            f"{delegation.title} answers for this code, and gave no linkset: {error}.",
            f"Ask {delegation.resolver} directly.",
        ) from None
    handled = {"href": delegation.resolver, "title": delegation.title}
    ours = {
        "anchor": responses.base_url + question.path,
        "itemDescription": question.link.element_string,
        vocabulary.HANDLED_BY: [handled],
    }
    fields = [linkset.JSON_LD_LINK, linkset.link_field(delegation.resolver, vocabulary.HANDLED_BY)]
    headers = {"Vary": VARY, "Cache-Control": SHARED}
    body = to_json({"linkset": [ours, *theirs]})
    return Response(body, 200, responses.headers(question, headers, fields, to_linkset=False), LINKSET_JSON)


def _forwarded(query: str) -> str:
    return target.merged("", query, keep_own=True).removeprefix("?")
