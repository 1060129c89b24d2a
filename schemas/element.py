"""Elements: pairs of a GS1 application identifier (AI) and its value, and where in a text they stood."""

import re
from dataclasses import dataclass
from typing import NamedTuple

from schemas.errors import InvalidIdentifier

Span = tuple[int, int]
"""A half-open range of characters."""

_ENCODED = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
# What surrogateescape makes of an octet that is not UTF-8.
_NOT_UTF_8 = re.compile("[\udc80-\udcff]")


class Fault(NamedTuple):
    """What is wrong with a value. ``start`` and ``end`` are places in the value, without percent-encoding."""

    reason: str
    detail: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Element:
    """One AI with its value, as it stood in a text.

    ``at`` and ``value_at`` are the spans of both in that text. ``raw`` is the value as it was written there, with its
    percent-encoding (RFC 3986); None when ``value_at`` is the value itself, or something that looks nothing like it.
    """

    ai: str
    value: str
    at: Span
    value_at: Span
    raw: str | None = None

    def refused(self, fault: Fault) -> InvalidIdentifier:
        """The exception for a fault in the value."""
        return InvalidIdentifier(fault.reason, fault.detail, part=self.ai, span=self._span(fault.start, fault.end))

    def _span(self, start: int, end: int) -> Span:
        first, last = self.value_at
        if self.raw is None:
            # A value that is not spelled out there, such as one in a compressed URI, is pointed at as a whole.
            return (first + start, first + end) if last - first == len(self.value) else (first, last)
        places = _places(self.raw)
        # A short GTIN was filled up with zeros on the left, which are in the value and not in the text.
        filled = max(len(self.value) - len(places) + 1, 0)
        return first + places[max(start - filled, 0)], first + places[max(end - filled, 0)]


def decoded(raw: str, ai: str, start: int) -> str:
    """``raw`` without its percent-encoding; ``start`` is its place in the text. A stray % stands for itself.

    :raises InvalidIdentifier: the percent-encoding is not that of UTF-8.
    """
    if "%" not in raw:
        return raw
    for run in _ENCODED.finditer(raw):
        wrong = _NOT_UTF_8.search(text := _text(run[0]))
        if wrong is not None:
            at = start + run.start() + 3 * len(text[: wrong.start()].encode("utf-8", "surrogateescape"))
            raise InvalidIdentifier("percent_encoding", "the percent-encoding is not UTF-8", part=ai, span=(at, at + 3))
    return _ENCODED.sub(lambda run: _text(run[0]), raw)


def _text(run: str) -> str:
    return bytes.fromhex(run.replace("%", "")).decode("utf-8", "surrogateescape")


def _places(raw: str) -> list[int]:
    """Where in ``raw`` each character of the decoded value begins, and where the last one ends."""
    places: list[int] = []
    position = 0
    for run in _ENCODED.finditer(raw):
        places += range(position, run.start())
        position = run.start()
        for character in _text(run[0]):
            places.append(position)
            position += 3 * len(character.encode("utf-8", "surrogateescape"))
    return [*places, *range(position, len(raw) + 1)]
