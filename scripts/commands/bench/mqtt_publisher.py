"""A minimal MQTT 3.1.1 publisher, so that the load generator takes little of the machine that is measured.

It speaks only what it needs of the protocol (CONNECT, SUBSCRIBE, PUBLISH with QoS 1, PUBACK) over one socket, in one
thread, and measures the time of each message from its writing to the socket to the arrival of its receipt.
"""

import selectors
import socket
import struct
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from schemas import topics

_CONNACK, _PUBLISH, _PUBACK, _SUBACK = 2, 3, 4, 9
_DIGEST = b'"digest":"'
_READ = 1 << 18


@dataclass(frozen=True, slots=True)
class SignedMessage:
    """A signed event batch: its topic, its bytes, its digest (hexadecimal), and its number of events."""

    topic: str
    message: bytes
    digest: str
    events: int


@dataclass(slots=True)
class Timing:
    """Times of a run in seconds: ``seconds`` from the first message to the last receipt, ``latencies`` by message."""

    events: int = 0
    messages: int = 0
    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Events a second."""
        return self.events / self.seconds if self.seconds else 0.0

    def percentile_ms(self, share: float) -> float:
        """The latency in milliseconds that ``share`` of the messages stayed below."""
        ordered = sorted(self.latencies)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


class Publisher:
    """One connection with the readers' account. At most ``window`` messages are without a receipt at a time."""

    def __init__(self, host: str, port: int, user: str, password: str, *, window: int) -> None:
        self.window = window
        self._socket = socket.create_connection((host, port), timeout=10)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._in = bytearray()
        self._out: deque[memoryview] = deque()
        self._packet_id = 0
        self._receipts: list[bytes] = []
        flags = struct.pack(">BBH", 4, 0xC2, 0)  # protocol level 4; user, password, clean session; no keep-alive
        self._send(_packet(0x10, _text("MQTT") + flags + _text("suyuan-bench") + _text(user) + _text(password)))
        self._expect(_CONNACK)
        every = f"{topics.ROOT}/+/+/{topics.RECEIPT}"
        self._send(_packet(0x82, struct.pack(">H", 1) + _text(every) + b"\x01"))
        self._expect(_SUBACK)
        self._socket.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._socket, selectors.EVENT_READ)

    def close(self) -> None:
        """DISCONNECT, and close the socket."""
        self._selector.close()
        self._socket.setblocking(True)
        self._socket.sendall(b"\xe0\x00")
        self._socket.close()

    def run(
        self,
        messages: Sequence[SignedMessage],
        *,
        rate: float | None = None,
        tick: Callable[[], None] | None = None,
        timeout: float = 120,
    ) -> Timing:
        """Publish all and wait for all receipts; ``rate`` in messages a second, None: as fast as the window allows.

        ``tick`` is called a few times a second. TimeoutError when no receipt comes for ``timeout`` seconds.
        """
        waiting: dict[bytes, float] = {}
        timing = Timing(sum(message.events for message in messages), len(messages))
        started = heard = ticked = time.monotonic()
        sent = 0
        while sent < len(messages) or waiting:
            now = time.monotonic()
            due = len(messages) if rate is None else min(len(messages), int((now - started) * rate) + 1)
            while sent < due and len(waiting) < self.window and len(self._out) < 64:
                message = messages[sent]
                waiting[message.digest.encode()] = time.monotonic() if rate is None else started + sent / rate
                self._publish(message)
                sent += 1
            self._exchange(0.001 if rate is not None else 0.02)
            now = time.monotonic()
            for digest in self._receipts:
                begun = waiting.pop(digest, None)
                if begun is not None:
                    timing.latencies.append(now - begun)
                    heard = now
            self._receipts.clear()
            if now - heard > timeout:
                raise TimeoutError(f"{len(waiting)} of {len(messages)} messages have no receipt after {timeout:.0f} s")
            if tick is not None and now - ticked > 0.25:
                ticked = now
                tick()
        timing.seconds = time.monotonic() - started
        return timing

    def _publish(self, message: SignedMessage) -> None:
        self._packet_id = self._packet_id % 65_535 + 1
        self._out.append(
            memoryview(_packet(0x32, _text(message.topic) + struct.pack(">H", self._packet_id) + message.message))
        )

    def _exchange(self, seconds: float) -> None:
        """Write what the socket accepts and read what has arrived; wait at most ``seconds`` for either."""
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._out else 0)
        self._selector.modify(self._socket, wanted)
        for _, ready in self._selector.select(seconds):
            if ready & selectors.EVENT_READ:
                data = self._socket.recv(_READ)
                if not data:
                    raise ConnectionError("the broker closed the connection of the load generator")
                self._in += data
                self._parse()
            if ready & selectors.EVENT_WRITE:
                self._write()

    def _write(self) -> None:
        while self._out:
            try:
                written = self._socket.send(self._out[0])
            except BlockingIOError:
                return
            if written < len(self._out[0]):
                self._out[0] = self._out[0][written:]
                return
            self._out.popleft()

    def _parse(self) -> None:
        """Parse the complete packets of the input: receipts are noted and acknowledged, others are ignored."""
        start = 0
        while (bounds := _bounds(self._in, start)) is not None:
            body, end = bounds
            if self._in[start] >> 4 == _PUBLISH:
                (length,) = struct.unpack_from(">H", self._in, body)
                packet_id = bytes(self._in[body + 2 + length : body + 4 + length])
                self._out.append(memoryview(b"\x40\x02" + packet_id))
                digest = self._in.find(_DIGEST, body, end) + len(_DIGEST)
                self._receipts.append(bytes(self._in[digest : digest + 64]))
            start = end
        del self._in[:start]

    def _send(self, packet: bytes) -> None:
        self._socket.sendall(packet)

    def _expect(self, kind: int) -> None:
        while (bounds := _bounds(self._in, 0)) is None:
            data = self._socket.recv(_READ)
            if not data:
                raise ConnectionError("the broker refuses the load generator")
            self._in += data
        body, end = bounds
        if self._in[0] >> 4 != kind or self._in[end - 1] & 0x80 or (kind == _CONNACK and self._in[body + 1]):
            raise ConnectionError("the broker refuses the load generator")
        del self._in[:end]


def _packet(first: int, body: bytes) -> bytes:
    """A control packet (MQTT 3.1.1, section 2.2)."""
    length, header = len(body), bytearray([first])
    while True:
        length, digit = divmod(length, 128)
        header.append(digit | (0x80 if length else 0))
        if not length:
            return bytes(header) + body


def _bounds(data: bytearray, start: int) -> tuple[int, int] | None:
    """Offsets of the begin and the end of the body of the packet at ``start``; None while it is incomplete."""
    length = shift = 0
    for position in range(start + 1, min(start + 5, len(data))):
        length |= (data[position] & 0x7F) << shift
        shift += 7
        if not data[position] & 0x80:
            end = position + 1 + length
            return (position + 1, end) if end <= len(data) else None
    return None


def _text(value: str) -> bytes:
    encoded = value.encode()
    return struct.pack(">H", len(encoded)) + encoded
