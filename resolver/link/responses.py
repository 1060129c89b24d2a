"""Answers at a code's address: redirections, linksets, choices, signed JSON, each with the headers it needs."""

from collections.abc import Mapping, Sequence

from starlette.requests import Request
from starlette.responses import Response

from resolver.link import linkset, target, vocabulary
from resolver.link.choice import Level, Link
from resolver.link.question import LinkQuestion
from resolver.services import Services
from resolver.web.negotiation import LINKSET_JSON, LINKSET_TEXT
from resolver.web.request import raw_path
from resolver.web.responses import to_json
from resolver.web.signatures import Exchange

METHODS = "GET, HEAD, OPTIONS"
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Link, Location, Content-Digest, Content-Location, Signature, Signature-Input",
}
VARY = "Accept, Accept-Language, Authorization"
SHARED = "public, max-age=60"
"""Links change when a maker says so: a minute is how long a change may take to be seen."""
UNSHARED = "no-store"
"""Verdicts are of this moment, and a redirection that counts as a scan must be asked for each time."""

SAME_AS = "owl:sameAs"


def preflight(services: Services, question: LinkQuestion) -> Response:
    """The answer to OPTIONS, whoever asks and for whatever method (Fetch Standard, CORS preflight)."""
    headers = {
        "Allow": METHODS,
        "Access-Control-Allow-Methods": METHODS,
        "Access-Control-Allow-Headers": "Accept, Accept-Language, Authorization",
        "Access-Control-Max-Age": "86400",
        "Cache-Control": SHARED,
    }
    return Response(status_code=204, headers=linked(services, question, headers))


def redirection(services: Services, question: LinkQuestion, link: Link, *, counted: bool) -> Response:
    """To a link's target, with what the request's query adds."""
    location = target.merged(link.href, question.query) if link.forwards_query else link.href
    headers = {
        "Location": location,
        "Vary": VARY,
        "Cache-Control": UNSHARED if counted or link.roles else SHARED,
    }
    more = [linkset.link_field(location, vocabulary.SUCCESSOR)] if link.link_type == vocabulary.SUCCESSOR else []
    return Response(status_code=307, headers=linked(services, question, headers, more))


def linkset_answer(services: Services, question: LinkQuestion, levels: Sequence[Level], media_type: str) -> Response:
    """The linkset itself."""
    closed = any(link.roles for level in levels for link in level.links)
    headers = {"Vary": VARY, "Cache-Control": "private, no-store" if closed else SHARED}
    if media_type == LINKSET_TEXT:
        body, fields = linkset.to_text(levels).encode(), []
    else:
        body, fields = to_json(linkset.to_json(levels)), [linkset.JSON_LD_LINK]
    return Response(body, 200, linked(services, question, headers, fields, to_linkset=False), media_type)


def multiple_choices(services: Services, question: LinkQuestion, anchor: Level, links: Sequence[Link]) -> Response:
    """300: several links fit equally well. The body is a linkset of those."""
    level = Level(anchor.anchor, anchor.description, tuple(links))
    document = linkset.to_json([level])
    document["linkset"][0].pop(vocabulary.DEFAULT, None)
    headers = {"Vary": VARY, "Cache-Control": SHARED}
    body = to_json(document)
    return Response(body, 300, linked(services, question, headers, [linkset.JSON_LD_LINK]), LINKSET_JSON)


def signed_json(
    services: Services, request: Request, content: object, headers: Mapping[str, str] | None = None
) -> Response:
    """JSON with a signature over body, status, method and target URI (RFC 9421)."""
    body, at = to_json(content), services.clock()
    query = request.scope["query_string"].decode("latin-1")
    uri = services.settings.base_url + raw_path(request) + (f"?{query}" if query else "")
    exchange = Exchange(request.method, uri, 200, "application/json", body)
    fields = {"Cache-Control": UNSHARED, **CORS, **(headers or {}), **services.answer_key.headers(exchange, at)}
    return Response(body, 200, fields, "application/json")


def linked(
    services: Services,
    question: LinkQuestion,
    headers: Mapping[str, str],
    more: Sequence[str] = (),
    *,
    to_linkset: bool = True,
) -> dict[str, str]:
    """``headers`` with those that every answer at a code's address has: CORS, and Link (RFC 8288) with ``more`` fields.

    ``to_linkset``: whether the answer points to the code's linkset, where the settings say that answers do.
    """
    base = services.settings.base_url
    fields = list(more)
    if to_linkset and services.settings.link_header:
        fields.append(
            linkset.link_field(f"{base}{question.path}?linkType=linkset", "linkset", type="application/linkset+json")
        )
    if question.was_compressed:
        fields.append(linkset.link_field(base + question.link.canonical, SAME_AS))
    if question.is_unit:
        verdict = f"{base}{question.path}?linkType=suyuan:verdict"
        fields.append(linkset.link_field(verdict, vocabulary.VERDICT, type="application/json"))
    return {**CORS, **headers, **({"Link": linkset.link_header(fields)} if fields else {})}
