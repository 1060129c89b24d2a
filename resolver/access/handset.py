"""Handsets: a random cookie on the phone, signed by us, of which only pseudonyms are ever stored.

A phone without a cookie of ours is a new one each time; a cookie that somebody made up is none. So a sender can't
invent phones: each costs it a request, which its network's limit counts.
"""

import hmac
import re
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

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


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone as rows about one organisation's goods name it: ``current`` from now on, one of ``known`` so far."""

    current: str
    known: frozenset[str]


def phone_of(pepper: bytes, install: str, org_id: str | None, now: datetime) -> Phone:
    """The phone of an install id, to the organisation whose goods it scans at ``now`` (None: nobody's here)."""
    org = org_id or ""
    known = pseudonyms(pepper, install, [org], now - timedelta(days=COOKIE_DAYS), now)
    return Phone(pseudonym(pepper, install, org, now), known)


def pseudonym(pepper: bytes, install: str, org_id: str, at: datetime) -> str:
    """What is stored of an install id with one organisation's goods in one quarter (UTC): 32 hexadecimal characters.

    What two organisations know, or one knows of two quarters, can't be joined without the pepper. ``at``: aware.
    """
    when = at.astimezone(UTC)
    return _keyed(pepper, org_id, when.year, _quarter(when), install)


def pseudonyms(pepper: bytes, install: str, orgs: Iterable[str], since: datetime, until: datetime) -> frozenset[str]:
    """All pseudonyms that an install id has with ``orgs`` in the quarters from ``since`` to ``until`` (aware).

    The one that it had everywhere before there were several is among them.
    """
    quarters = list(_quarters(since.astimezone(UTC), until.astimezone(UTC)))
    found = {_keyed(pepper, org, year, quarter, install) for org in orgs for year, quarter in quarters}
    return frozenset(found | {hmac.digest(pepper, install.encode(), "sha256").hex()[:32]})


def _quarters(since: datetime, until: datetime) -> Iterator[tuple[int, int]]:
    year, quarter = since.year, _quarter(since)
    while (year, quarter) <= (until.year, _quarter(until)):
        yield year, quarter
        year, quarter = (year, quarter + 1) if quarter < 4 else (year + 1, 1)


def _quarter(at: datetime) -> int:
    return (at.month - 1) // 3 + 1


def _keyed(pepper: bytes, org_id: str, year: int, quarter: int, install: str) -> str:
    key = _quarter_key(pepper, org_id, year, quarter)
    return hmac.digest(key, install.encode(), "sha256").hex()[:32]


@lru_cache(maxsize=4096)
def _quarter_key(pepper: bytes, org_id: str, year: int, quarter: int) -> bytes:
    return hmac.digest(pepper, f"suyuan/v1/handset/{org_id}/{year}-{quarter}".encode(), "sha256")


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


def drop(request: Request, response: Response) -> None:
    """Take the install id from the phone."""
    response.delete_cookie(_name(request), httponly=True, samesite="lax", secure=request.url.scheme == "https")


def _name(request: Request) -> str:
    """RFC 6265bis, section 4.1.3: a browser takes a cookie of such a name from this host itself alone, by https."""
    return f"__Host-{COOKIE}" if request.url.scheme == "https" else COOKIE


def _signature(pepper: bytes, handset: str) -> str:
    # Another hash than that of what is stored: neither of the two can be made to give the other.
    return hmac.digest(pepper, f"suyuan/v1/handset-cookie\n{handset}".encode(), "sha512").hex()[:32]
