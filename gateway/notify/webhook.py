"""Webhooks: one POST a notice, signed by the Standard Webhooks scheme (:mod:`schemas.webhook`).

Redirections are not followed; only 2xx counts as delivered. Connections go to public addresses alone.
"""

import logging
import socket
import ssl
from collections.abc import Callable
from contextlib import ExitStack, suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import Event, Timer
from urllib.parse import urlsplit

import orjson
from typing_extensions import override

from gateway.notify.channel import Channel, Undelivered
from gateway.store.notices import Subscription
from schemas.explain.explanation import Explanation
from schemas.internet import is_public
from schemas.notice import CONTENT_TYPE, Notice
from schemas.webhook import WEBHOOK_TARGETS, is_webhook, secret_of, signed_headers

TIMEOUT_S = 10.0
"""For a whole delivery, however slowly its receiver answers."""
UNREACHED = "the receiver was not reached, or did not answer in time"
"""What a subscriber is told whatever the reason, so that it learns nothing of others' networks. The log says more."""
_MAX_READ_BYTES = 64 * 1024
_GONE = 410

_log = logging.getLogger(__name__)


class Webhooks(Channel):
    """The channel ``webhook``: secrets are derived from ``root``, their own; ``clock`` gives seconds since 1970.

    ``private`` lets webhooks go into one's own network, as in a laboratory.
    """

    def __init__(self, root: bytes, clock: Callable[[], int], *, private: bool) -> None:
        self._root = root
        self._clock = clock
        self._private = private

    @override
    def send(self, subscription: Subscription, notice: Notice, explanation: Explanation) -> None:
        body = orjson.dumps(notice.to_event(explanation))
        secret = secret_of(self._root, subscription.subscription_id, subscription.secret_number)
        headers = {
            "Content-Type": CONTENT_TYPE,
            "User-Agent": "Suyuan",
            "Suyuan-Subscription": str(subscription.subscription_id),
            **signed_headers(secret, str(notice.number), body, self._clock()),
        }
        try:
            status = self._post(subscription.target, body, headers)
        except (OSError, HTTPException, ValueError) as error:
            _log.warning("a webhook failed: %s: %s", type(error).__name__, error)
            raise Undelivered(UNREACHED) from None
        if status == _GONE:
            raise Undelivered("the receiver answered 410: it is gone for good", final=True)
        if not 200 <= status < 300:
            raise Undelivered(f"the receiver answered {status}; only 2xx counts as delivered")

    def _post(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        parts = urlsplit(url)
        secure = parts.scheme == "https"
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Undelivered(f"{url[:100]!r} is no http(s) address", final=True)
        if not self._private and not is_webhook(url):
            raise Undelivered(f"a webhook goes to {WEBHOOK_TARGETS}; subscribe again with such a target", final=True)
        port = parts.port or (443 if secure else 80)
        kind = HTTPSConnection if secure else HTTPConnection
        connection = kind(parts.hostname, port, timeout=TIMEOUT_S)
        with ExitStack() as deadline:
            deadline.callback(connection.close)
            plain = self._connected(parts.hostname, port)
            # A socket's own timeout begins anew with each byte. TLS takes the socket over: its duplicate stays ours.
            late, guard = Event(), plain.dup()
            deadline.callback(guard.close)
            timer = Timer(TIMEOUT_S, _cut, [guard, late])
            timer.start()
            deadline.callback(timer.cancel)
            connection.sock = _encrypted(plain, parts.hostname) if secure else plain
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("POST", path, body=body, headers=headers)
            response = connection.getresponse()
            response.read(_MAX_READ_BYTES)
            if late.is_set():  # a head that was cut off looks like a short one
                raise TimeoutError(f"no answer within {TIMEOUT_S:.0f} s")
            return response.status

    def _connected(self, host: str, port: int) -> socket.socket:
        """A connection to the very address that was checked: a name that is resolved twice may change in between."""
        addresses = [str(address[0]) for *_, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
        if not self._private and not all(map(is_public, addresses)):
            raise OSError(
                f"{host} is not on the public Internet; webhooks into one's own network need"
                " SUYUAN_PRIVATE_WEBHOOKS=yes"
            )
        return socket.create_connection((addresses[0], port), timeout=TIMEOUT_S)


def _encrypted(plain: socket.socket, host: str) -> socket.socket:
    try:
        return ssl.create_default_context().wrap_socket(plain, server_hostname=host)
    except OSError:
        plain.close()
        raise


def _cut(connection: socket.socket, late: Event) -> None:
    late.set()
    # Not close(): whoever reads from it must find its end, not another connection under its number.
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
