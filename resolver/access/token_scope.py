"""What a token may do: its scopes, and which one a request needs. Pure.

The role says whose affairs a token is for, its scopes what of them: a press that prints codes can't revoke a key, and a
page that shows cases can't close one. No scope includes another.
"""

import re
from typing import Literal

TokenScope = Literal["read", "issue", "write", "admin"]
SCOPES: tuple[TokenScope, ...] = ("read", "issue", "write", "admin")
"""``read``: what is there; ``issue``: codes for printing, and tags; ``write``: goods, links and cases; ``admin``: keys,
tokens, readers, and whatever else says who may do what."""
LEAST: tuple[TokenScope, ...] = ("read",)
"""What a token gets for which nothing else is asked."""

_READING = frozenset({"GET", "HEAD"})
_ISSUED = re.compile(r"/api/v1/(batches/[^/]+/(issues|codes|labels)|tags)(/|$)")
_ADMINISTERED = re.compile(
    r"/api/v1/(organisations|tokens|sites|markets|readers|enrolments|delegations|identifier-spaces|calendar|rules"
    r"|mandates|territories|read-point-grants|batches/[^/]+/revocation)(/|$)"
)
_ADMINISTRATORS = re.compile(r"/api/v1/tokens(/|$)")
"""Which may not even be read without ``admin``."""


def scope_of(method: str, path: str) -> str:
    """The scope that a request needs. ``path``: of the request, or its route's template."""
    if _ISSUED.match(path):
        return "issue"
    if _ADMINISTRATORS.match(path):
        return "admin"
    if method in _READING:
        return "read"
    return "admin" if _ADMINISTERED.match(path) else "write"
