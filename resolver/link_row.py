"""One link as a maker writes it, checked and brought into the form that the store takes. Pure.

Written by hand and not as a model: a load has hundreds of thousands of them, and each has to name its fault.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from resolver import target, vocabulary
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

Content = tuple[Any, ...]
"""The columns of :func:`resolver.store.link.put` in order, behind the anchor."""

_KNOWN = frozenset(FIELDS)
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


def link_row(given: Mapping[str, Any], base_url: str) -> tuple[DigitalLink, Content]:
    """What a link is a link of, and the store's columns behind the anchor.

    Targets under ``base_url`` are ours; when it is empty, those in a private network will do as well.

    :raises WrongLink: names the first field that is wrong.
    """
    if not _KNOWN.issuperset(given):
        raise WrongLink(min(given.keys() - _KNOWN)[:64], f"there is no such field; a link has {', '.join(FIELDS)}")
    anchor = _anchor(_text(given, "anchor", 1, 2048))
    try:
        link_type = _registrable(_text(given, "link_type", 1, 256))
    except vocabulary.UnknownLinkType as error:
        raise WrongLink("link_type", str(error)) from None
    href = _href(given, base_url)
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
    content = (link_type, href, title, hreflang, media_type, context, forwards, is_default, roles, since, until)
    # What a link is, apart from what it is called and how long it holds: its slot, when the maker names none.
    same = repr((link_type, href, hreflang, media_type, context, roles))
    slot = (_text(given, "slot", 0, 64) if "slot" in given else "") or _digest(same).hex()[:24]
    if not _SLOT.fullmatch(slot):
        raise WrongLink("slot", "a slot has letters, digits, dots, hyphens and underscores")
    return anchor, (slot, *content, _digest(f"{same}{title!r}{forwards}{is_default}{since}{until}"))


def _digest(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=16).digest()


def _anchor(text: str) -> DigitalLink:
    try:
        return digital_link.parse(text if text.startswith(("/", "http", "HTTP")) else f"/{text}")
    except InvalidIdentifier as error:
        raise WrongLink("anchor", f"({error.part}) {error.detail}") from None


def _href(given: Mapping[str, Any], base_url: str) -> str:
    href = _text(given, "href", 1, target.LONGEST)
    try:
        return target.checked(href, private=not base_url or href.startswith(f"{base_url}/"))
    except target.RefusedTarget as error:
        raise WrongLink("href", str(error)) from None


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
