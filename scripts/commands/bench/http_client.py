"""A minimal HTTP/1.1 client for load: persistent connections, one thread, no other headers than those of `Request`."""

import selectors
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass

_END = b"\r\n\r\n"
_LENGTH = b"content-length:"


@dataclass(frozen=True, slots=True)
class Request:
    """A GET of ``path``. ``tag`` groups requests of one kind."""

    path: str
    accept: str
    tag: str = ""
    agent: str = "Mozilla/5.0"

    def to_bytes(self) -> bytes:
        """The request as it is sent."""
        return (
            f"GET {self.path} HTTP/1.1\r\nHost: bench\r\nAccept: {self.accept}\r\nUser-Agent: {self.agent}\r\n\r\n"
        ).encode()


@dataclass(frozen=True, slots=True)
class Run:
    """Each response's time in seconds, status and tag, and the time of the whole run in seconds."""

    seconds: list[float]
    statuses: list[int]
    tags: list[str]
    elapsed: float

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.seconds) / self.elapsed if self.elapsed else 0.0


class _Client:
    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address, timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.tag = ""
        self.sent_at = 0.0
        self._received = bytearray()

    def send(self, request: Request) -> None:
        self.tag, self.sent_at = request.tag, time.perf_counter()
        self.socket.sendall(request.to_bytes())

    def status(self) -> int | None:
        """Read; the status once the response is complete, else None."""
        portion = self.socket.recv(1 << 18)
        if not portion:
            raise ConnectionError("the server closed the connection")
        self._received += portion
        end = self._received.find(_END)
        if end < 0:
            return None
        head = bytes(self._received[:end]).lower()
        at = head.find(_LENGTH)
        length = int(head[at + len(_LENGTH) :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(self._received) < end + len(_END) + length:
            return None
        del self._received[: end + len(_END) + length]
        return int(head[9:12])


def get_all(address: tuple[str, int], requests: Sequence[Request], clients: int) -> Run:
    """Send all requests over so many ``clients``, each its next request as soon as it has its response."""
    selector = selectors.DefaultSelector()
    waiting = iter(requests)
    seconds: list[float] = []
    statuses: list[int] = []
    tags: list[str] = []
    connections = [_Client(address) for _ in range(min(clients, len(requests)))]
    started = time.perf_counter()
    for client in connections:
        selector.register(client.socket, selectors.EVENT_READ, client)
        client.send(next(waiting))
    while len(seconds) < len(requests):
        for key, _ in selector.select(10):
            client = key.data
            status = client.status()
            if status is None:
                continue
            seconds.append(time.perf_counter() - client.sent_at)
            statuses.append(status)
            tags.append(client.tag)
            following = next(waiting, None)
            if following is not None:
                client.send(following)
    elapsed = time.perf_counter() - started
    selector.close()
    for client in connections:
        client.socket.close()
    return Run(seconds, statuses, tags, elapsed)
