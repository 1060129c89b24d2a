"""Signed JSON: the body, status, method and target URI are bound by an HTTP message signature (RFC 9421)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from resolver.web.request import raw_path, raw_query
from resolver.web.responses import CORS, to_json
from resolver.web.signatures import AnswerKey, Exchange

UNSHARED = "no-store"
"""Verdicts are of this moment, and a redirection that counts as a scan must be requested each time."""


@dataclass(frozen=True, slots=True)
class AnswerSigner:
    """Signs answers. ``base_url`` is the resolver's origin as clients see it; ``clock`` dates the signatures."""

    key: AnswerKey
    base_url: str
    clock: Callable[[], datetime]

    def json_response(self, request: Request, content: object, headers: Mapping[str, str] | None = None) -> Response:
        """200 with ``content`` as signed JSON. ``headers`` take precedence over the usual ones."""
        body, query = to_json(content), raw_query(request)
        uri = self.base_url + raw_path(request) + (f"?{query}" if query else "")
        exchange = Exchange(request.method, uri, 200, "application/json", body)
        signature = self.key.headers(exchange, self.clock())
        fields = {"Cache-Control": UNSHARED, **CORS, **(headers or {}), **signature}
        return Response(body, 200, fields, "application/json")
