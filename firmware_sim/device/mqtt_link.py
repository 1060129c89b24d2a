"""A link over MQTT: a persistent session (QoS 1), and the receipts subscribed before anything is sent."""

import ssl
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from firmware_sim.device.link import Listener
from schemas import topics
from schemas.reader_settings import RANGES
from schemas.topics import Address


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the broker is and how to log in; ``tls`` is None for a plain connection."""

    host: str
    port: int
    username: str | None = None
    password: str | None = None
    tls: ssl.SSLContext | None = None

    def link(self, address: Address, listener: Listener) -> "MqttLink":
        """A link to this broker for one reader."""
        return MqttLink(self, address, listener)


class MqttLink:
    """paho's network thread only passes things on: an exception would end it unnoticed."""

    def __init__(self, broker: Broker, address: Address, listener: Listener) -> None:
        self._broker, self._address, self._listener = broker, address, listener
        self._ready = False
        name = f"{address.org_id}/{address.reader_id}"
        self.client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=name, protocol=mqtt.MQTTv311, clean_session=False
        )
        if broker.username is not None:
            self.client.username_pw_set(broker.username, broker.password)
        if broker.tls is not None:
            self.client.tls_set_context(broker.tls)
        self.client.will_set(address.topic(topics.STATUS), b"offline", qos=1, retain=True)
        # The reader itself bounds what is on its way; paho can't change its own bound on a live connection.
        self.client.max_inflight_messages_set(RANGES["in_flight"][1])
        self.client.reconnect_delay_set(1, 30)
        self.client.on_connect, self.client.on_subscribe = self._on_connect, self._on_subscribe
        self.client.on_message, self.client.on_disconnect = self._on_message, self._on_disconnect

    def start(self) -> None:
        """Begin to connect."""
        self.client.connect_async(self._broker.host, self._broker.port, keepalive=30)
        self.client.loop_start()

    def stop(self) -> None:
        """Publish that the reader is offline, and disconnect."""
        if self.client.is_connected():
            # The connection may break at this moment; the broker then publishes the will.
            with suppress(RuntimeError, ValueError):
                message = self.client.publish(self._address.topic(topics.STATUS), b"offline", qos=1, retain=True)
                message.wait_for_publish(2)
        self.client.disconnect()
        self.client.loop_stop()

    def send(self, message: bytes) -> None:
        """Publish once with QoS 1."""
        self.client.publish(self._address.topic(topics.EVENTS), message, qos=1)

    def keep_alive(self) -> None:
        """Restart paho's thread; does nothing while it lives."""
        self.client.loop_start()

    def _on_connect(self, client: mqtt.Client, _: Any, __: Any, reason: ReasonCode, ___: Any) -> None:  # noqa: ANN401 -- paho's types
        try:
            if reason.is_failure:
                self._listener.note(f"the broker refuses the connection: {reason}")
            else:
                # An older broker's rules may refuse the subscription to the settings: the reader works without.
                client.subscribe([(self._address.topic(channel), 1) for channel in (topics.RECEIPT, topics.SETTINGS)])
                client.publish(self._address.topic(topics.STATUS), b"online", qos=1, retain=True)
        except Exception as error:  # noqa: BLE001 -- nothing may leave a callback
            self._listener.note(f"{type(error).__name__}: {error}")

    def _on_subscribe(self, _: Any, __: Any, ___: Any, reasons: list[ReasonCode], ____: Any) -> None:  # noqa: ANN401 -- paho's types
        # Before the subscription is acknowledged, the first receipt might be missed.
        if reasons[0].is_failure:
            self._listener.note("the broker refuses the subscription to the receipts")
            return
        self._ready = True
        self._listener.on_ready()

    def _on_message(self, _: Any, __: Any, message: mqtt.MQTTMessage) -> None:  # noqa: ANN401 -- paho's types
        if message.topic == self._address.topic(topics.SETTINGS):
            self._listener.on_settings(bytes(message.payload))
        else:
            self._listener.on_receipt(bytes(message.payload))

    def _on_disconnect(self, _: Any, __: Any, ___: Any, reason: ReasonCode, ____: Any) -> None:  # noqa: ANN401 -- paho's types
        was_ready, self._ready = self._ready, False
        # After a refusal the connection ends as well; the refusal's own reason says more.
        self._listener.on_lost(f"the connection was lost: {reason}" if was_ready and reason.is_failure else None)
