"""Notices on an organisation's own MQTT topic, QoS 1: accepted once the broker has sent PUBACK (MQTT 3.1.1, 4.3.2)."""

import ssl
import threading

import orjson
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from typing_extensions import override

from gateway.notify.channel import Channel, Undelivered
from gateway.notify.settings import NotifySettings
from gateway.store.notices import Subscription
from schemas.explain.explanation import Explanation
from schemas.notice import Notice
from schemas.topics import alerts_topic

TIMEOUT_S = 10.0


class Topics(Channel):
    """The MQTT channel. It connects when it is first needed."""

    def __init__(self, settings: NotifySettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._client: mqtt.Client | None = None
        self._connected = threading.Event()

    @override
    def send(self, subscription: Subscription, notice: Notice, explanation: Explanation) -> None:
        body = orjson.dumps(notice.to_event(explanation))
        try:
            client = self._ready()
            sent = client.publish(alerts_topic(subscription.org_id), body, qos=1)
            sent.wait_for_publish(TIMEOUT_S)
        except (OSError, ValueError, RuntimeError) as error:
            raise Undelivered(f"{type(error).__name__}: {error}"[:300]) from None
        if not sent.is_published():
            raise Undelivered("the broker did not acknowledge the notice in time")

    def close(self) -> None:
        """Disconnect from the broker."""
        with self._lock:
            if self._client is not None:
                self._client.disconnect()
                self._client.loop_stop()
                self._client = None
                self._connected.clear()

    def _ready(self) -> mqtt.Client:
        with self._lock:
            if self._client is None:
                client = self._new()
                client.connect(self._settings.mqtt_host, self._settings.mqtt_port, keepalive=30)
                client.loop_start()
                self._client = client
            client = self._client
        if not self._connected.wait(TIMEOUT_S):
            raise Undelivered("the broker can't be reached, or refuses SUYUAN_MQTT_USERNAME")
        return client

    def _new(self) -> mqtt.Client:
        settings = self._settings
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id="suyuan-gateway-notify", clean_session=True, protocol=mqtt.MQTTv311
        )
        if settings.mqtt_username:
            client.username_pw_set(settings.mqtt_username, settings.mqtt_password)
        if settings.mqtt_tls_ca_file is not None:
            client.tls_set_context(ssl.create_default_context(cafile=str(settings.mqtt_tls_ca_file)))
        client.reconnect_delay_set(min_delay=1, max_delay=10)
        client.on_connect = lambda _client, _data, _flags, reason, _properties: (
            None if reason.is_failure else self._connected.set()
        )
        client.on_disconnect = lambda *_: self._connected.clear()
        return client
