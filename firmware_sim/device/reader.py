"""A reader: it journals scans, sends them in signed batches, and deletes a batch when its receipt has come.

Nothing is lost when the broker, the gateway or the reader itself dies; a batch that is sent twice is the same bytes,
which the gateway counts as a duplicate. Threads: callers journal scans; the link's thread only passes things on; one
sender thread cuts, sends and deletes batches.
"""

import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from threading import Condition, Thread
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmware_sim.device.http_link import Capture
from firmware_sim.device.journal import Journal
from firmware_sim.device.mqtt_link import Broker
from firmware_sim.device.pacing import Limits, Pace
from schemas import cose, reader_settings, receipt
from schemas.errors import InvalidMessage
from schemas.event import Event, encode_batch
from schemas.receipt import Receipt
from schemas.topics import Address

__all__ = ["Broker", "Capture", "Reader", "Statistics"]

FIRMWARE = "sim-1"

_LOG = logging.getLogger(__name__)
_MAX_OTHER_RECEIPTS = 256
_TICK_S = 0.5


@dataclass(frozen=True, slots=True)
class Statistics:
    """What became of a reader's events, over the journal's life.

    ``sent``, ``stored``, ``duplicate`` and ``rejected`` count events, each batch once: with nothing waiting or in
    flight sent = stored + duplicate + rejected by the receipts. ``published`` counts messages with resends, ``late``
    receipts of batches that already had one.
    """

    scanned: int
    sent: int
    receipts: int
    stored: int
    duplicate: int
    rejected: int
    late: int
    published: int
    waiting: int
    in_flight: int
    connected: bool
    last_error: str | None


class Reader:
    """One device. ``kid`` and ``key`` sign its batches; ``clock`` gives its time in microseconds, UTC.

    ``broker`` is the way to the gateway: an MQTT broker, or HTTP capture. ``clock_bound_s`` is the clock error that the
    reader states. ``wire`` (see :mod:`firmware_sim.device.faults`) turns a message into those that are really sent.
    Remote settings override ``limits``. Use it as a context manager, or call :meth:`start` and :meth:`stop`.
    """

    def __init__(
        self,
        address: Address,
        key: Ed25519PrivateKey,
        kid: bytes,
        journal: Journal,
        broker: Broker | Capture,
        *,
        clock: Callable[[], int],
        clock_bound_s: int = 2,
        limits: Limits | None = None,
        content_type: int = cose.CBOR,
        wire: Callable[[bytes], Sequence[bytes]] | None = None,
        firmware: str | None = FIRMWARE,
    ) -> None:
        self.address = address
        self.journal = journal
        self._key, self._kid, self._clock, self._clock_bound_s = key, kid, clock, clock_bound_s
        self._limits = limits or Limits()
        self._content_type = content_type
        self._wire = wire or (lambda message: [message])
        self._firmware = firmware
        self._own_limits = self._limits
        self._pace = Pace(self._limits)
        self._changed = Condition()
        # Guarded by _changed:
        self._inbox: list[bytes] = []
        self._new_settings: bytes | None = None
        self._ready = self._reconnected = self._stopping = self._flushing = False
        self._last_error: str | None = None
        self._published = 0
        self._other_receipts: OrderedDict[str, Receipt] = OrderedDict()
        # The sender's own:
        self._oldest: float | None = None
        self.settings_revision = 0
        self._link = broker.link(address, self)
        self._sender = Thread(target=self._run, name=f"reader {address.org_id}/{address.reader_id}", daemon=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Begin to connect and send, without waiting for the broker."""
        self._link.start()
        self._sender.start()

    def stop(self) -> None:
        """Stop sending and disconnect. What has no receipt stays in the journal, which stays open."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._sender.is_alive():
            self._sender.join()
        self._link.stop()

    def scan(self, *events: Event) -> None:
        """Journal events: they are durable when this returns, and will be sent.

        :raises JournalUnavailable: they were not journaled; scan again.
        """
        self.journal.add(events)
        with self._changed:
            self._changed.notify_all()

    def drain(self, seconds: float) -> bool:
        """Send what is waiting without further delay; True if every batch got its receipt within ``seconds``."""
        end = time.monotonic() + seconds
        with self._changed:
            self._flushing = True
            self._changed.notify_all()
            try:
                while self.journal.waiting()[0] or self.journal.in_flight():
                    left = end - time.monotonic()
                    if left <= 0:
                        return False
                    self._changed.wait(min(left, _TICK_S))
                return True
            finally:
                self._flushing = False

    def publish_raw(self, message: bytes) -> None:
        """Publish bytes once, without the journal: for faults and attacks only."""
        self._link.send(message)

    def wait_for_receipt(self, digest: str, seconds: float) -> Receipt | None:
        """The receipt of a raw message, by its digest; None if none came in time."""
        with self._changed:
            self._changed.wait_for(lambda: digest in self._other_receipts, seconds)
            return self._other_receipts.get(digest)

    def statistics(self) -> Statistics:
        """The reader's figures now."""
        counters = self.journal.counters()
        with self._changed:
            return Statistics(
                **counters,
                published=self._published,
                waiting=self.journal.waiting()[0],
                in_flight=self.journal.in_flight(),
                connected=self._ready,
                last_error=self._last_error,
            )

    # The link's thread

    def on_ready(self) -> None:
        """Note that messages can be sent."""
        with self._changed:
            self._ready = self._reconnected = True
            self._last_error = None
            self._changed.notify_all()

    def on_lost(self, text: str | None) -> None:
        """Note that no messages can be sent."""
        with self._changed:
            self._ready = False
        if text is not None:
            self.note(text)

    def on_receipt(self, payload: bytes) -> None:
        """Pass a receipt to the sender."""
        with self._changed:
            self._inbox.append(payload)
            self._changed.notify_all()

    def on_settings(self, payload: bytes) -> None:
        """Pass settings to the sender; of several the newest."""
        with self._changed:
            self._new_settings = payload
            self._changed.notify_all()

    def note(self, text: str) -> None:
        """Note and log what went wrong."""
        with self._changed:
            self._last_error = text
        _LOG.info("reader %s/%s: %s", self.address.org_id, self.address.reader_id, text)

    # The sender's thread

    def _run(self) -> None:
        while True:
            with self._changed:
                if self._stopping:
                    return
                if not self._inbox:
                    self._changed.wait(min(_TICK_S, max(self._limits.age_s / 2, 0.01)))
            try:
                self._turn(time.monotonic())
            except Exception as error:  # noqa: BLE001 -- a full disk or the like: the journal keeps all, try again
                self.note(f"{type(error).__name__}: {error}")
                time.sleep(_TICK_S)

    def _turn(self, now: float) -> None:
        with self._changed:
            inbox, self._inbox = self._inbox, []
            settings, self._new_settings = self._new_settings, None
            ready, reconnected, self._reconnected = self._ready, self._reconnected, False
        if settings is not None:
            self._adopt(settings)
        self._settle(inbox)
        self._cut(now, ready=ready)
        self._link.keep_alive()
        if reconnected:
            self._pace.reconnected()
        if ready:
            self._send(now)

    def _adopt(self, payload: bytes) -> None:
        if not payload:
            return  # a retained message that was cleared
        try:
            settings = reader_settings.from_json(payload)
        except InvalidMessage as error:
            self.note(str(error))
            return
        if settings.revision <= self.settings_revision:
            return
        self._limits = self._own_limits.with_settings(settings)
        self._pace.limits = self._limits
        with self._changed:
            self.settings_revision = settings.revision
            self._changed.notify_all()

    def _settle(self, inbox: Iterable[bytes]) -> None:
        for payload in inbox:
            try:
                answer = receipt.from_json(payload)
            except InvalidMessage as error:
                self.note(str(error))
                continue
            sequence = self.journal.settle(answer)
            with self._changed:
                if sequence is not None:
                    self._pace.settled(sequence)
                else:
                    self._other_receipts[answer.digest] = answer
                    while len(self._other_receipts) > _MAX_OTHER_RECEIPTS:
                        self._other_receipts.popitem(last=False)
                self._changed.notify_all()

    def _cut(self, now: float, *, ready: bool) -> None:
        while True:
            events, size = self.journal.waiting()
            if not events:
                self._oldest = None
                return
            self._oldest = self._oldest if self._oldest is not None else now
            aged = now - self._oldest >= self._limits.age_s or self._flushing
            # Offline, age is no reason to cut: a night would end in thousands of tiny batches.
            if not ((aged and ready) or self._limits.full(events, size)):
                return
            self.journal.cut(self._sign, max_events=self._limits.events, max_bytes=self._limits.bytes)

    def _sign(self, sequence: int, events: tuple[Event, ...]) -> bytes:
        payload = encode_batch(
            org_id=self.address.org_id,
            reader_id=self.address.reader_id,
            sequence=sequence,
            sent_at=self._clock(),
            clock_bound_s=self._clock_bound_s,
            events=events,
            content_type=self._content_type,
            firmware=self._firmware,
        )
        return cose.sign(payload, content_type=self._content_type, kid=self._kid, key=self._key)

    def _send(self, now: float) -> None:
        due = [batch for batch in self.journal.outgoing(self._limits.in_flight) if self._pace.due(batch.sequence, now)]
        if not due:
            return
        # Noted before sending: after a crash an attempt too many is harmless, one too few would resend early.
        self.journal.mark_sent([batch.sequence for batch in due], self._clock())
        for batch in due:
            self._pace.sent(batch.sequence, batch.attempts + 1, now)
            for message in self._wire(batch.message):
                self._link.send(message)
                with self._changed:
                    self._published += 1
