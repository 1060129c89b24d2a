"""What a client would like to read: media types (RFC 9110, section 12.5), languages (RFC 4647), markets. Pure.

A header that can't be parsed counts as absent: a client that writes nonsense is served as one that wrote nothing.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from resolver.text.formats import Language

HTML = "text/html"
JSON = "application/json"
LINKSET_JSON = "application/linkset+json"
LINKSET_TEXT = "application/linkset"

LANGUAGES: tuple[Language, Language] = ("zh", "en")
"""The languages of the pages; the first is the default."""

MAX_HEADER_CHARACTERS = 4096
"""Characters of a header that are read; no honest client comes near."""

MAX_RANGES = 32
"""Ranges of a header, or contexts, that count: each is weighed against each link."""

CACHED_CHARACTERS = 300
"""Longer header values are read anew each time: a cache keeps what strangers send for as long as they like."""

_CACHED_VALUES = 512

_MACHINES = re.compile(
    r"bot\b|bot/|crawler|spider|slurp|preview|facebookexternalhit|whatsapp/|embedly|pinterest|vkshare|"
    r"skypeuripreview|qqurlsafe|linkexpander|unfurl|scanner-check|uptime|monitoring",
    re.IGNORECASE,
)
_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_RANGE = re.compile(rf"({_WORD})/({_WORD})$")
_LANGUAGE_RANGE = re.compile(r"(?:[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*|\*)$")
_WEIGHT = re.compile(r"(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)$")
_MARKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$")


@dataclass(frozen=True, slots=True)
class MediaRange:
    """One range of an Accept header: ``kind/subkind`` in lower case, ``*`` as written, weight from 0 to 1."""

    kind: str
    subkind: str
    weight: float

    def specificity(self, media_type: str) -> int:
        """0 when the range does not hold ``media_type``, else 1 (``*/*``) to 3 (named)."""
        kind, _, subkind = media_type.partition("/")
        if self.kind == "*":
            return 1
        if self.kind != kind:
            return 0
        return 3 if self.subkind == subkind else 2 if self.subkind == "*" else 0


@dataclass(frozen=True, slots=True)
class LanguageRange:
    """One range of an Accept-Language header, in lower case."""

    tag: str
    weight: float


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a request prefers. ``media`` and ``languages`` are empty when their header is absent or unusable."""

    media: tuple[MediaRange, ...] = ()
    languages: tuple[LanguageRange, ...] = ()
    contexts: tuple[str, ...] = ()


def wishes(accept: str, accept_language: str, contexts: tuple[str, ...]) -> Wishes:
    """The wishes in header values (empty when absent) and ``context`` parameters (ISO 3166 codes, market ids)."""
    length = len(accept) + len(accept_language) + sum(map(len, contexts))
    read = _cached_wishes if length <= CACHED_CHARACTERS else _wishes
    return read(accept, accept_language, contexts)


def _wishes(accept: str, accept_language: str, contexts: tuple[str, ...]) -> Wishes:
    markets = tuple(context.upper() for context in contexts[:MAX_RANGES] if _MARKET.match(context))
    return Wishes(media_ranges(accept), language_ranges(accept_language), markets)


_cached_wishes = lru_cache(maxsize=_CACHED_VALUES)(_wishes)


def media_ranges(accept: str) -> tuple[MediaRange, ...]:
    """The ranges of an Accept header (RFC 9110, section 12.5.1); empty when there is none that can be used."""
    ranges = []
    for part in accept[:MAX_HEADER_CHARACTERS].split(",", MAX_RANGES)[:MAX_RANGES]:
        name, *parameters = (text.strip() for text in part.split(";"))
        match = _RANGE.match(name.lower())
        weight = _weight(parameters)
        if match is None or weight is None or (match[1] == "*" and match[2] != "*"):
            continue
        ranges.append(MediaRange(match[1], match[2], weight))
    return tuple(ranges)


def language_ranges(accept_language: str) -> tuple[LanguageRange, ...]:
    """The ranges of an Accept-Language header (RFC 9110, section 12.5.4)."""
    ranges = []
    for part in accept_language[:MAX_HEADER_CHARACTERS].split(",", MAX_RANGES)[:MAX_RANGES]:
        tag, *parameters = (text.strip() for text in part.split(";"))
        weight = _weight(parameters)
        if weight is not None and _LANGUAGE_RANGE.match(tag):
            ranges.append(LanguageRange(tag.lower(), weight))
    return tuple(ranges)


def _weight(parameters: Sequence[str]) -> float | None:
    """The q-value among parameters, 1 without one, None when it is malformed."""
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            value = value.strip()
            return float(value) if _WEIGHT.match(value) else None
    return 1.0


def media_weight(ranges: Sequence[MediaRange], media_type: str) -> float:
    """How much ``media_type`` is wanted: the weight of the most specific range that holds it, 0 when none does."""
    best = max(ranges, key=lambda media: (media.specificity(media_type), media.weight), default=None)
    return best.weight if best is not None and best.specificity(media_type) else 0.0


def language_weight(ranges: Sequence[LanguageRange], tag: str) -> tuple[float, int]:
    """How much a language is wanted, and how exactly it was named (0 not at all, 5 to the letter).

    Lookup (RFC 4647, section 3.4) shortens a range from the right until it names the tag; a shortened range that only
    begins the tag (``zh-HK`` for ``zh-CN``) fits least. ``*`` stands for whatever was not named.
    """
    best, star = (-1.0, 0), 0.0
    tag = tag.lower()
    for wanted in ranges:
        if wanted.tag == "*":
            star = wanted.weight
            continue
        exactness = _exactness(wanted.tag, tag)
        if exactness and (exactness, wanted.weight) > (best[1], best[0]):
            best = wanted.weight, exactness
    if best[1]:
        return best
    return (star, 1) if star else (0.0, 0)


def negotiate_language(accept_language: str) -> Language:
    """The language of a page for an Accept-Language header: lookup by primary subtag (RFC 4647, section 3.4).

    Among languages of one weight the one that is named first; Chinese when the header is absent or names neither.
    """
    read = _cached_language if len(accept_language) <= CACHED_CHARACTERS else _language
    return read(accept_language)


def _language(accept_language: str) -> Language:
    best: dict[str, tuple[float, int]] = {}
    ranges = language_ranges(accept_language)
    for position, wanted in enumerate(ranges):
        primary = wanted.tag.partition("-")[0]
        best[primary] = max(best.get(primary, (-1.0, 0)), (wanted.weight, -position))
    unnamed = best.get("*", (0.0, -len(ranges)))
    language = max(LANGUAGES, key=lambda language: best.get(language, unnamed))
    return language if best.get(language, unnamed)[0] > 0 else LANGUAGES[0]


_cached_language = lru_cache(maxsize=_CACHED_VALUES)(_language)


def _exactness(wanted: str, tag: str) -> int:
    if wanted == tag:
        return 5
    if tag.startswith(wanted + "-"):
        return 4
    while "-" in wanted:
        wanted = wanted.rpartition("-")[0]
        if wanted[-2:-1] == "-":  # a single letter introduces what was cut off (RFC 4647, section 3.4)
            wanted = wanted[:-2]
        if wanted == tag:
            return 3
        if tag.startswith(wanted + "-"):
            return 2
    return 0


@lru_cache(maxsize=_CACHED_VALUES)
def representation(ranges: tuple[MediaRange, ...]) -> str | None:
    """Which representation of the item itself a client names, or None when it would follow the default link.

    Only what is named counts: ``*/*`` is every browser's last resort. Among equals the linkset comes first, since
    nobody asks for it by accident; a page comes before JSON, since browsers never mean the latter.
    """
    offers = (LINKSET_JSON, LINKSET_TEXT, HTML, "application/xhtml+xml", JSON)
    named = {
        offer: max((media.weight for media in ranges if media.specificity(offer) == 3), default=0.0) for offer in offers
    }
    best = max(offers, key=lambda offer: named[offer])
    if not named[best]:
        return None
    return HTML if best == "application/xhtml+xml" else best


def is_person(user_agent: str, purpose: str) -> bool:
    """False for link previews, crawlers and prefetches, by what they say of themselves (header values)."""
    return not _MACHINES.search(user_agent) and "prefetch" not in purpose and "preview" not in purpose
