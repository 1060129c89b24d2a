"""Another platform's linkset: fetched, checked, cached for a while, and passed on as theirs.

What an operator delegated to is still not trusted with our network: only public addresses are asked (looked up once,
and that very address is connected to), no redirection is followed, and what comes back is small, quick and in shape.
"""

import socket
import ssl
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import Event, Timer
from typing import Any
from urllib.parse import urlsplit

import orjson

from resolver.access.concurrency import Concurrency
from resolver.federation.delegation import Delegation
from resolver.link import target, vocabulary
from resolver.link.linkset import short_tag
from resolver.store.ttl_cache import TtlCache
from resolver.web.negotiation import LINKSET_JSON
from resolver.web.problems import Refused
from schemas.internet import is_public

TIMEOUT_S = 3.0
"""For a whole answer, however slowly it comes."""
MAX_BYTES = 256 * 1024
CACHED_BYTES = 32 << 20
"""Answers that are cached, as JSON; what another platform answers with is its own choice."""
CACHED_FAILURES = 4 << 20
"""Failures that are cached, in characters of their addresses and reasons."""
AT_A_TIME, AT_A_TIME_IN_ALL = 4, 8
"""Requests to one other platform, and to all, that are under way: each has a thread that others need."""
ANSWER_TTL_S = 300.0
FAILURE_TTL_S = 15.0

_LINK_MEMBERS = {"href", "title", "hreflang", "type", "context", "fwqs", "public"}


class Unanswered(Exception):
    """Raised when the other platform gave nothing that can be passed on; the message says what it did."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, a content type and a body."""

    status: int
    content_type: str
    body: bytes


Fetch = Callable[[str, bool], Answer]


class ForeignLinksets:
    """The other platforms' answers, by address. ``private`` also lets platforms in one's own network be asked."""

    def __init__(
        self, *, private: bool, fetch: Fetch | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._private = private
        self._fetch = fetch or fetch_json
        self._answers: TtlCache[str, bytes] = TtlCache(
            capacity=CACHED_BYTES, seconds=ANSWER_TTL_S, clock=clock, size_of=_size
        )
        self._failures: TtlCache[str, str] = TtlCache(
            capacity=CACHED_FAILURES, seconds=FAILURE_TTL_S, clock=clock, size_of=_size
        )
        self._under_way = Concurrency("requests to another platform", AT_A_TIME, AT_A_TIME_IN_ALL)

    def contexts(self, delegation: Delegation, path: str) -> list[dict[str, Any]]:
        """The context objects that the other platform answers with for ``path``.

        :raises Unanswered: it gave none; asked again only after a while.
        """
        address = f"{delegation.resolver}{path}?linkType=linkset&{target.DELEGATED}=1"
        cached = self._answers.get(address)
        if cached is not None:
            contexts: list[dict[str, Any]] = orjson.loads(cached)
            return contexts
        failed = self._failures.get(address)
        if failed is not None:
            raise Unanswered(failed)
        try:
            with self._under_way.one(delegation.resolver):
                found = contexts_of(self._fetch(address, self._private))
        except Refused:
            raise Unanswered("too much is asked of it already") from None
        except Unanswered as error:
            self._failures.put(address, str(error))
            raise
        self._answers.put(address, orjson.dumps(found))
        return found


def _size(value: str | bytes) -> int:
    """With what an entry takes besides: its address, of up to 2,048 characters, and the cache's own."""
    return len(value) + 3000


def contexts_of(answer: Answer) -> list[dict[str, Any]]:
    """The context objects in an answer, reduced to what a linkset may hold.

    :raises Unanswered: it is no linkset.
    """
    if answer.status != 200 or not answer.content_type.startswith((LINKSET_JSON, "application/json")):
        raise Unanswered(f"status {answer.status}, {answer.content_type[:60] or 'no content type'}")
    try:
        document = orjson.loads(answer.body)
        contexts = document["linkset"]
        return [_context(each) for each in contexts[:20]]
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise Unanswered(f"not a linkset ({type(error).__name__})") from None


def _context(given: Mapping[str, Any]) -> dict[str, Any]:
    context: dict[str, Any] = {
        "anchor": target.checked(str(given["anchor"]), private=True),
        "itemDescription": str(given.get("itemDescription", ""))[:200],
    }
    for relation, links in given.items():
        if relation not in context and isinstance(links, list) and _is_relation(relation):
            context[relation] = [_link(each) for each in links[:100]]
    return context


def _is_relation(name: str) -> bool:
    try:
        vocabulary.registrable(name)
    except vocabulary.UnknownLinkType:
        return name == vocabulary.HANDLED_BY
    return True


def _link(given: Mapping[str, Any]) -> dict[str, Any]:
    link = {name: value for name, value in given.items() if name in _LINK_MEMBERS}
    link["href"] = target.checked(str(given["href"]), private=True)
    link["title"] = str(given.get("title", ""))[:200] or link["href"]
    if "hreflang" in link:
        link["hreflang"] = [tag for tag in map(short_tag, map(str, link["hreflang"])) if tag]
    return link


def fetch_json(address: str, private: bool) -> Answer:
    """One GET, without redirections.

    :raises Unanswered: the host is not public, does not answer in time, or answers with too much.
    """
    try:
        target.checked(address, private=private)
    except target.RefusedTarget as error:
        raise Unanswered(str(error)) from None
    parts = urlsplit(address)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    connection = HTTPConnection(host, port, timeout=TIMEOUT_S)
    if parts.scheme == "https":
        connection = HTTPSConnection(host, port, timeout=TIMEOUT_S)
    late = Event()
    try:
        plain = _connected(host, port, private=private)
        # A socket's own timeout begins anew with each byte. TLS takes the socket over: its duplicate stays ours.
        guard = plain.dup()
        timer = Timer(TIMEOUT_S, _cut, [guard, late])
        timer.start()
        try:
            connection.sock = _encrypted(plain, host) if parts.scheme == "https" else plain
            connection.request("GET", f"{parts.path}?{parts.query}", headers={"Accept": LINKSET_JSON})
            response = connection.getresponse()
            body = response.read(MAX_BYTES + 1)
        finally:
            timer.cancel()
            guard.close()
        if late.is_set():
            raise Unanswered(f"no whole answer within {TIMEOUT_S:.0f} s")
        if len(body) > MAX_BYTES:
            raise Unanswered(f"more than {MAX_BYTES} bytes")
        return Answer(response.status, response.getheader("Content-Type", ""), body)
    except (OSError, HTTPException) as error:
        raise Unanswered(f"{type(error).__name__}: {error}") from None
    finally:
        connection.close()


def _cut(connection: socket.socket, late: Event) -> None:
    late.set()
    # Not close(): whoever reads from it must find its end, not another connection under its number.
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def _encrypted(plain: socket.socket, host: str) -> socket.socket:
    try:
        return ssl.create_default_context().wrap_socket(plain, server_hostname=host)
    except OSError:
        plain.close()
        raise


def _connected(host: str, port: int, *, private: bool) -> socket.socket:
    """A connection to an address that was looked at: a name that is looked up twice may change in between."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(each[4][0]) for each in found]
    if not private and not all(map(is_public, addresses)):
        raise Unanswered(f"{host} is not on the public Internet")
    return socket.create_connection((addresses[0], port), timeout=TIMEOUT_S)
