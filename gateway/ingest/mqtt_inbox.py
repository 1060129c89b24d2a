"""Messages from an MQTT broker (3.1.1 or 5), acknowledged only once they are committed.

Every connection has an epoch. paho acknowledges whatever owns a packet identifier *now*, so that an acknowledgement
that outlives a reconnect could free another message; one of an old epoch is dropped, and the broker redelivers.
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
from typing_extensions import override

from gateway.ingest.broker_inbox import BrokerInbox
from gateway.ingest.inbox import Delivery
from gateway.settings import Settings
from schemas import topics

SESSION_DAYS = 7
"""Session Expiry Interval of a worker's session: longer than a weekend without anyone on duty."""

_log = logging.getLogger(__name__)


class MqttInbox(BrokerInbox):
    """A durable session with an MQTT 3.1.1 or MQTT 5 broker; ``slot`` is in the client identifier."""

    def __init__(self, settings: Settings, slot: int) -> None:
        super().__init__("mqtt", "the MQTT network thread", settings.waiting_bytes, settings.reader_messages)
        self._five = settings.mqtt_protocol == "5"
        self._receive_maximum = settings.receive_maximum
        self._filter = topics.SHARED_EVENTS if self._five else topics.ALL_EVENTS
        self._epoch = 0
        self._order = threading.Lock()
        # Packet identifiers of this epoch in order of arrival, and those of them that may be acknowledged.
        self._unacknowledged: deque[int] = deque()
        self._committed: set[int] = set()
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

    def start(self) -> None:
        """Connect in the background, and reconnect until stopped."""
        options: dict[str, Any] = {"clean_start": False, "properties": self._properties()} if self._five else {}
        self._client.connect_async(*self._address, keepalive=30, **options)
        self._thread.start()

    def ack(self, deliveries: Iterable[Delivery]) -> int:
        """Acknowledge in order of arrival (MQTT-4.6.0-2); returns how many belonged to a connection that is gone.

        Messages are taken in turns and so out of order: what is committed early is acknowledged when its turn comes.
        """
        stale = 0
        with self._order:
            for delivery in deliveries:
                if delivery.epoch != self._epoch or not isinstance(delivery.handle, int):
                    stale += 1
                elif delivery.handle:  # a PUBACK for packet id 0 would make the broker hang up
                    self._committed.add(delivery.handle)
            while self._unacknowledged and self._unacknowledged[0] in self._committed:
                packet_id = self._unacknowledged.popleft()
                self._committed.discard(packet_id)
                self._client.ack(packet_id, 1)
        return stale

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Send with QoS 1, from memory once the broker is back. A receipt that is lost is requested by a resend."""
        self._client.publish(topic, payload, qos=1, retain=retain)

    def stop(self, seconds: float = 5) -> None:
        """Disconnect, leaving the session at the broker, after the receipts that are not sent yet: ``seconds`` each."""
        deadline = time.monotonic() + seconds
        self._buffer.close()
        while self.connected and self._client._out_messages and time.monotonic() < deadline:  # noqa: SLF001 -- paho offers no way to ask
            time.sleep(0.01)
        self._client.disconnect()
        self._thread.join(seconds)

    @override
    def _receive(self) -> None:
        self._client.loop_forever(retry_first_connection=True)

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
            self._committed.clear()
        self._buffer.clear()
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
        dropped = self._buffer.put(Delivery(self._epoch, message.mid, message.topic, bytes(message.payload)))
        if dropped is not None:
            self.ack([dropped])
