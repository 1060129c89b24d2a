"""Where a redirection may lead: targets that makers may register, and the query that travels along. Pure.

A target's host and path are the maker's alone. A request adds parameters that the target does not set itself, nothing
else: no request can choose where it is sent.
"""

import ipaddress
import re
from functools import lru_cache
from urllib.parse import parse_qsl, quote, urlsplit

from schemas.internet import is_public

LONGEST = 2048
OWN_PARAMETERS = frozenset({"linkType", "context"})
"""Parameters of the resolver itself (standard 1.2.0): they never travel on."""

DELEGATED = "suyuanHop"
"""Marks a request that another resolver passed on: it is passed on no further."""

_URL = re.compile(r"[!#$&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~%]+")
_PLAIN = re.compile(r"https?://([A-Za-z0-9][A-Za-z0-9.\-]{0,252})(?:/[!$&'()*+,\-./0-9:;=@A-Z_a-z~%]*)?")
"""The common shape: no port, query, fragment or user; the host is looked at apart."""
_HOST = re.compile(
    r"(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.IGNORECASE
)
_QUERY_CHARACTERS = "!$'()*,-./:;=?@_~%"
_PRIVATE_SUFFIXES = (".localhost", ".local", ".internal", ".home.arpa", ".onion")


class RefusedTarget(ValueError):
    """Raised for an address that nobody is sent to; the message says why."""


def checked(href: str, *, private: bool = False) -> str:
    """``href`` when a person may be sent there.

    ``private`` also lets addresses inside one's own network pass, as in a laboratory.

    :raises RefusedTarget: it is no plain http(s) address of a public host.
    """
    plain = _PLAIN.fullmatch(href) if len(href) <= LONGEST else None
    if plain is not None and (private or _is_public_name(plain[1].lower())):
        return href
    if len(href) > LONGEST or not _URL.fullmatch(href):
        raise RefusedTarget(f"an address has at most {LONGEST} characters, printable ASCII, no spaces or quotes")
    try:
        parts = urlsplit(href)
        port = parts.port
    except ValueError as error:
        raise RefusedTarget(f"not an address: {error}") from None
    if parts.scheme not in ("http", "https"):
        raise RefusedTarget("an address begins with https:// or http://")
    if parts.username is not None or parts.password is not None:
        raise RefusedTarget("an address carries no user name")
    if parts.fragment and parts.fragment.startswith("!"):
        raise RefusedTarget("a fragment does not begin with !")
    if port == 0 or not parts.hostname:
        raise RefusedTarget("an address names a host")
    if not private:
        _require_public(parts.hostname)
    return href


@lru_cache(maxsize=4096)
def _is_public_name(host: str) -> bool:
    try:
        _require_public(host)
    except RefusedTarget:
        return False
    return True


def _require_public(host: str) -> None:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        name = host.rstrip(".").lower()
        # A last label of digits is an address in disguise to most browsers (127.1, 0x7f.1).
        last = name.rpartition(".")[2]
        if not _HOST.fullmatch(name) or "." not in name or last[:1].isdigit() or name.endswith(_PRIVATE_SUFFIXES):
            raise RefusedTarget(f"{host!r} is no public host name") from None
        return
    if not is_public(str(address)):
        raise RefusedTarget(f"{host} is not a public address")


def merged(href: str, query: str, *, keep_own: bool = False) -> str:
    """``href`` with the request's ``query`` (raw), less our own parameters and those that the target sets itself.

    ``keep_own`` keeps the resolver's parameters: they are meant for a resolver that is asked in our place.
    """
    base, mark, fragment = href.partition("#")
    address, _, own = base.partition("?")
    set_by_target = {name for name, _ in parse_qsl(own, keep_blank_values=True)}
    dropped = set_by_target | {DELEGATED} | (set() if keep_own else OWN_PARAMETERS)
    forwarded = [part for part in query.split("&") if part and _name(part) not in dropped]
    added = "&".join(quote(part, safe=_QUERY_CHARACTERS) for part in forwarded)
    whole = "&".join(filter(None, (own, added)))
    return address + (f"?{whole}" if whole else "") + mark + fragment


def _name(part: str) -> str:
    pairs = parse_qsl(part, keep_blank_values=True)
    return pairs[0][0] if pairs else part


def added(href: str, name: str, value: str) -> str:
    """``href`` with one parameter more."""
    base, mark, fragment = href.partition("#")
    return f"{base}{'&' if '?' in base else '?'}{quote(name)}={quote(value, safe='')}{mark}{fragment}"
