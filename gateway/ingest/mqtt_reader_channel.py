"""Readers' status messages from MQTT into the store, and readers' settings from the store to MQTT.

Both are retained messages: a broker sends the whole state to whoever subscribes, so that nothing has to be remembered
here. Exactly one gateway does this, the leader; whatever fails, it starts over. Events do not depend on it.
"""

import logging
import ssl
import threading
from collections.abc import Callable

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from gateway.leader import Job, Leader
from gateway.settings import Settings
from gateway.store.connection import Connection
from gateway.store.errors import StoreError
from gateway.store.readers import note_status, settings_published, unpublished_settings
from schemas import topics
from schemas.errors import InvalidMessage
from schemas.reader_settings import ReaderSettings
from schemas.topics import Address

_JOB = Job(
    lock=0x5355_5946,  # "SUYF"
    waiting="readers' status and settings have to wait",
    retry_s=5.0,
    standby_s=15.0,
    outlives_bugs=True,  # the readers' events do not need this thread
)
_INTERVAL_S = 1.0
_ACKNOWLEDGED_S = 5.0
"""How long the broker may take to acknowledge a reader's settings."""

_PAGE_SIZE = 100

_log = logging.getLogger(__name__)


class ReaderChannel:
    """Runs in a thread of its own from :meth:`start` to :meth:`stop`. ``clock`` gives microseconds, UTC."""

    def __init__(self, settings: Settings, clock: Callable[[], int]) -> None:
        self._settings = settings
        self._clock = clock
        self._leader = Leader(_JOB, settings.database_url, self._serve)
        self._lock = threading.Lock()
        self._statuses: dict[Address, bool] = {}
        self._thread = threading.Thread(target=self._leader.run, name="fleet", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Disconnect, and wait until the thread has ended."""
        self._leader.stop()
        self._thread.join(10)

    def _serve(self, connection: Connection) -> None:
        client = self._client()
        client.connect(self._settings.mqtt_host, self._settings.mqtt_port, keepalive=30)
        client.loop_start()
        try:
            while not self._leader.stopping.wait(_INTERVAL_S):
                self._note(connection)
                if client.is_connected():
                    self._publish(connection, client)
        finally:
            client.disconnect()
            client.loop_stop()

    def _note(self, connection: Connection) -> None:
        with self._lock:
            statuses, self._statuses = self._statuses, {}
        if statuses:
            try:
                note_status(connection, statuses, self._clock())
            except StoreError:
                with self._lock:
                    self._statuses = statuses | self._statuses
                raise

    def _publish(self, connection: Connection, client: mqtt.Client) -> None:
        for address, revision, fields in unpublished_settings(connection, _PAGE_SIZE):
            payload = ReaderSettings(revision, **fields).to_json()
            sent = client.publish(address.topic(topics.SETTINGS), payload, qos=1, retain=True)
            sent.wait_for_publish(_ACKNOWLEDGED_S)
            if not sent.is_published():
                return
            settings_published(connection, address, revision)

    def _client(self) -> mqtt.Client:
        settings = self._settings
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id="suyuan-gateway-fleet", clean_session=True, protocol=mqtt.MQTTv311
        )
        client.username_pw_set(settings.mqtt_username, settings.mqtt_password)
        if settings.mqtt_tls_ca_file is not None:
            client.tls_set_context(ssl.create_default_context(cafile=str(settings.mqtt_tls_ca_file)))
        client.reconnect_delay_set(min_delay=1, max_delay=10)
        client.on_connect = self._on_connect
        client.on_message = self._on_message
        return client

    def _on_connect(
        self, client: mqtt.Client, _userdata: object, _flags: object, reason: ReasonCode, _properties: object
    ) -> None:
        if reason.is_failure:
            _log.warning("the broker refuses the fleet's connection: %s", reason)
        else:
            client.subscribe(topics.ALL_STATUS, qos=1)

    def _on_message(self, _client: mqtt.Client, _userdata: object, message: mqtt.MQTTMessage) -> None:
        # Nothing may be raised here: it would end paho's thread.
        try:
            address = topics.parse(message.topic, topics.STATUS)
        except InvalidMessage:
            return
        if message.payload in (b"online", b"offline"):
            with self._lock:
                self._statuses[address] = message.payload == b"online"
