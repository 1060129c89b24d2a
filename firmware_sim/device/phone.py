"""A consumer's phone: it posts scans to the resolver (POST /scans) and reads the verdict."""

import json
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, Self
from urllib.parse import urlsplit

from firmware_sim.world.consumer import address_of
from firmware_sim.world.plan import PhoneScan
from schemas.errors import Rejected, Retryable

_TIMEOUT_S = 30.0


class ScanRefused(Rejected):
    """Raised when the resolver answers a scan with a problem instead of a verdict."""


class ResolverUnavailable(Retryable):
    """Raised when the resolver can't be reached or answers no HTTP."""


class Phone:
    """Phones behind one kept-alive connection to ``base`` (scheme and host). For one thread at a time.

    With an operator's ``token`` a scan may say when it happened; without, the resolver takes the time of the request.
    """

    def __init__(self, base: str, token: str | None = None) -> None:
        parts = urlsplit(base)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{base!r} is not an http(s) URL")
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._connection = kind(parts.hostname, parts.port, timeout=_TIMEOUT_S)
        self._path = f"{parts.path.rstrip('/')}/scans"
        self._headers = {"Content-Type": "application/json", "Accept": "application/json"}
        self._dated = token is not None
        if token is not None:
            self._headers["Authorization"] = f"Bearer {token}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def scan(self, scan: PhoneScan) -> dict[str, Any]:
        """Send one scan; gives the verdict's JSON object.

        :raises ScanRefused: the resolver answered with a problem; the detail is its own.
        :raises ResolverUnavailable: there is no answer, or it is no JSON object. The scan may have been counted.
        """
        body = json.dumps(scan_fields(scan, dated=self._dated)).encode()
        try:
            status, answer = self._post(body)
        except (OSError, HTTPException) as error:
            self.close()
            raise ResolverUnavailable(f"the resolver gives no answer: {type(error).__name__}: {error}") from None
        try:
            fields = json.loads(answer)
        except ValueError:
            raise ResolverUnavailable(f"the resolver's answer ({status}) is not JSON") from None
        if not isinstance(fields, dict):
            raise ResolverUnavailable(f"the resolver's answer ({status}) is not a JSON object")
        if status >= 500:
            raise ResolverUnavailable(f"the resolver answers {status}: {fields.get('detail', '')}")
        if status >= 300:
            raise ScanRefused(f"http_{status}", str(fields.get("detail") or fields.get("title") or answer[:200]))
        return fields

    def _post(self, body: bytes) -> tuple[int, bytes]:
        fresh = self._connection.sock is None
        try:
            return self._exchange(body)
        except (ConnectionError, HTTPException):
            # The server may have closed a kept-alive connection just now: retry once on a new one.
            if fresh:
                raise
            self.close()
            return self._exchange(body)

    def _exchange(self, body: bytes) -> tuple[int, bytes]:
        self._connection.request("POST", self._path, body, self._headers)
        response = self._connection.getresponse()
        return response.status, response.read()


def scan_fields(scan: PhoneScan, *, dated: bool) -> dict[str, Any]:
    """The JSON object that a phone posts; the position's four fields stand together or not at all."""
    fields: dict[str, Any] = {"uri": scan.uri, "handset": scan.handset}
    if scan.source is not None:
        fields |= {
            "latitude": scan.latitude,
            "longitude": scan.longitude,
            "accuracy_m": scan.accuracy_m,
            "source": scan.source,
        }
    if dated:
        fields |= {"occurred_at": scan.at, "address": scan.address or address_of(scan.handset)}
    return fields
