"""Responses that follow from a code's links: redirections, linksets and choices, each with the headers it needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.responses import Response

from resolver.link import linkset, target, vocabulary
from resolver.link.choice import Level, Link
from resolver.link.question import LinkQuestion
from resolver.web.negotiation import LINKSET_JSON, LINKSET_TEXT
from resolver.web.responses import CORS, to_json
from resolver.web.signed_json import UNSHARED

METHODS = "GET, HEAD, OPTIONS"
VARY = "Accept, Accept-Language, Authorization"
SHARED = "public, max-age=60"
"""Links change when a maker says so: a minute is how long a change may take to be seen."""

SAME_AS = "owl:sameAs"


@dataclass(frozen=True, slots=True)
class LinkResponses:
    """Makes the responses. ``link_header``: whether they point to the code's linkset (a setting)."""

    base_url: str
    link_header: bool

    def preflight(self, question: LinkQuestion) -> Response:
        """The response to OPTIONS, whoever asks and for whatever method (Fetch Standard, CORS preflight)."""
        headers = {
            "Allow": METHODS,
            "Access-Control-Allow-Methods": METHODS,
            "Access-Control-Allow-Headers": "Accept, Accept-Language, Authorization",
            "Access-Control-Max-Age": "86400",
            "Cache-Control": SHARED,
        }
        return Response(status_code=204, headers=self.headers(question, headers))

    def redirection(self, question: LinkQuestion, link: Link, *, counted: bool) -> Response:
        """307 to a link's target, with the request's query where the link forwards it.

        ``counted``: the redirection counts as a scan, so that no cache may answer it.
        """
        location = target.merged(link.href, question.query) if link.forwards_query else link.href
        headers = {
            "Location": location,
            "Vary": VARY,
            "Cache-Control": UNSHARED if counted or link.roles else SHARED,
        }
        more = [linkset.link_field(location, vocabulary.SUCCESSOR)] if link.link_type == vocabulary.SUCCESSOR else []
        return Response(status_code=307, headers=self.headers(question, headers, more))

    def full_linkset(self, question: LinkQuestion, levels: Sequence[Level], media_type: str) -> Response:
        """The linkset itself (RFC 9264) as ``media_type``."""
        closed = any(link.roles for level in levels for link in level.links)
        headers = {"Vary": VARY, "Cache-Control": "private, no-store" if closed else SHARED}
        if media_type == LINKSET_TEXT:
            body, fields = linkset.to_text(levels).encode(), []
        else:
            body, fields = to_json(linkset.to_json(levels)), [linkset.JSON_LD_LINK]
        return Response(body, 200, self.headers(question, headers, fields, to_linkset=False), media_type)

    def multiple_choices(self, question: LinkQuestion, anchor: Level, links: Sequence[Link]) -> Response:
        """300: several links fit equally well. The body is a linkset of those."""
        level = Level(anchor.anchor, anchor.description, tuple(links))
        document = linkset.to_json([level])
        document["linkset"][0].pop(vocabulary.DEFAULT, None)
        headers = {"Vary": VARY, "Cache-Control": SHARED}
        body = to_json(document)
        return Response(body, 300, self.headers(question, headers, [linkset.JSON_LD_LINK]), LINKSET_JSON)

    def headers(
        self,
        question: LinkQuestion,
        headers: Mapping[str, str],
        more: Sequence[str] = (),
        *,
        to_linkset: bool = True,
    ) -> dict[str, str]:
        """``headers`` with those of every response at a code's address: CORS, and Link (RFC 8288) with ``more`` fields.

        ``to_linkset``: whether the response points to the code's linkset, where the settings say that responses do.
        """
        base = self.base_url
        fields = list(more)
        if to_linkset and self.link_header:
            address = f"{base}{question.path}?linkType=linkset"
            fields.append(linkset.link_field(address, "linkset", type="application/linkset+json"))
        if question.was_compressed:
            fields.append(linkset.link_field(base + question.link.canonical, SAME_AS))
        if question.is_unit:
            verdict = f"{base}{question.path}?linkType=suyuan:verdict"
            fields.append(linkset.link_field(verdict, vocabulary.VERDICT, type="application/json"))
        return {**CORS, **headers, **({"Link": linkset.link_header(fields)} if fields else {})}
