"""HTTP requests exactly as they are given: no header is added but Host, no redirection is followed."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, Self
from urllib.parse import urlsplit

import orjson

from schemas.errors import Retryable

TIMEOUT_S = 10.0


class NoResponse(Retryable):
    """Raised when a request gets no HTTP response."""


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP response. ``version`` is 10 or 11, as in :mod:`http.client`."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    version: int

    def header(self, name: str) -> str:
        """A header's value, all of its lines joined; empty when it is absent."""
        return self.headers.get(name.lower(), "")

    @property
    def location(self) -> str:
        """Where a redirection leads."""
        return self.header("location")

    @property
    def content_type(self) -> str:
        """The media type without parameters."""
        return self.header("content-type").partition(";")[0].strip().lower()

    def json(self) -> Any:  # noqa: ANN401 -- JSON is whatever was sent
        """The body as JSON; None when it is none."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return None


class RawClient:
    """One persistent connection to ``base``; counts its requests. ``trust``: a file of CA certificates to trust."""

    def __init__(self, base: str, *, trust: str | None = None) -> None:
        parts = urlsplit(base)
        self.base = base.rstrip("/")
        self.requests = 0
        if parts.scheme == "https":
            context = ssl.create_default_context(cafile=trust)
            self._connection: HTTPConnection = HTTPSConnection(
                parts.hostname or "", parts.port, timeout=TIMEOUT_S, context=context
            )
        else:
            self._connection = HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def request(self, address: str, method: str = "GET", **headers: str) -> Response:
        """The response to a request for ``address``, a URL or a path; underscores in header names become hyphens.

        :raises NoResponse: there was none, on two connections.
        """
        self.requests += 1
        path = address.removeprefix(self.base)
        try:
            return self._request(path, method, headers)
        except (HTTPException, OSError):
            self._connection.close()  # the server may have closed the idle connection: retry once on a new one
        try:
            return self._request(path, method, headers)
        except (HTTPException, OSError) as error:
            self._connection.close()
            raise NoResponse(f"{method} {path[:120]}: {type(error).__name__}: {error}") from None

    def _request(self, path: str, method: str, headers: Mapping[str, str]) -> Response:
        self._connection.putrequest(method, path or "/", skip_accept_encoding=True)
        for name, value in headers.items():
            self._connection.putheader(name.replace("_", "-"), value)
        self._connection.endheaders()
        response = self._connection.getresponse()
        body = response.read()
        joined: dict[str, str] = {}
        for name, value in response.getheaders():
            key = name.lower()
            joined[key] = f"{joined[key]}, {value}" if key in joined else value
        return Response(response.status, joined, body, response.version)
