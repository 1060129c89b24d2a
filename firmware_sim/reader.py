"""A reader: scan, journal, publish, wait for the receipt, prune.

Nothing is lost when the broker, the gateway or the reader itself dies; what is sent twice is the same bytes, and the
gateway counts it as a duplicate. Threads: callers journal scans; paho's network thread only hands things over (an
exception there would end it while ``is_connected()`` goes on saying True); one sender thread cuts, sends and prunes.
"""

import logging
import ssl
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from threading import Condition, Thread
from typing import Any, Self

import paho.mqtt.client as mqtt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from firmware_sim.journal import Journal
from firmware_sim.pacing import Limits, Pace
from schemas import cose, receipt, topics
from schemas.errors import InvalidMessage
from schemas.event import Event, encode_batch
from schemas.receipt import Receipt
from schemas.topics import Address

_LOG = logging.getLogger(__name__)
_REMEMBERED = 256
_TICK_S = 0.5


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the broker is and how to log in; ``tls`` is None for a plain connection."""

    host: str
    port: int
    username: str | None = None
    password: str | None = None
    tls: ssl.SSLContext | None = None


@dataclass(frozen=True, slots=True)
class Statistics:
    """What became of a reader's events, over the journal's life.

    ``sent``, ``stored``, ``duplicate`` and ``rejected`` count events, each batch once: with nothing waiting or in
    flight sent = stored + duplicate + rejected by the receipts. ``published`` counts messages with resends, ``late``
    receipts for messages that needed none any more.
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

    ``clock_bound_s`` is the clock error that it admits. ``wire`` (see :mod:`firmware_sim.faults`) may turn a message
    into several, damaged ones or none. Use it as a context manager, or call :meth:`start` and :meth:`stop`.
    """

    def __init__(
        self,
        address: Address,
        key: Ed25519PrivateKey,
        kid: bytes,
        journal: Journal,
        broker: Broker,
        *,
        clock: Callable[[], int],
        clock_bound_s: int = 2,
        limits: Limits | None = None,
        content_type: int = cose.CBOR,
        wire: Callable[[bytes], Sequence[bytes]] | None = None,
    ) -> None:
        self.address = address
        self.journal = journal
        self._key, self._kid, self._clock, self._clock_bound_s = key, kid, clock, clock_bound_s
        self._limits = limits or Limits()
        self._content_type = content_type
        self._wire = wire or (lambda message: [message])
        self._broker = broker
        self._pace = Pace(self._limits)
        self._changed = Condition()
        # Guarded by _changed:
        self._inbox: list[bytes] = []
        self._ready = self._reconnected = self._stopping = self._flushing = False
        self._last_error: str | None = None
        self._published = 0
        self._strangers: OrderedDict[str, Receipt] = OrderedDict()
        # The sender's own:
        self._oldest: float | None = None
        self._client = self._new_client()
        self._sender = Thread(target=self._run, name=f"reader {address.org_id}/{address.reader_id}", daemon=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Begin to connect and send; returns at once, whether or not the broker is there."""
        self._client.connect_async(self._broker.host, self._broker.port, keepalive=30)
        self._client.loop_start()
        self._sender.start()

    def stop(self) -> None:
        """Stop sending and say good-bye. What has no receipt stays in the journal, which stays open."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._sender.is_alive():
            self._sender.join()
        if self._client.is_connected():
            # The connection may go in this very moment; the broker then says it for us.
            with suppress(RuntimeError, ValueError):
                said = self._client.publish(self.address.topic(topics.STATUS), b"offline", qos=1, retain=True)
                said.wait_for_publish(2)
        self._client.disconnect()
        self._client.loop_stop()

    def scan(self, *events: Event) -> None:
        """Journal what was seen; it is safe when this returns, and sent in time.

        :raises JournalUnavailable: it is not safe; scan again.
        """
        self.journal.add(events)
        with self._changed:
            self._changed.notify_all()

    def drain(self, seconds: float) -> bool:
        """Cut what is waiting without further delay; True when every batch got its receipt within ``seconds``."""
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
        """Publish bytes past the journal, once: for faults and attacks only."""
        self._client.publish(self.address.topic(topics.EVENTS), message, qos=1)

    def wait_for_receipt(self, digest: str, seconds: float) -> Receipt | None:
        """The receipt for a raw message, by its digest; None when none came in time."""
        with self._changed:
            self._changed.wait_for(lambda: digest in self._strangers, seconds)
            return self._strangers.get(digest)

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

    # paho's thread

    def _new_client(self) -> mqtt.Client:
        name = f"{self.address.org_id}/{self.address.reader_id}"
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=mqtt.MQTTv311, clean_session=False)
        if self._broker.username is not None:
            client.username_pw_set(self._broker.username, self._broker.password)
        if self._broker.tls is not None:
            client.tls_set_context(self._broker.tls)
        client.will_set(self.address.topic(topics.STATUS), b"offline", qos=1, retain=True)
        client.max_inflight_messages_set(self._limits.in_flight)
        client.reconnect_delay_set(1, 30)
        client.on_connect, client.on_subscribe = self._on_connect, self._on_subscribe
        client.on_message, client.on_disconnect = self._on_message, self._on_disconnect
        return client

    def _on_connect(self, client: mqtt.Client, _: Any, __: Any, reason: ReasonCode, ___: Any) -> None:  # noqa: ANN401 -- paho's types
        try:
            if reason.is_failure:
                self._note(f"the broker refuses the connection: {reason}")
            else:
                client.subscribe(self.address.topic(topics.RECEIPT), qos=1)
                client.publish(self.address.topic(topics.STATUS), b"online", qos=1, retain=True)
        except Exception as error:  # noqa: BLE001 -- nothing may leave a callback
            self._note(f"{type(error).__name__}: {error}")

    def _on_subscribe(self, _: Any, __: Any, ___: Any, reasons: list[ReasonCode], ____: Any) -> None:  # noqa: ANN401 -- paho's types
        # Before the subscription stands, the first receipt would go nowhere.
        if any(reason.is_failure for reason in reasons):
            self._note("the broker refuses the subscription to the receipts")
            return
        with self._changed:
            self._ready = self._reconnected = True
            self._last_error = None
            self._changed.notify_all()

    def _on_message(self, _: Any, __: Any, message: mqtt.MQTTMessage) -> None:  # noqa: ANN401 -- paho's types
        with self._changed:
            self._inbox.append(bytes(message.payload))
            self._changed.notify_all()

    def _on_disconnect(self, _: Any, __: Any, ___: Any, reason: ReasonCode, ____: Any) -> None:  # noqa: ANN401 -- paho's types
        with self._changed:
            was_ready, self._ready = self._ready, False
        # After a refusal the connection ends too; why it was refused says more.
        if was_ready and reason.is_failure:
            self._note(f"the connection was lost: {reason}")

    def _note(self, text: str) -> None:
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
                self._note(f"{type(error).__name__}: {error}")
                time.sleep(_TICK_S)

    def _turn(self, now: float) -> None:
        with self._changed:
            inbox, self._inbox = self._inbox, []
            ready, reconnected, self._reconnected = self._ready, self._reconnected, False
        self._settle(inbox)
        self._cut(now, ready=ready)
        # Does nothing while paho's thread lives; brings it back if something ended it.
        self._client.loop_start()
        if reconnected:
            self._pace.reconnected()
        if ready:
            self._send(now)

    def _settle(self, inbox: Iterable[bytes]) -> None:
        for payload in inbox:
            try:
                answer = receipt.from_json(payload)
            except InvalidMessage as error:
                self._note(str(error))
                continue
            sequence = self.journal.settle(answer)
            with self._changed:
                if sequence is not None:
                    self._pace.settled(sequence)
                else:
                    self._strangers[answer.digest] = answer
                    while len(self._strangers) > _REMEMBERED:
                        self._strangers.popitem(last=False)
                self._changed.notify_all()

    def _cut(self, now: float, *, ready: bool) -> None:
        while True:
            events, size = self.journal.waiting()
            if not events:
                self._oldest = None
                return
            self._oldest = self._oldest if self._oldest is not None else now
            aged = now - self._oldest >= self._limits.age_s or self._flushing
            # Without a broker, age is no reason: a night offline would end in thousands of tiny batches.
            if not ((aged and ready) or self._limits.full(events, size)):
                return
            self.journal.cut(self._sign, most_events=self._limits.events, most_bytes=self._limits.bytes)

    def _sign(self, sequence: int, events: tuple[Event, ...]) -> bytes:
        payload = encode_batch(
            org_id=self.address.org_id,
            reader_id=self.address.reader_id,
            sequence=sequence,
            sent_at=self._clock(),
            clock_bound_s=self._clock_bound_s,
            events=events,
            content_type=self._content_type,
        )
        return cose.sign(payload, content_type=self._content_type, kid=self._kid, key=self._key)

    def _send(self, now: float) -> None:
        due = [each for each in self.journal.outgoing(self._limits.in_flight) if self._pace.due(each.sequence, now)]
        if not due:
            return
        # Noted before it is done: an attempt that is forgotten would be resent too early, one too many is harmless.
        self.journal.mark_sent([each.sequence for each in due], self._clock())
        for each in due:
            self._pace.sent(each.sequence, each.attempts + 1, now)
            for message in self._wire(each.message):
                self._client.publish(self.address.topic(topics.EVENTS), message, qos=1)
                with self._changed:
                    self._published += 1
