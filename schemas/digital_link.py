"""GS1 Digital Link URIs (URI Syntax 1.6.0): the identity in a code's URL, read and written.

Understood here are the primary keys that the product follows: GTIN (01) with consumer product variant (22), lot (10)
and serial (21), SSCC (00) and GLN (414) with its extension (254). A signed code carries its signature as one path
segment before the primary key; other Digital Link software takes that for a part of the resolver's root.
"""

import re
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

from schemas.errors import InvalidIdentifier
from schemas.gs1 import CSET_82, check_digit, has_check_digit

MAX_LENGTH = 2048
_QUALIFIERS = {"01": ("22", "10", "21"), "00": (), "414": ("254",)}
_KEY_LENGTHS = {"01": 14, "00": 18, "414": 13}
_SHORT_GTINS = (8, 12, 13)
_ORIGIN = re.compile(r"(?:https?://[^/?#]+)?(?=/)", re.IGNORECASE)
_VALUE_LENGTHS = {"22": 20, "10": 20, "21": 20, "254": 20}


@dataclass(frozen=True, slots=True)
class DigitalLink:
    """One parsed URI. ``key`` is the primary key's AI; values are percent-decoded; the GTIN has 14 digits."""

    key: str
    value: str
    variant: str | None = None
    lot: str | None = None
    serial: str | None = None
    extension: str | None = None
    stem: tuple[str, ...] = ()
    query: str = field(default="", compare=False)

    @property
    def item_id(self) -> str:
        """The canonical name of the thing itself: ``01/{gtin}/21/{serial}`` whatever lot or host stood beside it."""
        if self.serial is not None:
            return f"{self.key}/{self.value}/21/{quote(self.serial, safe='')}"
        if self.lot is not None:
            return f"{self.key}/{self.value}/10/{quote(self.lot, safe='')}"
        if self.extension is not None:
            return f"{self.key}/{self.value}/254/{quote(self.extension, safe='')}"
        return f"{self.key}/{self.value}"

    @property
    def element_string(self) -> str:
        """The GS1 element string with brackets, key and serial only: what a signature covers."""
        return f"({self.key}){self.value}" + (f"(21){self.serial}" if self.serial is not None else "")

    @property
    def path(self) -> str:
        """The canonical path, all qualifiers in the standard's order, without a stem."""
        pairs = [(self.key, self.value)]
        for ai, value in (
            ("22", self.variant),
            ("10", self.lot),
            ("21", self.serial),
            ("254", self.extension),
        ):
            if value is not None:
                pairs.append((ai, value))
        return "".join(f"/{ai}/{quote(value, safe='')}" for ai, value in pairs)


def parse(text: str) -> DigitalLink:
    """The identity in ``text``: a full URI, or its path alone.

    :raises InvalidIdentifier: with the AI (or ``uri``, ``path``) and the span of what is wrong.
    """
    if len(text) > MAX_LENGTH:
        raise InvalidIdentifier(
            "too_long", f"a URI has at most {MAX_LENGTH} characters", part="uri", span=(MAX_LENGTH, len(text))
        )
    origin = _ORIGIN.match(text)
    if origin is None:
        raise InvalidIdentifier(
            "not_a_uri",
            "expected an http(s) URI or a path that begins with /",
            part="uri",
            span=(0, len(text)),
        )
    body, _, _fragment = text.partition("#")
    body, _, query = body.partition("?")
    segments = _segments(body, origin.end())
    start = _find_key(segments)
    if start is None:
        raise InvalidIdentifier(
            "no_primary_key",
            "no GS1 primary key (01, 00 or 414) with a value and complete pairs in the path",
            part="path",
            span=(origin.end(), len(body)),
        )
    key = segments[start][0]
    value = _key_value(key, segments[start + 1])
    found: dict[str, str] = {}
    order = _QUALIFIERS[key]
    for ai_segment, value_segment in zip(segments[start + 2 :: 2], segments[start + 3 :: 2], strict=True):
        ai, span = ai_segment[0], (ai_segment[1], ai_segment[2])
        if ai not in order:
            raise InvalidIdentifier("unexpected_ai", f"({ai}) can't qualify ({key})", part=ai, span=span)
        if ai in found or (found and order.index(ai) < max(order.index(seen) for seen in found)):
            raise InvalidIdentifier("ai_order", f"({ai}) is repeated or out of order", part=ai, span=span)
        found[ai] = _qualifier_value(ai, value_segment)
    return DigitalLink(
        key=key,
        value=value,
        variant=found.get("22"),
        lot=found.get("10"),
        serial=found.get("21"),
        extension=found.get("254"),
        stem=tuple(segment[0] for segment in segments[:start]),
        query=query,
    )


def _segments(body: str, offset: int) -> list[tuple[str, int, int]]:
    """The path's segments with their spans, one trailing slash ignored (resolver standard 1.2.0)."""
    path = body[offset:]
    path = path.removesuffix("/")
    segments, position = [], offset
    for part in path.split("/")[1:]:
        position += 1
        segments.append((part, position, position + len(part)))
        position += len(part)
    return segments


def _find_key(segments: list[tuple[str, int, int]]) -> int | None:
    for index, (text, _, _) in enumerate(segments):
        rest = segments[index:]
        if text in _QUALIFIERS and len(rest) % 2 == 0 and all(ai.isascii() and ai.isdigit() for ai, _, _ in rest[::2]):
            return index
    return None


def _decoded(segment: tuple[str, int, int], ai: str) -> str:
    raw, start, end = segment
    try:
        return unquote(raw, errors="strict")
    except UnicodeDecodeError:
        raise InvalidIdentifier(
            "percent_encoding", "the percent-encoding is not UTF-8", part=ai, span=(start, end)
        ) from None


def _key_value(key: str, segment: tuple[str, int, int]) -> str:
    value, span = _decoded(segment, key), (segment[1], segment[2])
    if not (value.isascii() and value.isdigit()):
        raise InvalidIdentifier("not_digits", f"({key}) has digits only", part=key, span=span)
    if key == "01" and len(value) in _SHORT_GTINS:
        value = value.zfill(14)
    if len(value) != _KEY_LENGTHS[key]:
        raise InvalidIdentifier(
            "length", f"({key}) has {_KEY_LENGTHS[key]} digits, not {len(value)}", part=key, span=span
        )
    if not has_check_digit(value):
        raise InvalidIdentifier(
            "check_digit",
            f"({key}) {value} ends in {value[-1]}, its check digit is {check_digit(value[:-1])}",
            part=key,
            span=(span[1] - 1, span[1]),
        )
    return value


def _qualifier_value(ai: str, segment: tuple[str, int, int]) -> str:
    value, span = _decoded(segment, ai), (segment[1], segment[2])
    if not value or len(value) > _VALUE_LENGTHS[ai]:
        raise InvalidIdentifier(
            "length", f"({ai}) has 1 to {_VALUE_LENGTHS[ai]} characters, not {len(value)}", part=ai, span=span
        )
    if not CSET_82.fullmatch(value):
        raise InvalidIdentifier(
            "character_set", f"({ai}) has a character outside GS1 character set 82", part=ai, span=span
        )
    return value
