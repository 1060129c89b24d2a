"""Means of attackers: many at once, raw sockets, bounded in number, bytes and time."""

import http.client
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import NamedTuple, TypeVar

Answer = TypeVar("Answer")

_LATER = 5
"""Attackers yield: in life they have machines of their own, here two cores serve them and the product."""


def yield_cores() -> None:
    """Give the calling thread, and those that it starts, a lower priority (Linux: it is a thread's own)."""
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _LATER)


def at_once(number: int, act: Callable[[int], Answer], threads: int = 16) -> list[Answer | Exception]:
    """Call ``act`` with 0 to ``number`` - 1 from some threads; what it raises stands among the answers."""

    def tried(index: int) -> Answer | Exception:
        try:
            return act(index)
        except Exception as error:  # noqa: BLE001 -- a refused attacker is a result
            return error

    with ThreadPoolExecutor(threads, initializer=yield_cores) as pool:
        return list(pool.map(tried, range(number)))


def from_networks(number: int, act: Callable[[int], list[int]]) -> list[int]:
    """Call ``act`` with 0 to ``number`` - 1, all at the same time; their statuses in one list."""
    answers = at_once(number, act, threads=number)
    return [status for answer in answers if not isinstance(answer, Exception) for status in answer]


class Request(NamedTuple):
    """A request as it is written on the wire."""

    target: str
    method: str = "GET"
    headers: dict[str, str] = {}  # noqa: RUF012 -- a default that nobody changes
    body: bytes = b""


def statuses(
    requests: Iterable[Request], port: int, *, address: str, tls: ssl.SSLContext | None = None, seconds: float = 10.0
) -> list[int]:
    """The statuses of requests that one sender makes, one right after the other, until ``seconds`` have passed."""
    source = (address, 0)
    connection = (
        http.client.HTTPConnection("127.0.0.1", port, timeout=30, source_address=source)
        if tls is None
        else http.client.HTTPSConnection("127.0.0.1", port, timeout=30, source_address=source, context=tls)
    )
    found, end = [], time.monotonic() + seconds
    try:
        for request in requests:
            if time.monotonic() > end:
                break
            try:
                connection.request(request.method, request.target, request.body or None, request.headers)
                answer = connection.getresponse()
                answer.read()
                found.append(answer.status)
            except (OSError, http.client.HTTPException):
                connection.close()
    finally:
        connection.close()
    return found


@contextmanager
def open_sockets(
    number: int, port: int, *, tls: ssl.SSLContext | None = None, addresses: Callable[[int], str] | None = None
) -> Iterator[list[socket.socket]]:
    """Connections to a port of this machine; fewer where they are refused. All are closed in the end."""
    opened: list[socket.socket] = []
    try:
        for index in range(number):
            with suppress(OSError):
                source = (addresses(index), 0) if addresses else None
                plain = socket.create_connection(("127.0.0.1", port), timeout=5, source_address=source)
                opened.append(plain if tls is None else tls.wrap_socket(plain, server_hostname="127.0.0.1"))
        yield opened
    finally:
        for each in opened:
            with suppress(OSError):
                each.close()


def drip(sockets: list[socket.socket], portion: bytes, seconds: float, every_s: float = 1.0) -> int:
    """Send ``portion`` on each socket again and again for some time; how many were still open in the end."""
    end = time.monotonic() + seconds
    alive = list(sockets)
    while time.monotonic() < end:
        alive = [each for each in alive if sent(each, portion)]
        time.sleep(every_s)
    return len(alive)


def sent(connection: socket.socket, data: bytes) -> bool:
    """Whether the other side still takes ``data``."""
    try:
        connection.sendall(data)
    except OSError:
        return False
    return True


def exchanged(port: int, request: bytes, seconds: float = 5.0, tls: ssl.SSLContext | None = None) -> bytes:
    """What is answered to raw bytes until the connection ends or ``seconds`` have passed."""
    answer = b""
    with open_sockets(1, port, tls=tls) as sockets, suppress(OSError):
        sockets[0].settimeout(seconds)
        sockets[0].sendall(request)
        while portion := sockets[0].recv(65536):
            answer += portion
            if len(answer) > 1 << 20:
                break
    return answer


def first_bytes(connection: socket.socket, seconds: float = 3.0) -> bytes:
    """What comes next on a connection, at most 200 bytes; nothing when it has ended or ``seconds`` have passed."""
    connection.settimeout(seconds)
    try:
        return connection.recv(200)
    except OSError:
        return b""
