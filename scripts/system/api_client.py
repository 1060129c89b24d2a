"""A client of the resolver's API whose errors say in one line what went wrong."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Self

import httpx

from schemas.errors import SuyuanError


class Refused(SuyuanError):
    """Raised when the resolver answers with a problem document (RFC 9457); the message is that of the document."""


class Client:
    """Calls ``base_url``, with a bearer token where one is given."""

    def __init__(self, base_url: str, token: str | None = None) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._http = httpx.Client(base_url=base_url, headers=headers, timeout=60)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def get(self, path: str, **query: str | int) -> dict[str, Any]:
        """The JSON object at ``path``."""
        return _json(self._http.get(path, params=query, headers={"Accept": "application/json"}))

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The JSON object that answers ``body``."""
        return _json(self._http.post(path, json=body, headers={"Accept": "application/json"}))

    def page(self, path: str, language: str) -> str:
        """The HTML page at ``path`` in ``language``."""
        return _successful(
            self._http.get(
                path, headers={"Accept": "text/html", "Accept-Language": language, "User-Agent": "Mozilla/5.0"}
            )
        ).text

    def send_form(self, path: str, fields: Mapping[str, str]) -> str:
        """The page that answers a form."""
        headers = {"Accept": "text/html", "User-Agent": "Mozilla/5.0"}
        return _successful(self._http.post(path, data=dict(fields), headers=headers)).text

    def download(self, path: str, **query: str | int) -> bytes:
        """The bytes at ``path``."""
        return _successful(self._http.get(path, params=query)).content

    def lines(self, path: str, **query: str | int) -> Iterator[dict[str, Any]]:
        """The objects of an NDJSON stream, as they come."""
        with self._http.stream("GET", path, params=query) as response:
            if response.is_error:
                response.read()
            for line in _successful(response).iter_lines():
                yield json.loads(line)


def _successful(response: httpx.Response) -> httpx.Response:
    if response.is_success:
        return response
    try:
        problem = response.json()
        text = f"{problem.get('title', '')} {problem.get('detail', '')}".strip()
    except ValueError:
        text = response.text[:200]
    raise Refused(f"{response.request.method} {response.request.url.path}: {response.status_code} {text}")


def _json(response: httpx.Response) -> dict[str, Any]:
    document = _successful(response).json()
    if not isinstance(document, dict):
        raise Refused(f"{response.request.url.path}: not a JSON object")
    return document
