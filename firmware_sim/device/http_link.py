"""A link over HTTP, for readers behind a firewall: batches are posted one at a time; the answer is the receipt."""

import json
import queue
import ssl
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from threading import Event, Thread
from urllib.parse import urlsplit

from firmware_sim.device.link import Listener
from schemas.topics import Address

_TIMEOUT_S = 40.0
_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 60.0
_LONGEST_ANSWER = 1 << 20


@dataclass(frozen=True, slots=True)
class Capture:
    """Where the gateway takes batches by HTTP: scheme, host and port; ``tls`` to trust a private CA.

    :raises ValueError: the URL is none of HTTP.
    """

    url: str
    tls: ssl.SSLContext | None = None

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{self.url!r} is not an http(s) URL")

    def link(self, address: Address, listener: Listener) -> "HttpLink":
        """A link to this gateway for one reader."""
        return HttpLink(self, address, listener)


class HttpLink:
    """One thread posts messages. After a failure it pauses, drops those in its queue, which are resent, and goes on."""

    def __init__(self, capture: Capture, address: Address, listener: Listener) -> None:
        self._listener = listener
        self._path = f"{urlsplit(capture.url).path.rstrip('/')}/capture/{address.org_id}/{address.reader_id}"
        self._connection = _connection(capture)
        self._messages: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._stopping = Event()
        self._pause = _FIRST_PAUSE_S
        self._thread = Thread(target=self._run, name="http", daemon=True)

    def start(self) -> None:
        """Start the thread; the first message will show whether the gateway answers."""
        self._thread.start()

    def stop(self) -> None:
        """End after the current request."""
        self._stopping.set()
        self._messages.put(None)
        if self._thread.is_alive():
            self._thread.join(_TIMEOUT_S)
        self._connection.close()

    def send(self, message: bytes) -> None:
        """Queue a message to be posted once."""
        self._messages.put(message)

    def keep_alive(self) -> None:
        """Do nothing: the thread catches whatever a request can raise."""

    def _run(self) -> None:
        self._listener.on_ready()
        while not self._stopping.is_set():
            message = self._messages.get()
            if message is None:
                continue
            error, wait = self._post(message)
            if error is None:
                self._pause = _FIRST_PAUSE_S
                continue
            self._connection.close()
            self._listener.on_lost(error)
            self._stopping.wait(max(wait, self._pause))
            self._pause = min(2 * self._pause, _LONGEST_PAUSE_S)
            while not self._messages.empty():
                self._messages.get()
            if not self._stopping.is_set():
                self._listener.on_ready()

    def _post(self, message: bytes) -> tuple[str | None, float]:
        """What went wrong, None if the receipt came; and the seconds that the gateway asks to wait (Retry-After)."""
        try:
            self._connection.request("POST", self._path, message, {"Content-Type": "application/cose"})
            response = self._connection.getresponse()
            body = response.read(_LONGEST_ANSWER)
        except (OSError, HTTPException) as error:
            return f"no answer to a batch: {type(error).__name__}: {error}", 0.0
        if response.status == 200:
            self._listener.on_receipt(body)
            return None, 0.0
        return f"the gateway answers {response.status}: {_detail(body)}", _retry_after(response)


def _connection(capture: Capture) -> HTTPConnection:
    parts = urlsplit(capture.url)
    if parts.scheme == "https":
        return HTTPSConnection(str(parts.hostname), parts.port, timeout=_TIMEOUT_S, context=capture.tls)
    return HTTPConnection(str(parts.hostname), parts.port, timeout=_TIMEOUT_S)


def _retry_after(response: HTTPResponse) -> float:
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isdecimal() else 0.0


def _detail(body: bytes) -> str:
    try:
        problem = json.loads(body)
        return f"{problem['reason']}: {problem['detail']}"[:200]
    except (ValueError, TypeError, KeyError):
        return "no problem document"
