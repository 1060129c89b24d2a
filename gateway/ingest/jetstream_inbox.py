"""Messages from NATS JetStream: one durable pull consumer that any number of workers on any machine share.

Readers go on speaking MQTT to the cluster's listeners. NATS stores what they publish with QoS 1 in the stream
``$MQTT_msgs`` under ``$MQTT.msgs.{subject}``, and delivers to MQTT subscribers what appears there with the header
``Nmqtt-Pub: 1`` (server/mqtt.go of nats-server 2.15, whose version is pinned; a test checks both names). The server
delivers a message that is not acknowledged within ``ACK_WAIT_S`` to another worker, so that a worker that died blocks
nothing.
"""

import asyncio
import contextlib
import logging
import ssl
import threading
from collections.abc import Coroutine, Iterable
from concurrent.futures import Future
from typing import Any

from typing_extensions import override

from gateway.ingest.broker_inbox import BrokerInbox
from gateway.ingest.inbox import Delivery
from gateway.settings import Settings
from schemas import topics
from schemas.errors import Misconfigured

try:
    import nats
    import nats.errors
    import nats.js.errors
    from nats.aio.client import Client
    from nats.js import JetStreamContext
    from nats.js.api import AckPolicy, ConsumerConfig
except ImportError as error:
    raise Misconfigured(f"SUYUAN_INBOX is jetstream, which needs nats-py: install suyuan[cluster] ({error})") from None

STREAM = "$MQTT_msgs"
DURABLE = "suyuan-gateway"
ACK_WAIT_S = 60
"""How long a worker may take to commit a message: longer than a restart of the store."""
MAX_ACK_PENDING = 20_000
"""Maximum unacknowledged messages of all workers together."""

_MESSAGES = "$MQTT.msgs."
_RETAINED = "$MQTT.rmsgs."
_FETCH_S = 1.0
_FETCH_MAX = 500

_log = logging.getLogger(__name__)


def subject_of(topic: str) -> str:
    """The NATS subject of one of our MQTT topics or filters: ``/`` is ``.``, ``+`` is ``*``."""
    return topic.replace("/", ".").replace("+", "*")


def topic_of(subject: str) -> str:
    """The MQTT topic of a subject in the stream."""
    return subject.removeprefix(_MESSAGES).replace(".", "/")


class JetStreamInbox(BrokerInbox):
    """A share of the durable consumer ``suyuan-gateway``."""

    def __init__(self, settings: Settings) -> None:
        super().__init__("jetstream", "the JetStream thread", settings.waiting_bytes, settings.reader_messages)
        self._servers = [url.strip() for url in settings.nats_url.split(",") if url.strip()]
        self._settings = settings
        self._unacknowledged = _Count(settings.receive_maximum)
        self._epoch = 1
        self._stopping = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._client = Client()

    def start(self) -> None:
        """Connect in the background, and reconnect until stopped."""
        self._thread.start()

    @property
    @override
    def connected(self) -> bool:
        return super().connected and self._client.is_connected

    def ack(self, deliveries: Iterable[Delivery]) -> int:
        """Acknowledge; returns how many belonged to a connection that is gone (the server delivers those again)."""
        deliveries = list(deliveries)
        current = [str(delivery.handle) for delivery in deliveries if delivery.epoch == self._epoch]
        self._unacknowledged.subtract(len(deliveries))
        if current:
            self._submit(self._send([(reply, b"+ACK", None) for reply in current]))
        return len(deliveries) - len(current)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish as MQTT does with QoS 1; with ``retain`` also as the topic's retained message."""
        subject = subject_of(topic)
        messages: list[_Message] = [(_MESSAGES + subject, payload, {"Nmqtt-Pub": "1"})]
        if retain:
            flags = {"Nmqtt-RTopic": topic, "Nmqtt-RFlags": "3"}  # QoS 1 and RETAIN, as in a PUBLISH's first byte
            messages.append((_RETAINED + subject, payload, flags))
        self._submit(self._send(messages))

    def stop(self, seconds: float = 5) -> None:
        """Disconnect; what is not acknowledged goes to another worker after ``ACK_WAIT_S``."""
        self._stopping.set()
        self._buffer.close()
        self._thread.join(seconds + _FETCH_S)

    def _submit(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            future: Future[None] = asyncio.run_coroutine_threadsafe(work, self._loop)
        except RuntimeError:  # the loop has ended: take() says so
            work.close()
            return
        future.add_done_callback(_note_failure)

    async def _send(self, messages: "list[_Message]") -> None:
        for subject, payload, headers in messages:
            await self._client.publish(subject, payload, headers=headers)

    @override
    def _receive(self) -> None:
        try:
            self._loop.run_until_complete(self._fetch_all())
        finally:
            self._loop.close()

    async def _fetch_all(self) -> None:
        tls = None
        if self._settings.mqtt_tls_ca_file is not None:
            tls = ssl.create_default_context(cafile=str(self._settings.mqtt_tls_ca_file))
        await self._connect(tls)
        try:
            while not self._stopping.is_set():
                consumer = await self._subscribe()
                while consumer is not None and await self._fetch(consumer):
                    pass
        finally:
            await self._leave()

    async def _leave(self) -> None:
        """Send the last batch's acknowledgements and receipts, and close."""
        with contextlib.suppress(nats.errors.Error, OSError):
            await self._client.flush(3)
        with contextlib.suppress(nats.errors.Error, OSError):
            await asyncio.wait_for(self._client.close(), 2)

    async def _connect(self, tls: ssl.SSLContext | None) -> None:
        """Connect, trying every server in turn, until connected or stopped."""
        connecting = asyncio.ensure_future(
            self._client.connect(
                servers=list(self._servers),
                user=self._settings.nats_username,
                password=self._settings.nats_password,
                tls=tls,
                name="suyuan-gateway",
                allow_reconnect=True,
                max_reconnect_attempts=-1,
                reconnect_time_wait=1,
                error_cb=self._on_error,
                disconnected_cb=self._on_disconnect,
                reconnected_cb=self._on_reconnect,
            )
        )
        while not self._stopping.is_set():
            done, _ = await asyncio.wait({connecting}, timeout=0.2)
            if done:
                return connecting.result()
        connecting.cancel()
        return None

    async def _subscribe(self) -> JetStreamContext.PullSubscription | None:
        """The pull consumer, made if it is missing; waits for the stream, which the first MQTT client makes."""
        jetstream = self._client.jetstream()
        logged = False
        while not self._stopping.is_set():
            try:
                consumer = await jetstream.pull_subscribe(
                    _MESSAGES + subject_of(topics.ALL_EVENTS),
                    durable=DURABLE,
                    stream=STREAM,
                    config=ConsumerConfig(
                        ack_policy=AckPolicy.EXPLICIT, ack_wait=ACK_WAIT_S, max_ack_pending=MAX_ACK_PENDING
                    ),
                )
            except nats.errors.Error as error:
                _log.log(logging.DEBUG if logged else logging.INFO, "stream %s can't be read yet: %s", STREAM, error)
                logged = True
                await asyncio.sleep(0.5)
            else:
                self._refused = None
                self._connected.set()
                _log.info("connected, epoch %d", self._epoch)
                return consumer
        return None

    async def _fetch(self, consumer: JetStreamContext.PullSubscription) -> bool:
        """Queue the next messages; False when stopped, or when the consumer has to be subscribed to again."""
        room = self._unacknowledged.room()
        if room <= 0:
            await asyncio.sleep(0.01)
            return not self._stopping.is_set()
        epoch = self._epoch
        try:
            messages = await consumer.fetch(min(room, _FETCH_MAX), timeout=_FETCH_S)
        except TimeoutError:  # nothing came
            return not self._stopping.is_set()
        except nats.errors.Error as error:
            _log.warning("JetStream: %s", error)
            await asyncio.sleep(0.5)
            with contextlib.suppress(nats.errors.Error):
                await consumer.unsubscribe()
            return False
        self._unacknowledged.add(len(messages))
        for message in messages:
            delivery = Delivery(epoch, message.reply, topic_of(message.subject), message.data)
            # Waited for here, not inside put(): this thread also sends the acknowledgements that make room.
            while self._buffer.full and not self._stopping.is_set():  # noqa: ASYNC110 -- the other side is a thread
                await asyncio.sleep(0.005)
            dropped = self._buffer.put(delivery)
            if dropped is not None:
                self.ack([dropped])
        return not self._stopping.is_set()

    async def _on_error(self, error: Exception) -> None:
        # The client goes on trying by itself; the next take() reports that a person has to act.
        if "authorization violation" in str(error).lower():
            self._refused = "NATS refuses the gateway; check SUYUAN_NATS_USERNAME and its password"
        _log.warning("NATS: %s", str(error) or type(error).__name__)

    async def _on_disconnect(self) -> None:
        if not self._stopping.is_set():
            _log.warning("disconnected")

    async def _on_reconnect(self) -> None:
        self._epoch += 1
        _log.info("connected, epoch %d", self._epoch)


_Message = tuple[str, bytes, dict[str, str] | None]


class _Count:
    """How many messages are unacknowledged, of at most ``maximum``; for any thread."""

    def __init__(self, maximum: int) -> None:
        self._maximum = maximum
        self._now = 0
        self._lock = threading.Lock()

    def add(self, count: int) -> None:
        with self._lock:
            self._now += count

    def subtract(self, count: int) -> None:
        with self._lock:
            self._now -= count

    def room(self) -> int:
        with self._lock:
            return self._maximum - self._now


def _note_failure(future: "Future[None]") -> None:
    if not future.cancelled() and (error := future.exception()) is not None:
        _log.warning("not sent, and requested again by a resend: %s", error)
