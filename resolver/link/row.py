"""One link as a maker writes it, checked and brought into the form that the store takes. Pure.

Written by hand and not as a model: a load has hundreds of thousands of them, and each has to name its fault.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple

import orjson

from resolver.link import target, vocabulary
from schemas import digital_link
from schemas.digital_link import DigitalLink
from schemas.errors import InvalidIdentifier

FIELDS = (
    "anchor",
    "slot",
    "link_type",
    "href",
    "title",
    "hreflang",
    "type",
    "context",
    "fwqs",
    "default",
    "roles",
    "valid_from",
    "valid_until",
)
"""The fields of a link; CSV has them as columns, lists separated by spaces."""

ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)
"""From when a link holds that does not say so: the same at every repetition."""

ROLES = ("maker", "dealer", "regulator", "operator")

_KNOWN = frozenset(FIELDS)
_OF_ONE = frozenset(("anchor", "href", "slot"))
_MAX_CACHED_TERMS = 4096
_registrable = lru_cache(maxsize=1024)(vocabulary.registrable)
_SLOT = re.compile(r"[A-Za-z0-9._-]{1,64}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,64}/[A-Za-z0-9!#$&^_.+-]{1,64}")
_MARKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


class WrongLink(ValueError):
    """Raised for a link that can't be registered; ``field`` names what is wrong."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(detail)
        self.field = field


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """All of a link but where it stands and where it leads: many links of a load have the same.

    ``same`` and ``rest`` are texts of what makes a link another one, and of what makes it another version.
    """

    link_type: str
    title: str
    hreflang: list[str]
    media_type: str | None
    context: list[str]
    forwards_query: bool
    is_default: bool
    roles: list[str]
    valid_from: datetime
    valid_until: datetime | None
    same: str
    rest: str


class LinkRow(NamedTuple):
    """A link as the store takes it, but for its anchor."""

    slot: str
    href: str
    digest: bytes
    terms: Terms


class LinkReader:
    """Reads links. Terms that were checked once are not checked again.

    Targets under ``base_url`` are ours; when it is empty, those in a private network will do as well.
    """

    def __init__(self, base_url: str) -> None:
        self._ours = f"{base_url}/"
        self._anywhere = not base_url
        self._known: dict[bytes, Terms] = {}

    def read(self, given: Mapping[str, Any]) -> tuple[DigitalLink, LinkRow]:
        """What a link is a link of, and the link.

        :raises WrongLink: names the first field that is wrong.
        """
        if not _KNOWN.issuperset(given):
            raise WrongLink(min(given.keys() - _KNOWN)[:64], f"there is no such field; a link has {', '.join(FIELDS)}")
        anchor = _anchor(_text(given, "anchor", 1, 2048))
        href = self._href(_text(given, "href", 1, target.LONGEST))
        slot = _text(given, "slot", 0, 64) if "slot" in given else ""
        terms = self._terms({name: value for name, value in given.items() if name not in _OF_ONE})
        # What a link is, apart from what it is called and how long it holds: its slot, when the maker names none.
        same = f"({terms.link_type!r}, {href!r}, {terms.same})"
        slot = slot or _digest(same).hex()[:24]
        if not _SLOT.fullmatch(slot):
            raise WrongLink("slot", "a slot has letters, digits, dots, hyphens and underscores")
        return anchor, LinkRow(slot, href, _digest(same + terms.rest), terms)

    def _terms(self, given: Mapping[str, Any]) -> Terms:
        key = orjson.dumps(given)
        terms = self._known.get(key)
        if terms is None:
            if len(self._known) >= _MAX_CACHED_TERMS:
                self._known.clear()
            terms = self._known[key] = terms_of(given)
        return terms

    def _href(self, href: str) -> str:
        try:
            return target.checked(href, private=self._anywhere or href.startswith(self._ours))
        except target.RefusedTarget as error:
            raise WrongLink("href", str(error)) from None


def terms_of(given: Mapping[str, Any]) -> Terms:
    """The terms among a link's fields.

    :raises WrongLink: names the first field that is wrong.
    """
    try:
        link_type = _registrable(_text(given, "link_type", 1, 256))
    except vocabulary.UnknownLinkType as error:
        raise WrongLink("link_type", str(error)) from None
    title = _text(given, "title", 1, 200)
    if not title.isprintable():
        raise WrongLink("title", "a title is one line of printable characters")
    hreflang = _words(given, "hreflang", _LANGUAGE, "a language tag such as zh or zh-CN")
    media_type = (_text(given, "type", 0, 129) or None) if "type" in given else None
    if media_type is not None and not _MEDIA_TYPE.fullmatch(media_type):
        raise WrongLink("type", "type is a media type such as text/html")
    context = _words(given, "context", _MARKET, "an ISO 3166 code or a market's id")
    roles = _words(given, "roles", _MARKET, "a role")
    if roles and set(roles) - set(ROLES):
        raise WrongLink("roles", f"roles are of {', '.join(ROLES)}")
    since, until = _time(given, "valid_from") or ALWAYS, _time(given, "valid_until")
    if until is not None and until <= since:
        raise WrongLink("valid_until", "valid_until comes after valid_from")
    forwards, is_default = _flag(given, "fwqs", default=True), _flag(given, "default", default=False)
    is_default = is_default or link_type == vocabulary.DEFAULT
    same = f"{hreflang!r}, {media_type!r}, {context!r}, {roles!r}"
    rest = f"{title!r}{forwards}{is_default}{since}{until}"
    return Terms(link_type, title, hreflang, media_type, context, forwards, is_default, roles, since, until, same, rest)


def _digest(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=16).digest()


def _anchor(text: str) -> DigitalLink:
    try:
        return digital_link.parse(text if text.startswith(("/", "http", "HTTP")) else f"/{text}")
    except InvalidIdentifier as error:
        raise WrongLink("anchor", f"({error.part}) {error.detail}") from None


def _text(given: Mapping[str, Any], field: str, least: int, most: int) -> str:
    value = given.get(field)
    if value is None:
        value = ""
    if not isinstance(value, str):
        raise WrongLink(field, f"{field} is text")
    if value[:1].isspace() or value[-1:].isspace():
        value = value.strip()
    if not least <= len(value) <= most:
        raise WrongLink(field, f"{field} has {least} to {most} characters")
    return value


def _words(given: Mapping[str, Any], field: str, form: re.Pattern[str], what: str) -> list[str]:
    value = given.get(field)
    if not value:
        return []
    words = value.split() if isinstance(value, str) else value
    if not isinstance(words, list) or len(words) > 64:
        raise WrongLink(field, f"{field} is a list of at most 64")
    for word in words:
        if not isinstance(word, str) or not form.fullmatch(word):
            raise WrongLink(field, f"{str(word)[:40]!r} is not {what}")
    return words


def _flag(given: Mapping[str, Any], field: str, *, default: bool) -> bool:
    value = given.get(field)
    if value is None or value == "":
        return default
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return bool(value == "true")
    raise WrongLink(field, f"{field} is true or false")


def _time(given: Mapping[str, Any], field: str) -> datetime | None:
    value = given.get(field)
    if value is None or value == "":
        return None
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise WrongLink(field, f"{field} is a time such as 2026-01-01T00:00:00Z") from None
    if moment.tzinfo is None:
        raise WrongLink(field, f"{field} names its offset from UTC")
    return moment
