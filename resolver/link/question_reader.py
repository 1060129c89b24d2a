"""Reading the question in a request to a code's address."""

from urllib.parse import parse_qsl, unquote

from starlette.requests import Request

from resolver.link import vocabulary
from resolver.link.question import LinkQuestion
from resolver.web.negotiation import JSON, representation, wishes
from resolver.web.request import language_for, raw_query
from schemas.code import Checked
from schemas.digital_link import DigitalLink


def read_question(request: Request, path: str, link: DigitalLink, checked: Checked) -> LinkQuestion:
    """The question in a request for ``path``."""
    query = raw_query(request)
    pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=None)
    link_type = next((value for name, value in pairs if name == "linkType"), None)
    # A link type may have been percent-encoded once more than needed by a client that builds addresses from text.
    spelled = None if link_type is None else vocabulary.spelled(unquote(link_type))
    accept = ",".join(request.headers.getlist("accept"))
    preferences = wishes(
        accept,
        ",".join(request.headers.getlist("accept-language")),
        tuple(value for name, value in pairs if name == "context"),
    )
    plain = 2 * len(link.elements) + len(link.stem) == len(path.strip("/").split("/"))
    return LinkQuestion(
        path=path.removesuffix("/") if plain else "".join(f"/{segment}" for segment in link.stem) + link.path,
        query=query,
        link=link,
        checked=checked,
        link_type=spelled,
        representation=JSON if ("format", "json") in pairs else representation(preferences.media),
        wishes=preferences,
        language=language_for(dict(pairs).get("lang"), request),
        was_compressed=not plain,
    )
