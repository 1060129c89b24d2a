"""What a request asks of a code's address, read once: the code, the link type, and what the client would like."""

from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote

from starlette.requests import Request

from resolver.link import vocabulary
from resolver.text.formats import Language
from resolver.web.negotiation import (
    JSON,
    LINKSET_JSON,
    LINKSET_TEXT,
    Wishes,
    representation,
    wishes,
)
from resolver.web.request import language_for, raw_query
from schemas.code import Checked
from schemas.digital_link import DigitalLink

_LINKSETS = (LINKSET_JSON, LINKSET_TEXT)


@dataclass(frozen=True, slots=True)
class LinkQuestion:
    """One question to a code's address.

    ``path`` is as it was sent, without a trailing slash (and unpacked, if it was compressed), ``query`` as it was sent;
    ``canonical`` names the same thing in the one spelling, without a leading slash. ``link_type`` is spelled as in a
    linkset; ``wants`` is the representation of the item that the client names (a media type), None for whatever the
    default link leads to.
    """

    path: str
    query: str
    link: DigitalLink
    checked: Checked
    link_type: str | None
    wants: str | None
    wanted: Wishes
    language: Language
    was_compressed: bool = False

    @property
    def canonical(self) -> str:
        """The item's path without a leading slash, qualifiers and all, the serial as it was issued."""
        path = self.link.path.strip("/")
        if self.checked.unit is None:
            return path
        return path.rpartition("/21/")[0] + "/21/" + self.checked.item_id.rpartition("/21/")[2]

    @property
    def is_unit(self) -> bool:
        """True for a serial under a product number of somebody here: then there is a verdict to be told."""
        return self.link.key == "01" and self.link.serial is not None and self.checked.org_id is not None

    @property
    def wants_linkset(self) -> str | None:
        """The media type of the linkset that is asked for, if one is."""
        if self.link_type in vocabulary.LINKSET_WORDS:
            return LINKSET_TEXT if self.wants == LINKSET_TEXT else LINKSET_JSON
        return self.wants if self.link_type is None and self.wants in _LINKSETS else None


def read_question(request: Request, path: str, link: DigitalLink, checked: Checked) -> LinkQuestion:
    """The question in a request for ``path``."""
    query = raw_query(request)
    pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=None)
    link_type = next((value for name, value in pairs if name == "linkType"), None)
    # A link type may have been percent-encoded once more than needed by a client that builds addresses from text.
    spelled = None if link_type is None else vocabulary.spelled(unquote(link_type))
    accept = ",".join(request.headers.getlist("accept"))
    wanted = wishes(
        accept,
        ",".join(request.headers.getlist("accept-language")),
        tuple(value for name, value in pairs if name == "context"),
    )
    plain = 2 * len(link.elements) + len(link.stem) == len(path.strip("/").split("/"))
    return LinkQuestion(
        path=path.removesuffix("/") if plain else "".join(f"/{each}" for each in link.stem) + link.path,
        query=query,
        link=link,
        checked=checked,
        link_type=spelled,
        wants=JSON if ("format", "json") in pairs else representation(wanted.media),
        wanted=wanted,
        language=language_for(dict(pairs).get("lang"), request),
        was_compressed=not plain,
    )


def noted_uri(uri: str, link: DigitalLink) -> str:
    """The code as it was read: of the query only what GS1 gave a meaning (AIs), not our own parameters."""
    kept = quote("&".join(each for each in link.query.split("&") if each.partition("=")[0].isdigit()), safe="%&=+-._~")
    return f"{uri}?{kept}" if kept else uri
