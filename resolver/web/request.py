"""What a request says of itself: its raw path and query, the language and kind of answer, whether a person asks."""

from urllib.parse import quote

from starlette.requests import Request

from resolver.text.formats import Language
from resolver.web.negotiation import (
    HTML,
    LANGUAGES,
    is_person,
    negotiate_language,
    representation,
    wishes,
)

_URI_CHARACTERS = "%!$&'()*+,-./:;=@_~"


def raw_path(request: Request) -> str:
    """The path as it was sent: a serial may hold an encoded slash. Bytes that no URI has are percent-encoded.

    It begins with one slash: two would be another host's address wherever it is shown as a link (RFC 3986, 4.2).
    """
    raw: bytes = request.scope.get("raw_path") or request.url.path.encode()
    return "/" + quote(raw.partition(b"?")[0].lstrip(b"/"), safe=_URI_CHARACTERS)


def raw_query(request: Request) -> str:
    """The query as it was sent."""
    query: bytes = request.scope["query_string"]
    return query.decode("latin-1")


def language_of(request: Request) -> Language:
    """The page's language: asked for by ``lang``, or else the one that the client prefers."""
    return language_for(request.query_params.get("lang"), request)


def language_for(wanted: str | None, request: Request) -> Language:
    """As :func:`language_of`, with the ``lang`` parameter already read: ``wanted``."""
    for language in LANGUAGES:
        if wanted == language:
            return language
    return negotiate_language(",".join(request.headers.getlist("accept-language")))


def wants_page(request: Request) -> bool:
    """True for a client that shows pages."""
    accept = ",".join(request.headers.getlist("accept"))
    return request.query_params.get("format") != "json" and representation(wishes(accept, "", ()).media) == HTML


def is_by_person(request: Request) -> bool:
    """True when a person looks: not for HEAD, link previews, crawlers, prefetches, and parts of other sites' pages."""
    if request.headers.get("sec-fetch-dest", "document") != "document":
        return False  # Fetch Metadata: an image, a frame or a script's request, whoever's visitor sends it
    purpose = request.headers.get("sec-purpose", "") + request.headers.get("purpose", "")
    return request.method == "GET" and is_person(request.headers.get("user-agent", ""), purpose)


def bearer_token(request: Request) -> str | None:
    """The token in the request, None when there is none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None
