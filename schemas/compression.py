"""Compressed Digital Links (GS1 Digital Link URI: Compression 1.0.0), unpacked.

One path segment in base64url holds a string of bits: an AI in steps of four bits, its value, the next AI, and so on,
with fewer than six zero bits behind the last. Some groups of AIs that often go together have a code of one letter and
one digit instead. What is not GS1's may be packed as well, as pairs of name and value.
"""

from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from math import ceil, log2
from urllib.parse import quote

from schemas.application_identifier import ApplicationIdentifier, Component, find
from schemas.element import Element, Span
from schemas.errors import InvalidIdentifier

_BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_SIXES = {character: value for value, character in enumerate(_BASE64URL)}
_GROUPS: dict[int, tuple[str, ...]] = {
    0x0A: ("01", "22"),
    0x0B: ("01", "10"),
    0x0C: ("01", "21"),
    0x0D: ("01", "17"),
    0x0E: ("01", "7003"),
    0x0F: ("01", "30"),
    0x1A: ("01", "10", "21", "17"),
    0x1B: ("01", "15"),
    0x1C: ("01", "11"),
    0x1D: ("01", "16"),
    0x1E: ("01", "91"),
    0x1F: ("01", "10", "15"),
    **{0x2A + places: ("01", f"310{places}") for places in range(6)},
    **{0x3A + places: ("01", f"320{places}") for places in range(6)},
    0x9A: ("8010", "8011"),
    0x9B: ("8017", "8019"),
    0x9C: ("8018", "8019"),
    0x9D: ("414", "254"),
    **{0xA0 + places: ("01", f"392{places}") for places in range(10)},
    **{0xC0 + places: ("255", f"390{places}") for places in range(10)},
    **{0xCA + places: ("255", f"394{places}") for places in range(4)},
}
_FOREIGN = 0xF
"""The four bits that begin a pair that is not GS1's."""

# The encodings of text: bits a character, and the characters.
_HEX = "0123456789abcdef"
_ALPHABETS = {
    1: (4, _HEX),
    2: (4, _HEX.upper()),
    3: (6, _BASE64URL),
    4: (7, "".join(map(chr, range(128)))),
}


class _Broken(Exception):
    """Raised inside of this module only: the bits do not say anything."""


class _Bits:
    """A string of bits that is read from the front."""

    def __init__(self, text: str) -> None:
        self._value = 0
        for character in text:
            if character not in _SIXES:
                raise _Broken("a character is outside base64url")
            self._value = self._value << 6 | _SIXES[character]
        self.left = 6 * len(text)

    def take(self, count: int) -> int:
        """The next ``count`` bits as a number."""
        if count > self.left:
            raise _Broken("it ends in the middle of a value")
        self.left -= count
        return self._value >> self.left & (1 << count) - 1

    def put_back(self, count: int) -> None:
        """Read the last ``count`` bits again."""
        self.left += count

    @property
    def is_at_end(self) -> bool:
        """True when only the zeros that fill up the last character are left."""
        return self.left < 6 and self._value & (1 << self.left) - 1 == 0


def unpack(segment: str, start: int = 0) -> tuple[list[Element], list[tuple[str, str]]]:
    """The elements in ``segment``, and the pairs that are not GS1's, as they come. Values are not checked here.

    ``start`` is the segment's place in the text; each element points at the whole of it.

    :raises InvalidIdentifier: it is not a compressed Digital Link.
    """
    span = (start, start + len(segment))
    elements: list[Element] = []
    pairs: list[tuple[str, str]] = []
    try:
        bits = _Bits(segment)
        while not bits.is_at_end:
            _read_next(bits, span, elements, pairs)
    except _Broken as error:
        raise InvalidIdentifier(
            "compression", f"not a compressed Digital Link: {error}", part="path", span=span
        ) from None
    return elements, pairs


def parameters(pairs: list[tuple[str, str]]) -> str:
    """Pairs as a query."""
    return "&".join([f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs])


def _read_next(bits: _Bits, span: Span, elements: list[Element], pairs: list[tuple[str, str]]) -> None:
    code = bits.take(8)
    if code >> 4 == _FOREIGN:
        bits.put_back(4)
        name = _text(bits, 3, bits.take(7))
        encoding = bits.take(3)
        pairs.append((name, _text(bits, encoding, bits.take(7))))
        return
    for ai in _GROUPS.get(code) or (_ai(bits, code),):
        known = find(ai)
        if known is None:
            raise _Broken(f"({ai}) is no application identifier")
        elements.append(Element(ai, "".join(_values(bits, known)), span, span))


def _ai(bits: _Bits, code: int) -> str:
    """The AI that begins with the two digits in ``code``; it may take further ones."""
    digits = f"{code:02X}"
    while digits.isdigit():
        if find(digits) is not None:
            return digits
        if len(digits) == 4:
            break
        digits += f"{bits.take(4):X}"
    raise _Broken(f"{digits} is no application identifier")


def _values(bits: _Bits, ai: ApplicationIdentifier) -> Iterator[str]:
    for part in packed_components(ai):
        fixed = part.least == part.most
        if part.kind == "N":
            yield _digits(bits, part.most if fixed else _length(bits, part.most))
        else:
            encoding = bits.take(3)
            yield _text(bits, encoding, part.most if fixed else _length(bits, part.most))


@cache
def packed_components(ai: ApplicationIdentifier) -> tuple[Component, ...]:
    """The components as compression sees them: ``N`` or ``X``, neighbours of one kind made one; exact, or from 0 on."""
    parts = [Component("N" if p.kind == "N" else "X", p.least, p.most, p.optional) for p in ai.components]
    if any(first.kind == "X" and second.kind == "N" for first, second in pairwise(parts)):
        return (Component("X", ai.least, ai.most),)
    found: list[Component] = []
    for part in parts:
        fixed = part.least == part.most and not part.optional
        piece = Component(part.kind, part.most if fixed else 0, part.most)
        last = found[-1] if found else None
        if last is not None and last.kind == piece.kind and (piece.kind == "X" or _alike(last, piece)):
            both_fixed = fixed and last.least == last.most
            most = last.most + piece.most
            found[-1] = Component(piece.kind, most if both_fixed else 0, most)
        else:
            found.append(piece)
    return tuple(found)


def _alike(first: Component, second: Component) -> bool:
    return (first.least == first.most) == (second.least == second.most)


def _length(bits: _Bits, most: int) -> int:
    length = bits.take(most.bit_length())
    if length > most:
        raise _Broken(f"a value of {length} characters where {most} are the most")
    return length


def _digits(bits: _Bits, count: int) -> str:
    value = bits.take(ceil(count * log2(10) + 0.01))
    if count == 0:
        return ""
    if value >= 10**count:
        raise _Broken(f"a number of more than {count} digits")
    return f"{value:0{count}d}"


def _text(bits: _Bits, encoding: int, count: int) -> str:
    if encoding == 0:
        return _digits(bits, count)
    if encoding not in _ALPHABETS:
        raise _Broken(f"there is no encoding {encoding}")
    width, alphabet = _ALPHABETS[encoding]
    return "".join([alphabet[bits.take(width)] for _ in range(count)])
