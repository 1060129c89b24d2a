"""What phones, forms and people do to a code on its way, undone: full width, look-alikes, case, spaces, hyphens.

A code that is valid as it stands is never changed, so no two valid codes are ever made one.
"""

import re
import unicodedata
from urllib.parse import unquote

from schemas import base32

LENGTH = 20
"""Characters of a sealed serial."""

_ALPHABET = frozenset(base32.ALPHABET)
_CONFUSABLES = str.maketrans(
    # Cyrillic and Greek letters that are drawn like Latin ones (Unicode TR 39), and what a Chinese keyboard types.
    "АВЕЅЗКМНОРСТУХІЈҮԚԜаеѕорсухіјүԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧινοκρυχ。〇",
    "ABES3KMHOPCTYXIJYQWaesopcyxijyqwABEZHIKMNOPTYXivokpux.0",
)
_SEPARATOR = "\x1d"
_SERIAL = re.compile(r"(?P<before>/21/|\(21\))(?P<value>[^/?#(]+)")
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212-"
_NUMBER = re.compile(rf"(?:(?<=/0[01]/)|(?<=\(0[01]\))|^)\d[\d{_DASHES}]+(?=[/?#(]|$)", re.ASCII)
_NO_DASHES = str.maketrans(dict.fromkeys(_DASHES))


def serial(text: str) -> str:
    """The sealed serial that ``text`` was meant to be, or ``text`` itself when it can't be one."""
    if len(text) == LENGTH and text.isascii():
        plain = base32.normalise(text)
    else:
        plain = base32.normalise(_plain(text).translate(_NO_DASHES))
    return plain if len(plain) == LENGTH and _ALPHABET.issuperset(plain) else text


def typed(text: str) -> str:
    """A whole code as it should have been typed.

    The structure in ASCII, no dashes in GTIN and SSCC, and the serial (AI 21) as :func:`serial` has it.
    """

    def mended(match: re.Match[str]) -> str:
        value = match["value"]
        plain = serial(unquote(value))
        return match["before"] + (plain if len(plain) == LENGTH else value)

    numbers = _NUMBER.sub(lambda match: match[0].translate(_NO_DASHES), _plain(text))
    return _SERIAL.sub(mended, numbers)


def _plain(text: str) -> str:
    """Without full width, look-alikes, white space and what can't be seen; the GS1 separator stays."""
    folded = unicodedata.normalize("NFKC", text).translate(_CONFUSABLES)
    return "".join(
        [c for c in folded if c == _SEPARATOR or not (c.isspace() or unicodedata.category(c) in ("Cc", "Cf"))]
    )
