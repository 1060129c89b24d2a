"""What a request is counted as: the template of its route, never its path. Pure."""

import re
from typing import Any

CODE = "/{code}"
NONE = "none"
"""No route: a file, an address that nobody answers, or a request that was refused before one was looked for."""
_CODE = re.compile(r"/(?:[0-9A-Za-z]{64,}/)?(?:01/[0-9]{13,14}|00/[0-9]{18})(?:/|$)")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})
_REPORTS = frozenset({"/reports", "/reports/{report_id}/photos"})


def route_of(path: str, route: Any) -> str:  # noqa: ANN401 -- whatever the router found, which has a path or has none
    """The template of the route that was found for ``path``; None: none was."""
    template = getattr(route, "path", None)
    if template is None:
        return CODE if _CODE.match(path) else NONE
    return CODE if ":path}" in template else str(template)


def method_of(method: str) -> str:
    """The method, of those that there are: anybody can make up others."""
    return method if method in _METHODS else "OTHER"


def limit_of(route: str, status: int) -> str | None:
    """Which limit answered 429: that of codes, of reports, of one organisation's requests, or of a network's."""
    if status != 429:
        return None
    if route == CODE:
        return "code"
    if route in _REPORTS:
        return "report"
    return "network" if route == NONE else "route"
