"""Reading codes as they come: Digital Link, element string or EPC URN, scanned or typed, to one canonical form."""

import re

from schemas import digital_link, element_string, epc_urn, normal
from schemas.errors import InvalidIdentifier
from schemas.identity import DigitalLink

_SYMBOLOGY = re.compile(r"\][A-Za-z][0-9A-Za-z]", re.ASCII)
_BARE_PATH = re.compile(r"\d{2,4}/", re.ASCII)


def read(text: str) -> DigitalLink:
    """The code in ``text``, in whichever form it is written.

    Text that can't be read as it stands is read once more as :func:`schemas.normal.typed` mends it.

    :raises InvalidIdentifier: neither can be read; the spans are those in ``text``.
    """
    try:
        return _read(text)
    except InvalidIdentifier as error:
        mended = normal.typed(text) if len(text) <= digital_link.MAX_LENGTH else text
        if mended == text:
            raise
        try:
            return _read(mended)
        except InvalidIdentifier:
            raise error from None


def _read(text: str) -> DigitalLink:
    if text[:1] in ("/", "h", "H") or len(text) > digital_link.MAX_LENGTH:
        return digital_link.parse(text)
    if text[:4].lower() == "urn:":
        return epc_urn.read(text)
    before = _missing(text)
    if before is not None:
        return _shifted(text, *before)
    if text[:1] in ("(", "]") or text[:1].isdigit():
        return element_string.read(text)
    return digital_link.parse(text)


def _missing(text: str) -> tuple[int, str] | None:
    """What makes a URI or a path of ``text``: how many characters to leave out, and what to write before the rest."""
    if _SYMBOLOGY.match(text) and text[3:7].lower() == "http":
        return 3, ""
    if _BARE_PATH.match(text):
        return 0, "/"
    if text[:1].isalpha() and "/" in text and "://" not in text:
        return 0, "https://"
    return None


def _shifted(text: str, skipped: int, before: str) -> DigitalLink:
    """The link in ``text`` without its first characters and with others before it; spans as they are in ``text``."""
    try:
        return digital_link.parse(before + text[skipped:])
    except InvalidIdentifier as error:
        move = skipped - len(before)
        start, end = (min(max(place + move, 0), len(text)) for place in error.span)
        raise InvalidIdentifier(error.reason, error.detail, part=error.part, span=(start, end)) from None
