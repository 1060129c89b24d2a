"""The fleet's side channel: readers' status messages into the store, and settings from the store to the readers.

Both are retained messages, so that a broker tells the whole state to whoever connects: nothing has to be kept here. One
gateway of all does this, the one that holds a lock in the store; whatever fails, it begins anew, and events are none of
its business.
"""

import logging
import ssl
import threading
from collections.abc import Callable

import paho.mqtt.client as mqtt
import psycopg
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from gateway.settings import Settings
from gateway.store.connection import Connection, claim_lock, connect
from gateway.store.readers import note_status, settings_published, unpublished_settings
from schemas import topics
from schemas.errors import InvalidMessage, SuyuanError
from schemas.reader_settings import ReaderSettings
from schemas.topics import Address

_LOCK_SPACE = 0x5355_5946  # "SUYF"
_TURN_S = 1.0
_PAUSE_S = 5.0
_STANDBY_S = 15.0
"""How often a gateway asks whether the one that does this has gone."""

_AT_ONCE = 100

_log = logging.getLogger(__name__)


class Fleet:
    """Runs in a thread of its own from :meth:`start` to :meth:`stop`. ``clock`` gives microseconds, UTC."""

    def __init__(self, settings: Settings, clock: Callable[[], int]) -> None:
        self._settings = settings
        self._clock = clock
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._statuses: dict[Address, bool] = {}
        self._thread = threading.Thread(target=self._run, name="fleet", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._stopping.set()
        self._thread.join(10)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                with connect(self._settings.database_url) as connection:
                    if not claim_lock(connection, _LOCK_SPACE, 0):
                        self._stopping.wait(_STANDBY_S)
                        continue
                    self._serve(connection)
            except (psycopg.Error, SuyuanError, OSError) as error:
                _log.warning("readers' status and settings have to wait: %s", str(error).splitlines()[0])
            except Exception:  # noqa: BLE001 -- the thread outlives any accident; the readers' events do not need it
                _log.exception("readers' status and settings have to wait")
            self._stopping.wait(_PAUSE_S)

    def _serve(self, connection: Connection) -> None:
        client = self._client()
        client.connect(self._settings.mqtt_host, self._settings.mqtt_port, keepalive=30)
        client.loop_start()
        try:
            while not self._stopping.wait(_TURN_S):
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
            except psycopg.Error:
                with self._lock:
                    self._statuses = statuses | self._statuses
                raise

    def _publish(self, connection: Connection, client: mqtt.Client) -> None:
        for address, revision, fields in unpublished_settings(connection, _AT_ONCE):
            payload = ReaderSettings(revision, **fields).to_json()
            sent = client.publish(address.topic(topics.SETTINGS), payload, qos=1, retain=True)
            sent.wait_for_publish(_PAUSE_S)
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
