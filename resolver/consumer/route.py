"""What a request to a code's address gets: one decision, from the question alone. Pure.

The representations are those of GS1-Conformant resolver standard 1.2.0 (a linkset, a link of a type, the default link)
and three of our own (a verdict, a provenance chain, a page). :mod:`resolver.consumer.responder` carries the decision
out; a new representation is a record here and one case there.
"""

from dataclasses import dataclass

from resolver.link import vocabulary
from resolver.link.question import LinkQuestion
from resolver.web import negotiation


@dataclass(frozen=True, slots=True)
class VerdictAnswer:
    """The signed verdict: ``linkType=suyuan:verdict``, or JSON without a link type."""


@dataclass(frozen=True, slots=True)
class ProvenanceAnswer:
    """The signed provenance chain of a unit: ``linkType=suyuan:provenance``."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page for a browser: that of the default link when a maker registered one, otherwise the resolver's own."""


@dataclass(frozen=True, slots=True)
class Linkset:
    """The linkset (RFC 9264) as ``media_type``."""

    media_type: str


@dataclass(frozen=True, slots=True)
class TypedLink:
    """A redirection to the link of one type, spelled as in a linkset."""

    link_type: str


@dataclass(frozen=True, slots=True)
class DefaultLink:
    """A redirection to the default link, for a client that names neither a link type nor a representation."""


Route = VerdictAnswer | ProvenanceAnswer | Page | Linkset | TypedLink | DefaultLink


def route(question: LinkQuestion) -> Route:
    """What the request gets, at whichever resolver the code belongs to."""
    if question.linkset_type is not None:
        return Linkset(question.linkset_type)
    if question.link_type is None:
        return _by_representation(question.representation)
    if question.link_type == vocabulary.VERDICT:
        return VerdictAnswer()
    if question.link_type == vocabulary.PROVENANCE and question.is_unit:
        return ProvenanceAnswer()
    return TypedLink(question.link_type)


def _by_representation(media_type: str | None) -> Route:
    match media_type:
        case negotiation.JSON:
            return VerdictAnswer()
        case negotiation.HTML:
            return Page()
        case _:
            return DefaultLink()
