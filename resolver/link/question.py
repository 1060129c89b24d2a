"""A question to a code's address as a value: the code, the link type, and what the client prefers. Pure."""

from dataclasses import dataclass
from urllib.parse import quote

from resolver.link import vocabulary
from resolver.text.formats import Language
from resolver.web.negotiation import LINKSET_JSON, LINKSET_TEXT, Wishes
from schemas.code import Checked
from schemas.digital_link import DigitalLink

_LINKSETS = (LINKSET_JSON, LINKSET_TEXT)


@dataclass(frozen=True, slots=True)
class LinkQuestion:
    """One question to a code's address.

    ``path`` is as it was sent, without a trailing slash (and unpacked, if it was compressed), ``query`` as it was sent;
    ``canonical`` names the same thing in the one spelling, without a leading slash. ``link_type`` is spelled as in a
    linkset; ``representation`` is the media type that the client names, None for whatever the default link leads to.
    """

    path: str
    query: str
    link: DigitalLink
    checked: Checked
    link_type: str | None
    representation: str | None
    wishes: Wishes
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
        """True for a serial under a product number of an organisation here: such an item has a verdict."""
        return self.link.key == "01" and self.link.serial is not None and self.checked.org_id is not None

    @property
    def linkset_type(self) -> str | None:
        """The media type of the linkset that is asked for, if one is."""
        if self.link_type in vocabulary.LINKSET_WORDS:
            return LINKSET_TEXT if self.representation == LINKSET_TEXT else LINKSET_JSON
        return self.representation if self.link_type is None and self.representation in _LINKSETS else None


def noted_uri(uri: str, link: DigitalLink) -> str:
    """The code as it was read: of the query only what GS1 gave a meaning (AIs), not our own parameters."""
    numbered = (part for part in link.query.split("&") if part.partition("=")[0].isdigit())
    query = quote("&".join(numbered), safe="%&=+-._~")
    return f"{uri}?{query}" if query else uri
