"""GS1 application identifiers (AIs): the form of the value behind each (General Specifications, section 3).

The table is that of `biip`, which takes 134 ms and 34 MB to load: it is asked only for AIs that are not among the few
below. What a value means is for :mod:`schemas.ai_content`, which AIs go together for :mod:`schemas.ai_relation`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from schemas.element import Fault

_COMMON = {
    "00": "N18",
    "01": "N14",
    "02": "N14",
    "10": "X..20",
    "11": "N6",
    "15": "N6",
    "17": "N6",
    "21": "X..20",
    "22": "X..20",
    "37": "N..8",
    "254": "X..20",
    "414": "N13",
    "8030": "Z..90",
}
"""Formats that need no table; a test holds them against it."""

_FINER = {"423": "N3[+N3][+N3][+N3][+N3]", "425": "N3[+N3][+N3][+N3][+N3]", "8008": "N8[+N2][+N2]"}
"""Formats whose parts the table runs together: countries of three digits; hour, minute and second."""

_COMPONENT = re.compile(
    r"(?P<optional>\[)?\+?(?:(?P<kind>[NXYZ])(?P<upto>\.\.)?(?P<size>\d+)(?:\.\.N(?P<most>\d+))?|-)\]?"
)
_STRANGERS = {
    "N": re.compile(r"[^0-9]"),
    "X": re.compile(r"[^!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z]"),
    "Y": re.compile(r"[^#\-/0-9A-Z]"),
    "Z": re.compile(r"[^\-0-9A-Z_a-z]"),
}
_SETS = {
    "X": "GS1 character set 82",
    "Y": "GS1 character set 39",
    "Z": "the alphabet of base64url",
}
# The predefined lengths of section 7.8.5: after these no separator follows.
_NO_SEPARATOR = re.compile(r"0[0-4]|1[1-9]|20|3[1-6]..|41.")


@dataclass(frozen=True, slots=True)
class Component:
    """A part of a value: digits (``N``), set 82 (``X``), set 39 (``Y``) or base64url (``Z``), of this many characters.

    An optional one is there as a whole or not at all.
    """

    kind: str
    least: int
    most: int
    optional: bool = False


@dataclass(frozen=True, slots=True)
class ApplicationIdentifier:
    """An AI and its value's components. ``separated``: unless it is the last, a separator (FNC1) ends the value."""

    ai: str
    components: tuple[Component, ...]

    @property
    def separated(self) -> bool:
        """False for the AIs of predefined length."""
        return _NO_SEPARATOR.fullmatch(self.ai) is None

    @property
    def least(self) -> int:
        """The fewest characters of a value."""
        return sum(part.least for part in self.components if not part.optional)

    @property
    def most(self) -> int:
        """The most characters of a value."""
        return sum(part.most for part in self.components)

    def fault(self, value: str) -> Fault | None:
        """The first thing that is wrong with the form of ``value``: length, then characters."""
        parts = self._split(value)
        if parts is None:
            return Fault("length", f"({self.ai}) {_lengths(self)}, not {len(value)}", 0, len(value))
        position = 0
        for part, text in zip(self.components, parts, strict=False):
            stranger = _STRANGERS[part.kind].search(text)
            if stranger is not None:
                at = position + stranger.start()
                if part.kind == "N":
                    return Fault("not_digits", f"({self.ai}) has a character where a digit belongs", at, at + 1)
                return Fault("character_set", f"({self.ai}) has a character outside {_SETS[part.kind]}", at, at + 1)
            position += len(text)
        return None

    def _split(self, value: str) -> Sequence[str] | None:
        """The value's parts by component, or None when no way of parting it fits."""
        parts, position = [], 0
        for part in self.components:
            text = value[position : position + part.most]
            if not text and part.optional:
                break
            if len(text) < part.least:
                return None
            parts.append(text)
            position += len(text)
        return parts if position == len(value) else None


def _lengths(ai: ApplicationIdentifier) -> str:
    what = "digits" if all(part.kind == "N" for part in ai.components) else "characters"
    sizes = {ai.least, ai.most}
    if len(ai.components) > 1 and all(part.least == part.most for part in ai.components):
        sizes |= {ai.least + sum(part.most for part in ai.components[1:end]) for end in range(1, len(ai.components))}
        return f"has {' or '.join(map(str, sorted(sizes)))} {what}"
    return f"has {' to '.join(map(str, sorted(sizes)))} {what}"


def is_ai(text: str) -> bool:
    """True when ``text`` is written like an AI: two to four digits."""
    return 2 <= len(text) <= 4 and text.isascii() and text.isdigit()


@cache
def find(ai: str) -> ApplicationIdentifier | None:
    """The AI that is written so, or None when GS1 has given it no meaning."""
    known = _COMMON.get(ai) or _FINER.get(ai)
    if known is not None:
        return ApplicationIdentifier(ai, _components(known))
    entry = _table_entry(ai) if is_ai(ai) else None
    return None if entry is None else ApplicationIdentifier(ai, _components(entry.format.partition("+")[2]))


def _table_entry(ai: str) -> Any:  # noqa: ANN401 -- a type of biip's, which is not imported before it is needed
    """The row of biip's table for exactly this AI, or None."""
    try:
        entry = import_module("biip.gs1_application_identifiers").GS1ApplicationIdentifier.extract(ai)
    except import_module("biip").ParseError:
        return None
    return entry if entry.ai == ai else None


def leading(text: str) -> ApplicationIdentifier | None:
    """The AI that ``text`` begins with, or None. No AI is the beginning of another."""
    return next(filter(None, (find(text[:length]) for length in (2, 3, 4) if len(text) >= length)), None)


def _components(form: str) -> tuple[Component, ...]:
    """The components of a format such as ``N13[+X..17]``."""
    found = []
    for match in _COMPONENT.finditer(form):
        size = int(match["size"] or 1)
        least = 1 if match["upto"] else size
        found.append(Component(match["kind"] or "X", least, int(match["most"] or size), match["optional"] is not None))
    return tuple(found)
