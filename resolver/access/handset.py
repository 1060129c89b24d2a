"""Handsets: a random cookie on the phone, signed by us, of which only a keyed hash is ever stored.

A phone without a cookie of ours is a new one each time; a cookie that somebody made up is none. So a sender can't
invent phones: each costs it a request, which its network's limit counts.
"""

import hmac
import re
import secrets

from fastapi import Request
from starlette.responses import Response

COOKIE = "suyuan_handset"
COOKIE_DAYS = 400
_COOKIE_FORM = re.compile(r"([0-9a-f]{32})\.([0-9a-f]{32})")


def new_handset() -> str:
    """A random install id."""
    return secrets.token_hex(16)


def handset_of(request: Request, pepper: bytes) -> str | None:
    """The install id that the phone's cookie carries; None without a cookie that we signed."""
    form = _COOKIE_FORM.fullmatch(request.cookies.get(_name(request), ""))
    if form is None or not hmac.compare_digest(form[2], _signature(pepper, form[1])):
        return None
    return form[1]


def install_of(cookie_or_install: str) -> str:
    """The install id in what a person reads out: the value of the phone's cookie, or the id itself."""
    form = _COOKIE_FORM.fullmatch(cookie_or_install)
    return cookie_or_install if form is None else form[1]


def hashed(pepper: bytes, handset: str) -> str:
    """What is stored of an install id: 32 hexadecimal characters."""
    return hmac.digest(pepper, handset.encode(), "sha256").hex()[:32]


def cookie_of(pepper: bytes, handset: str) -> str:
    """The cookie's value: the install id and its signature."""
    return f"{handset}.{_signature(pepper, handset)}"


def remember(request: Request, response: Response, handset: str, pepper: bytes) -> None:
    """Give the phone its install id."""
    response.set_cookie(
        _name(request),
        cookie_of(pepper, handset),
        max_age=COOKIE_DAYS * 86_400,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )


def _name(request: Request) -> str:
    """RFC 6265bis, section 4.1.3: a browser takes a cookie of such a name from this host itself alone, by https."""
    return f"__Host-{COOKIE}" if request.url.scheme == "https" else COOKIE


def _signature(pepper: bytes, handset: str) -> str:
    # Another hash than that of what is stored: neither of the two can be made to give the other.
    return hmac.digest(pepper, f"suyuan/v1/handset-cookie\n{handset}".encode(), "sha512").hex()[:32]
