"""Means of attackers: many at once, raw sockets, bounded in number, bytes and time."""

import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TypeVar

Answer = TypeVar("Answer")

_LATER = 10
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


def for_seconds(seconds: float, most: int, act: Callable[[int], Answer], threads: int = 8) -> list[Answer]:
    """Call ``act`` again and again for some time, at most ``most`` times; answers that were no exceptions."""
    end = time.monotonic() + seconds
    answers = at_once(most, lambda index: act(index) if time.monotonic() < end else None, threads)
    return [answer for answer in answers if answer is not None and not isinstance(answer, Exception)]


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
