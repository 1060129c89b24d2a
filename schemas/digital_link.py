"""GS1 Digital Link URIs (URI Syntax 1.6.0), read: the identity in a code's URL.

Two readers give the same answers, which a test holds them to. One regular expression takes the common shapes of good
codes; everything else, and everything that is wrong, goes the long way by the tables of application identifiers.

A signed code carries its signature as one path segment before the primary key; other Digital Link software takes that
for a part of the resolver's root.
"""

import re

from schemas import compression
from schemas.ai_relation import QUALIFIERS
from schemas.application_identifier import is_ai
from schemas.element import Element, decoded
from schemas.errors import InvalidIdentifier
from schemas.identity import DigitalLink, arrange, assemble

__all__ = ["MAX_LENGTH", "DigitalLink", "parse"]

MAX_LENGTH = 2048

_SERIAL = r"([!&'()*+,\-.0-9:;=A-Z_a-z]{1,20})"  # set 82 (General Specifications) as far as a path has it unencoded
_COMMON = re.compile(
    r"(?:https?://[A-Za-z0-9.\-:\[\]]+)?((?:/[A-Za-z0-9\-._~:\[\]@!$&'()*+,;=%]*)*?)"
    rf"/(?:01/(\d{{14}})(?:/10/{_SERIAL})?(?:/21/{_SERIAL})?|00/(\d{{18}}))/?",
    re.IGNORECASE | re.ASCII,
).fullmatch

_SCHEME = re.compile(r"https?://([^/?#]*)", re.IGNORECASE | re.ASCII)
_NOT_IN_HOST = re.compile(r"[^A-Za-z0-9.\-:\[\]]")
_NOT_IN_URI = re.compile(r"[^A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]")
_PARAMETER = re.compile(r"[^&]+")

_OLD_NAMES = {
    "cpid": "8010",
    "cpsn": "8011",
    "cpv": "22",
    "gcn": "255",
    "gdti": "253",
    "giai": "8004",
    "ginc": "401",
    "gln": "414",
    "glnx": "254",
    "gmn": "8013",
    "grai": "8003",
    "gsin": "402",
    "gsrn": "8018",
    "gsrnp": "8017",
    "gtin": "01",
    "itip": "8006",
    "lot": "10",
    "party": "417",
    "payto": "415",
    "refno": "8020",
    "ser": "21",
    "srin": "8019",
    "sscc": "00",
}
"""Names that early editions allowed instead of AIs (withdrawn with 1.2)."""

Segment = tuple[str, int, int]


def parse(text: str) -> DigitalLink:
    """The identity in ``text``: a full URI, or its path alone.

    :raises InvalidIdentifier: with the AI (or ``uri``, ``path``) and the span of what is wrong.
    """
    match = _COMMON(text) if len(text) <= MAX_LENGTH else None
    if match is not None:
        stem, gtin, lot, serial, sscc = match.groups()
        digits = (gtin or sscc).encode()
        # Section 7.9: weights 3 and 1 in turn. The character of each of n digits is 48 above it: 96 n in all.
        if (3 * sum(digits[::2]) + sum(digits[1::2]) - 96 * len(digits)) % 10 == 0:
            segments = tuple(stem.split("/")[1:]) if stem else ()
            if gtin is None:
                return DigitalLink("00", sscc, None, None, None, None, segments)
            return DigitalLink("01", gtin, None, lot, serial, None, segments)
    return parse_by_table(text)


def parse_by_table(text: str) -> DigitalLink:
    """As :func:`parse`, always the long way.

    :raises InvalidIdentifier: as :func:`parse`.
    """
    if len(text) > MAX_LENGTH:
        raise InvalidIdentifier(
            "too_long", f"a URI has at most {MAX_LENGTH} characters", part="uri", span=(MAX_LENGTH, len(text))
        )
    begin = _path_begin(text)
    before_fragment, _, _fragment = text.partition("#")
    body, mark, query = before_fragment.partition("?")
    segments = _segments(body, begin)
    start = _find_key(segments)
    attributes = _attributes(query, len(body) + len(mark))
    if start is None:
        return _unpacked(segments, attributes, query, (begin, len(body)))
    link = assemble(
        _elements(segments[start:]),
        attributes,
        stem=tuple(segment for segment, _, _ in segments[:start]),
        query=query,
    )
    # The values are good by now: what is left are characters that belong in a value, and not so into a URI.
    places = [(begin, len(body)), *(element.value_at for element in attributes if element.ai != "8030")]
    stranger = next(filter(None, (_NOT_IN_URI.search(before_fragment, *place) for place in places)), None)
    if stranger is not None:
        raise InvalidIdentifier(
            "uri_character", "a character that a URI has to percent-encode", part="uri", span=stranger.span()
        )
    return link


def _path_begin(text: str) -> int:
    if text.startswith("/"):
        return 0
    scheme = _SCHEME.match(text)
    stranger = _NOT_IN_HOST.search(scheme[1]) if scheme is not None else None
    if scheme is not None and stranger is not None:
        at = scheme.start(1) + stranger.start()
        raise InvalidIdentifier("host", "a character that no host name has", part="uri", span=(at, at + 1))
    if scheme is None or not scheme[1] or text[scheme.end() : scheme.end() + 1] != "/":
        raise InvalidIdentifier(
            "not_a_uri", "expected an http(s) URI or a path that begins with /", part="uri", span=(0, len(text))
        )
    return scheme.end()


def _segments(body: str, begin: int) -> list[Segment]:
    """The path's segments with their spans, one trailing slash ignored (resolver standard 1.2.0)."""
    segments, position = [], begin
    for part in body[begin:].removesuffix("/").split("/")[1:]:
        position += 1
        segments.append((part, position, position + len(part)))
        position += len(part)
    return segments


def _find_key(segments: list[Segment]) -> int | None:
    """Where the primary key is: the last one that only pairs of AI and value follow."""
    for index in range(len(segments) - 2, -1, -2):
        if segments[index][0] in QUALIFIERS:
            return index
        if not is_ai(segments[index][0]):
            return None
    return None


def _elements(segments: list[Segment]) -> list[Element]:
    return [
        Element(ai, decoded(raw, ai, start), (ai_start, ai_end), (start, end), raw)
        for (ai, ai_start, ai_end), (raw, start, end) in zip(segments[::2], segments[1::2], strict=True)
    ]


def _attributes(query: str, offset: int) -> list[Element]:
    """The parameters whose name is a number. Others belong to whoever put them there."""
    found = []
    for match in _PARAMETER.finditer(query):
        name, equals, raw = match[0].partition("=")
        if equals and name.isascii() and name.isdigit():
            start = offset + match.start()
            value_at = start + len(name) + 1
            value = decoded(raw.replace("+", " "), name, value_at)
            found.append(Element(name, value, (start, start + len(name)), (value_at, value_at + len(raw)), raw))
    return found


def _unpacked(segments: list[Segment], attributes: list[Element], query: str, span: tuple[int, int]) -> DigitalLink:
    """The link of a path without a plain primary key: it may be a compressed one.

    :raises InvalidIdentifier: it is none.
    """
    old = next((segment for segment in segments if segment[0] in _OLD_NAMES), None)
    if old is not None:
        name, start, end = old
        raise InvalidIdentifier(
            "old_name", f"/{name}/ is no longer read: write /{_OLD_NAMES[name]}/", part="path", span=(start, end)
        )
    partly = len(segments) >= 3 and segments[-3][0] in QUALIFIERS
    known = _elements(segments[-3:-1]) if partly else []
    try:
        packed, others = compression.unpack(*segments[-1][:2]) if segments else ([], [])
    except InvalidIdentifier:
        packed, others = [], []
    if not packed:
        raise InvalidIdentifier(
            "no_primary_key",
            "no GS1 primary key (such as 01 or 00) with a value and complete pairs in the path",
            part="path",
            span=span,
        )
    stem = tuple(segment for segment, _, _ in segments[: -3 if partly else -1])
    query = "&".join(filter(None, [query, compression.parameters(others)]))
    return arrange([*known, *packed, *attributes], stem=stem, query=query)
