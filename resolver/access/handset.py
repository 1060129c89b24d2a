"""Handsets: a random cookie on the phone, of which only a keyed hash is ever stored."""

import hmac
import re
import secrets

from fastapi import Request
from starlette.responses import Response

COOKIE = "suyuan_handset"
COOKIE_DAYS = 400
_COOKIE_FORM = re.compile(r"[0-9a-f]{32}")


def new_handset() -> str:
    """A random install id."""
    return secrets.token_hex(16)


def handset_of(request: Request) -> str | None:
    """The install id that the phone's cookie carries."""
    value = request.cookies.get(COOKIE, "")
    return value if _COOKIE_FORM.fullmatch(value) else None


def hashed(pepper: bytes, handset: str) -> str:
    """What is stored of an install id: 32 hexadecimal characters."""
    return hmac.digest(pepper, handset.encode(), "sha256").hex()[:32]


def remember(request: Request, response: Response, handset: str) -> None:
    """Give the phone its install id."""
    response.set_cookie(
        COOKIE,
        handset,
        max_age=COOKIE_DAYS * 86_400,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
