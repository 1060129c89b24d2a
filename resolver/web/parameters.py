"""Query parameters that an address does not have are refused: a filter that is ignored answers another question."""

from collections.abc import Iterator

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from resolver.web.problems import refused


def require_known(request: Request) -> None:
    """A dependency of routes: their query has no parameter but their own.

    :raises Refused: 400 when it has.
    """
    route = request.scope.get("route")
    if not isinstance(route, APIRoute):
        return
    known = set(_names(route.dependant))
    for name in request.query_params:
        if name not in known:
            raise refused(
                400,
                "unknown_parameter",
                f"{name[:100]!r} is no parameter of this address.",
                f"It has: {', '.join(sorted(known)) or 'none'}.",
                field=name[:100],
            )


def _names(dependant: Dependant) -> Iterator[str]:
    for parameter in dependant.query_params:
        yield parameter.alias
    for further in dependant.dependencies:
        yield from _names(further)
