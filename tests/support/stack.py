"""The stack with what tests need besides: organisations and readers by SQL, codes without an issuer, a bare client."""

import os
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import paho.mqtt.client as mqtt
import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from paho.mqtt.enums import CallbackAPIVersion

from schemas import cose, receipt, topics
from schemas.event import Event, encode_batch, message_digest
from scripts.system.embedded.borrowed import BorrowedPostgres
from scripts.system.fixtures import MAKER, Units, enrol_reader, register_maker, sscc_path
from scripts.system.stack import READERS_USER, Stack

SSCC = sscc_path(17).removeprefix("/00/")


class TestStack(Stack):
    """A stack whose files go away with the test: no fsync, and children that outlive a thread."""

    __test__ = False

    def __init__(self, state: Path, store: BorrowedPostgres | None = None) -> None:
        super().__init__(state, fsync=False, die_with_parent=False, store=store)

    @property
    def broker_host(self) -> str:
        return "127.0.0.1"

    @property
    def broker_port(self) -> int:
        return self.broker.mqtt_port

    def credentials(self) -> tuple[str, str]:
        return READERS_USER, self.secret("mqtt-readers")

    def owner(self) -> psycopg.Connection:
        return psycopg.connect(self.postgres.owner_dsn, autocommit=True)

    def query(self, text: str, *values: object) -> list[tuple]:
        with self.owner() as connection:
            return connection.execute(text, values).fetchall()

    def register_maker(self, *, batch_number: int = 1, quantity: int = 1000, lot: str = "LOT1") -> None:
        """One maker with one product and one batch, commissioned since 2025."""
        with self.owner() as owner:
            register_maker(owner, batch_number=batch_number, quantity=quantity, lot=lot)

    def enrol_reader(self, org_id: str, reader_id: str, public_key: bytes, kid: bytes) -> None:
        with self.owner() as owner:
            enrol_reader(owner, org_id, reader_id, public_key, kid)

    def unit(self, index: int, batch_number: int = 1) -> str:
        """The path of a genuine sealed code."""
        return Units(self.seal_root(), batch_number).path(index)

    def metrics(self) -> dict[str, float]:
        """The gateway's counters by name, reasons summed."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        found: dict[str, float] = {}
        for line in lines:
            if not line.startswith("#"):
                name, value = line.rsplit(" ", 1)
                name = name.split("{")[0]
                found[name] = found.get(name, 0) + float(value)
        return found

    @contextmanager
    def device(self, reader_id: str, org_id: str = MAKER, *, enrol: bool = True) -> Iterator["Device"]:
        """A bare client that signs and sends what it is told to, and collects receipts."""
        device = Device(self, topics.Address(org_id, reader_id))
        if enrol:
            self.enrol_reader(org_id, reader_id, device.key.public_key().public_bytes_raw(), device.kid)
        device.connect()
        try:
            yield device
        finally:
            device.close()


class Device:
    """Signs batches by hand, so that tests can send what no honest reader would."""

    def __init__(self, stack: TestStack, address: topics.Address) -> None:
        self.address = address
        self.key = Ed25519PrivateKey.generate()
        self.kid = b"k1"
        self._stack = stack
        self._receipts: list[receipt.Receipt] = []
        self._changed = threading.Condition()
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=f"{address.org_id}-{address.reader_id}", clean_session=False
        )
        self._client.username_pw_set(*stack.credentials())
        self._client.on_message = self._on_message
        self._client.reconnect_delay_set(0.1, 1)

    def connect(self) -> None:
        ready = threading.Event()
        self._client.on_connect = lambda client, *_: client.subscribe(self.address.topic(topics.RECEIPT), qos=1)
        self._client.on_subscribe = lambda *_: ready.set()
        self._client.connect(self._stack.broker_host, self._stack.broker_port)
        self._client.loop_start()
        assert ready.wait(10)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()
        # The client holds this device by its callbacks: a circle, in which sockets may be collected before their owner.
        self._client.on_connect = self._client.on_message = self._client.on_subscribe = None

    def batch(self, sequence: int, *events: Event, clock_bound_s: int = 2, content_type: int = cose.CBOR) -> bytes:
        payload = encode_batch(
            org_id=self.address.org_id,
            reader_id=self.address.reader_id,
            sequence=sequence,
            sent_at=now(),
            clock_bound_s=clock_bound_s,
            events=events,
            content_type=content_type,
        )
        return self.sign(payload, content_type)

    def sign(self, payload: bytes, content_type: int = cose.CBOR) -> bytes:
        return cose.sign(payload, content_type=content_type, kid=self.kid, key=self.key)

    def publish(self, message: bytes) -> None:
        self._client.publish(self.address.topic(topics.EVENTS), message, qos=1).wait_for_publish(10)

    def send(self, message: bytes, seconds: float = 20) -> receipt.Receipt:
        """Publish and wait for one more receipt with this message's digest."""
        digest = message_digest(message)
        before = len(self.receipts(digest))
        self.publish(message)
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.receipts(digest)) > before, seconds), "no receipt came"
        return self.receipts(digest)[-1]

    def receipts(self, digest: str | None = None) -> list[receipt.Receipt]:
        return [each for each in self._receipts if digest in (None, each.digest)]

    def _on_message(self, _client, _userdata, message: mqtt.MQTTMessage) -> None:
        with self._changed:
            self._receipts.append(receipt.from_json(message.payload))
            self._changed.notify_all()


def now() -> int:
    return time.time_ns() // 1000


def hours_ago(hours: float) -> int:
    return now() - int(hours * 3_600_000_000)


def npm_environment() -> dict[str, str]:
    """The environment for npm: Node.js trusts its own list of authorities, and here the system's as well."""
    system = "/etc/ssl/certs/ca-certificates.crt"
    trusted = {"NODE_EXTRA_CA_CERTS": system} if os.path.exists(system) else {}  # noqa: PTH110 -- a plain path
    return trusted | os.environ
