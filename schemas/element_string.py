"""GS1 element strings (General Specifications, section 7.8): AIs and values in a row.

People write brackets, ``(01)09521234000013(21)A1``; a ``(`` in a value has a backslash before it. Scanners send the
data of a GS1 symbol: AIs without brackets, a separator (FNC1, sent as the character GS) behind values of no fixed
length, and mostly a symbology identifier (ISO/IEC 15424) in front.
"""

import re

from schemas.application_identifier import ApplicationIdentifier, find, leading
from schemas.element import Element
from schemas.errors import InvalidIdentifier
from schemas.gs1 import has_check_digit
from schemas.identity import DigitalLink, arrange

SEPARATOR = "\x1d"

GS1_SYMBOLOGIES = frozenset({"]C1", "]e0", "]d2", "]Q3", "]J1"})
"""GS1-128, DataBar and composites, DataMatrix, QR Code, DotCode."""
_NUMBER_SYMBOLOGIES = {"]E0": (12, 13), "]E4": (8,), "]I1": (14,)}
"""EAN/UPC, EAN-8 and ITF-14: a GTIN alone, by the digits that are sent."""

_BRACKETED = re.compile(r"\((\d{2,4})\)((?:[^(\\]|\\.|\\$|\((?!\d{2,4}\)))*)", re.ASCII | re.DOTALL)
_ESCAPED = re.compile(r"\\([()\\])")
_PICTURE_OF_SEPARATOR = "\u241d"
_GTIN_DIGITS = (8, 12, 13, 14)


def read(text: str) -> DigitalLink:
    """The code in an element string of either form.

    :raises InvalidIdentifier: it is none, or an element is not what its AI says, with the span of what is wrong.
    """
    if text.startswith("("):
        return arrange(_bracketed(text))
    start = 0
    if text.startswith("]"):
        start = 3
        if text[:3] in _NUMBER_SYMBOLOGIES:
            return _number(text, start)
        if text[:3] not in GS1_SYMBOLOGIES:
            raise InvalidIdentifier(
                "symbology", f"{text[:3]} does not carry GS1 data", part="symbol", span=(0, len(text[:3]))
            )
    digits = text[start:]
    try:
        return arrange(_plain(text, start))
    except InvalidIdentifier:
        # A bare number in a shop or on a form is a GTIN.
        if start == 0 and len(digits) in _GTIN_DIGITS and has_check_digit(digits):
            return _number(text, start)
        raise


def bracketed(link: DigitalLink) -> str:
    """The element string with brackets: key, qualifiers, then data attributes in the order of their AIs."""
    return "".join(["({}){}".format(ai, value.replace("\\", "\\\\").replace("(", "\\(")) for ai, value in _all(link)])


def plain(link: DigitalLink) -> str:
    """The data of a GS1 symbol: no brackets, the character GS where a separator is due, no symbology identifier."""
    pairs = _all(link)
    parts = []
    for place, (ai, value) in enumerate(pairs, 1):
        known = find(ai)
        ends = place == len(pairs) or (known is not None and not known.separated)
        parts.append(f"{ai}{value}" if ends else f"{ai}{value}{SEPARATOR}")
    return "".join(parts)


def _all(link: DigitalLink) -> list[tuple[str, str]]:
    return [*link.elements, *sorted(link.attributes.items())]


def _number(text: str, start: int) -> DigitalLink:
    digits, span = text[start:], (start, len(text))
    allowed = _NUMBER_SYMBOLOGIES.get(text[:3], _GTIN_DIGITS)
    if len(digits) not in allowed:
        lengths = " or ".join(map(str, allowed))
        raise InvalidIdentifier("length", f"expected {lengths} digits, not {len(digits)}", part="01", span=span)
    return arrange([Element("01", digits, span, span, digits)])


def _bracketed(text: str) -> list[Element]:
    found, position = [], 0
    while position < len(text):
        match = _BRACKETED.match(text, position)
        if match is None:
            raise InvalidIdentifier(
                "brackets", "expected an application identifier in brackets", part="path", span=(position, len(text))
            )
        ai, raw = match.groups()
        if find(ai) is None:
            raise _unknown(ai, match.start(1), match.end(1))
        found.append(Element(ai, _ESCAPED.sub(r"\1", raw), match.span(1), match.span(2)))
        position = match.end()
    return found


def _plain(text: str, start: int) -> list[Element]:
    found, position = [], start
    while position < len(text):
        if text[position] in (SEPARATOR, _PICTURE_OF_SEPARATOR):
            # Some encoders begin with one, and some end a value of fixed length with one; neither changes anything.
            position += 1
            continue
        known = leading(text[position : position + 4])
        if known is None:
            raise _unknown(text[position : position + 4], position, min(position + 4, len(text)))
        after = position + len(known.ai)
        end = _value_end(text, after, known)
        element = Element(known.ai, text[after:end], (position, after), (after, end))
        fault = known.fault(element.value)
        # Here no digits may be missing: a short GTIN would run into what follows.
        if fault is not None and fault.reason == "length":
            raise element.refused(fault)
        found.append(element)
        position = end
    if not found:
        raise InvalidIdentifier("empty", "there is no element", part="path", span=(0, len(text)))
    return found


def _value_end(text: str, start: int, known: ApplicationIdentifier) -> int:
    ends = [place for mark in (SEPARATOR, _PICTURE_OF_SEPARATOR) if (place := text.find(mark, start)) >= 0]
    end = min(ends, default=len(text))
    return end if known.separated else min(end, start + known.most)


def _unknown(ai: str, start: int, end: int) -> InvalidIdentifier:
    return InvalidIdentifier("unknown_ai", f"({ai}) is no GS1 application identifier", part="path", span=(start, end))
