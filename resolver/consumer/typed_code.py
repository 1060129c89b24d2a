"""What a person typed or pasted as a code, as the path of its page. Pure."""

import re
from urllib.parse import quote, urlsplit

from schemas.errors import InvalidIdentifier
from schemas.reading import read

_ELEMENT = re.compile(r"\((\d{2,4})\)([^(]*)")
_NO_ADDRESS = re.compile(r"[(（\]]|urn:|[^/:.]+$", re.IGNORECASE)
"""What a scanner in keyboard mode or a person gives that is no address: an element string, an EPC URN, a number."""


def typed_path(text: str) -> str:
    """The path (and query) to ask for: of a pasted address, an element string, an EPC URN, a GTIN, or a bare path.

    It always begins with exactly one slash, so that a redirection to it stays on this host; whether it is a code is
    for :func:`schemas.digital_link.parse` to say.
    """
    if _NO_ADDRESS.match(text.strip()):
        try:
            return read(text.strip()).canonical
        except InvalidIdentifier:
            pass  # the page for the path below says what is wrong
    text = "".join(text.split())
    elements = _ELEMENT.findall(text)
    if text.startswith("(") and elements:
        return "".join(f"/{ai}/{quote(value, safe='')}" for ai, value in elements)
    try:
        parts = urlsplit(text)
    except ValueError:
        return "/" + quote(text.lstrip("/\\"), safe="/%")
    path = parts.path if parts.scheme.lower() in ("http", "https") else text.partition("?")[0].partition("#")[0]
    path = quote(path.lstrip("/\\"), safe="/%!'()*+,-.:;=@_~&$")
    return f"/{path}?{quote(parts.query, safe='/%=&+-._~')}" if parts.query else f"/{path}"
