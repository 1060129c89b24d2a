"""Messages from an MQTT broker, acknowledged only when asked.

A connection has an epoch. paho acknowledges whatever owns a packet id *now*, so that an acknowledgement kept over a
reconnect could free another message; one of an old epoch is dropped, and the broker delivers again.
"""

import logging
import ssl
import threading
import time
from collections import deque
from collections.abc import Iterable
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from gateway.ingest.batching import Limits
from gateway.ingest.delivery_buffer import Arrivals
from gateway.ingest.inbox import Delivery
from gateway.settings import Settings
from schemas import topics
from schemas.errors import BrokerUnavailable, Misconfigured

SESSION_DAYS = 7
"""How long the broker keeps a worker's session: longer than a weekend without anyone on duty."""

_log = logging.getLogger(__name__)


class MqttInbox:
    """A durable session with an MQTT 3.1.1 or MQTT 5 broker."""

    def __init__(self, settings: Settings, slot: int) -> None:
        self._five = settings.mqtt_protocol == "5"
        self._receive_maximum = settings.receive_maximum
        self._filter = topics.SHARED_EVENTS if self._five else topics.ALL_EVENTS
        self._arrivals = Arrivals(settings.held_bytes, settings.reader_messages)
        self._epoch = 0
        self._order = threading.Lock()
        # Packet ids of this epoch in order of arrival, and those of them that may be acknowledged.
        self._unacknowledged: deque[int] = deque()
        self._settled: set[int] = set()
        self._connected = threading.Event()
        self._refused: str | None = None
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"suyuan-gateway-{slot}",
            clean_session=None if self._five else False,
            protocol=mqtt.MQTTv5 if self._five else mqtt.MQTTv311,
            manual_ack=True,
        )
        self._client.username_pw_set(settings.mqtt_username, settings.mqtt_password)
        if settings.mqtt_tls_ca_file is not None:
            self._client.tls_set_context(ssl.create_default_context(cafile=str(settings.mqtt_tls_ca_file)))
        self._client.reconnect_delay_set(min_delay=1, max_delay=10)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = self._on_message
        self._address = (settings.mqtt_host, settings.mqtt_port)
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)

    def start(self) -> None:
        """Connect in the background and keep at it; deliveries arrive once the broker answers."""
        options: dict[str, Any] = {"clean_start": False, "properties": self._properties()} if self._five else {}
        self._client.connect_async(*self._address, keepalive=30, **options)
        self._thread.start()

    @property
    def connected(self) -> bool:
        """True while the broker answers *and* the thread that reads from it lives."""
        return self._connected.is_set() and self._thread.is_alive()

    @property
    def shed(self) -> int:
        """How many messages were let go unread because their reader had too many waiting."""
        return self._arrivals.shed

    def take(self, limits: Limits, patience: float) -> list[Delivery]:
        """The next deliveries, as :meth:`gateway.ingest.inbox.Inbox.take` promises them."""
        taken = self._arrivals.take(limits, patience)
        if not taken:
            if self._refused is not None:
                raise Misconfigured(self._refused)
            if not self._thread.is_alive():
                raise BrokerUnavailable("the MQTT network thread has ended")
        return taken

    def ack(self, deliveries: Iterable[Delivery]) -> int:
        """Acknowledge in order of arrival (MQTT-4.6.0-2); returns how many belonged to a connection that is gone.

        Taking is fair and so out of order: what was committed before its turn is acknowledged when its turn comes.
        """
        stale = 0
        with self._order:
            for delivery in deliveries:
                if delivery.epoch != self._epoch or not isinstance(delivery.handle, int):
                    stale += 1
                elif delivery.handle:  # a PUBACK for packet id 0 would make the broker hang up
                    self._settled.add(delivery.handle)
            while self._unacknowledged and self._unacknowledged[0] in self._settled:
                packet_id = self._unacknowledged.popleft()
                self._settled.discard(packet_id)
                self._client.ack(packet_id, 1)
        return stale

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Send with QoS 1; kept in memory while the broker is away. What is lost so is asked for again by a resend."""
        self._client.publish(topic, payload, qos=1, retain=retain)

    def stop(self, seconds: float = 5) -> None:
        """Leave the broker, keeping the session; waits until the receipts still in hand have gone out."""
        deadline = time.monotonic() + seconds
        self._arrivals.close()
        while self.connected and self._client._out_messages and time.monotonic() < deadline:  # noqa: SLF001 -- paho offers no way to ask
            time.sleep(0.01)
        self._client.disconnect()
        self._thread.join(seconds)

    def _run(self) -> None:
        try:
            self._client.loop_forever(retry_first_connection=True)
        except Exception:  # noqa: BLE001 -- the thread ends; "connected" says so, and the next take() ends the process
            _log.exception("the MQTT network thread failed")

    def _properties(self) -> Properties:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho leaves it untyped
        properties.SessionExpiryInterval = SESSION_DAYS * 86_400
        properties.ReceiveMaximum = self._receive_maximum
        return properties

    def _on_connect(
        self, client: mqtt.Client, _userdata: object, _flags: object, reason: ReasonCode, properties: Properties | None
    ) -> None:
        # An exception here would end the network thread while is_connected() still says yes: nothing may be raised.
        if reason.is_failure:
            self._refused = f"the broker refuses the gateway: {reason}; check SUYUAN_MQTT_USERNAME and its password"
            _log.error("broker refuses: %s", reason)
            return
        if self._five and getattr(properties, "SharedSubscriptionAvailable", 1) == 0:
            self._refused = "the broker has no shared subscriptions; set SUYUAN_MQTT_PROTOCOL to 3.1.1"
            return
        self._refused = None
        with self._order:
            self._epoch += 1
            self._unacknowledged.clear()
            self._settled.clear()
        self._arrivals.clear()
        code, _ = client.subscribe(self._filter, qos=1)
        if code == MQTTErrorCode.MQTT_ERR_SUCCESS:
            self._connected.set()
        _log.info("connected, epoch %d", self._epoch)

    def _on_disconnect(
        self, _client: mqtt.Client, _userdata: object, _flags: object, reason: ReasonCode, *_: object
    ) -> None:
        self._connected.clear()
        _log.warning("disconnected: %s", reason)

    def _on_message(self, _client: mqtt.Client, _userdata: object, message: mqtt.MQTTMessage) -> None:
        if message.qos:
            with self._order:
                self._unacknowledged.append(message.mid)
        gone = self._arrivals.put(Delivery(self._epoch, message.mid, message.topic, bytes(message.payload)))
        if gone is not None:
            self.ack([gone])
