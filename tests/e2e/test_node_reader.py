"""The reader that was written in another language from docs/protocol.md alone."""

import json
import shutil
import subprocess
import threading
import time
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from paho.mqtt.enums import CallbackAPIVersion

from schemas import cose, event, topics
from schemas.event_reader import read_event
from schemas.receipt import Receipt
from scripts.system.embedded.broker import BrokerUser, EmbeddedBroker

READER = Path(__file__).resolve().parents[1] / "readers" / "reader.mjs"
NODE = shutil.which("node")
ITEM = "HTTPS://ID.EXAMPLE/01/09521234000013/21/Y6NJJG99SW1TYF96D57K"
PALLET = "/00/095212340000000013"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KID = "line-9-2026"

pytestmark = [
    pytest.mark.node,
    pytest.mark.skipif(NODE is None, reason="Node.js is not installed: the reader in another language was NOT checked"),
]


def happened():
    """Two events with every kind of value that there is on the wire."""
    now = time.time_ns() // 1000
    return [
        {"item": PALLET, "occurred_at": now - 5_000_000, "biz_step": "packing", "action": "ADD", "children": [ITEM]},
        {
            "item": ITEM,
            "occurred_at": now - 1_000_000,
            "biz_step": "shipping",
            "disposition": "in_transit",
            "offset_minutes": -480,
            "read_point": "上海仓库",
            "latitude": 31.2304,
            "longitude": 121,
            "radius_m": 100.5,
            "source": "gps",
        },
    ]


class Reader:
    """Runs the reader program on one journal."""

    def __init__(self, folder, host, port, user, password, org="huadu", reader="line-9"):
        self.folder, self.password = folder, password
        self.journal = folder / "journal.json"
        key = folder / "key.pem"
        key.write_bytes(
            KEY.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        self.arguments = ["--host", host, "--port", str(port), "--user", user, "--org", org, "--reader", reader]
        self.arguments += ["--kid", KID, "--key", str(key), "--journal", str(self.journal)]

    def run(self, events=(), seconds=20):
        return subprocess.run(
            [NODE, READER, *self.arguments, "--seconds", str(seconds)],
            input="".join(json.dumps(each) + "\n" for each in events),
            env={"READER_PASSWORD": self.password},
            capture_output=True,
            text=True,
            timeout=seconds + 20,
            check=False,
        )

    def waiting(self):
        return json.loads(self.journal.read_text())["waiting"]


class StandInGateway:
    """Verifies by the contract and answers with receipts, once it is told to; keeps what it got."""

    def __init__(self, port):
        self.messages, self.events, self.answering, self.wrong_digest = [], [], True, False
        self.subscribed = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="stand-in")
        self._client.username_pw_set("gateway", "gateway-secret")
        self._client.on_connect = lambda client, *_: client.subscribe(topics.ALL_EVENTS, qos=1)
        self._client.on_subscribe = lambda *_: self.subscribed.set()
        self._client.on_message = self._take
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert self.subscribed.wait(10)

    def _take(self, client, _userdata, message):
        self.messages.append(message.payload)
        envelope = cose.open_envelope(message.payload)
        envelope.verify(KEY.public_key())
        batch = event.decode_batch(envelope.payload, envelope.content_type)
        now = time.time_ns() // 1000
        read = [read_event(raw, batch.content_type, now=now, clock_bound_s=batch.clock_bound_s) for raw in batch.events]
        if self.answering:
            self.events = read
            digest = event.message_digest(b"another" if self.wrong_digest else message.payload)
            receipt = Receipt(digest, batch.sequence, len(read), 0, 0, now)
            address = topics.parse(message.topic)
            client.publish(address.topic(topics.RECEIPT), receipt.to_json(), qos=1)

    def close(self):
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def broker(tmp_path):
    mine = ("suyuan/v1/huadu/line-9/events", "suyuan/v1/huadu/line-9/status")
    users = [
        BrokerUser(
            "gateway", "gateway-secret", ("suyuan/v1/+/+/receipt",), (topics.ALL_EVENTS, "suyuan/v1/+/+/status")
        ),
        BrokerUser("line-9", "reader-secret", mine, ("suyuan/v1/huadu/line-9/receipt",)),
    ]
    with EmbeddedBroker(tmp_path / "broker", users, sync=False) as server:
        yield server


@pytest.fixture
def gateway(broker):
    gateway = StandInGateway(broker.mqtt_port)
    yield gateway
    gateway.close()


@pytest.fixture
def reader(tmp_path, broker):
    return Reader(tmp_path, "127.0.0.1", broker.mqtt_port, "line-9", "reader-secret")


def test_a_batch_from_another_language_is_verified_and_read_by_the_contract(reader, gateway):
    events = happened()
    done = reader.run(events)
    assert done.returncode == 0, done.stderr
    assert [event.event_fields(each) for each in gateway.events] == events
    receipt = json.loads(done.stdout)
    assert receipt["digest"] == event.message_digest(gateway.messages[0])
    assert reader.waiting() == []


def test_without_a_receipt_the_same_bytes_come_again_after_a_restart(reader, gateway):
    gateway.answering = False
    assert reader.run(happened(), seconds=3).returncode == 1
    assert len(reader.waiting()) == 1
    gateway.answering = True
    assert reader.run().returncode == 0, "nothing new, but the journal is not empty"
    assert len(gateway.messages) >= 2
    assert len(set(gateway.messages)) == 1
    assert reader.waiting() == []


def test_a_receipt_for_another_message_lets_nothing_be_forgotten(reader, gateway):
    gateway.wrong_digest = True
    done = reader.run(happened(), seconds=3)
    assert (done.returncode, done.stdout) == (1, "")
    assert len(reader.waiting()) == 1


def test_a_wrong_password_keeps_the_journal(reader, gateway):
    reader.password = "wrong-password"
    done = reader.run(happened(), seconds=3)
    assert done.returncode != 0
    assert len(reader.waiting()) == 1
    assert gateway.messages == []


def test_the_real_gateway_stores_what_it_sends_and_says_which_event_is_wrong(stack, tmp_path):
    public = KEY.public_key().public_bytes_raw()
    stack.enrol_reader("huadu", "line-9", public, KID.encode())
    user, password = stack.credentials()
    reader = Reader(tmp_path, stack.broker_host, stack.broker_port, user, password)
    wrong = happened()[0] | {"biz_step": "selling"}
    done = reader.run([*happened(), wrong], seconds=40)
    assert done.returncode == 0, done.stderr
    receipt = json.loads(done.stdout)
    assert (receipt["stored"], receipt["duplicate"], receipt["rejected"]) == (2, 0, 1)
    assert [(each["position"], each["reason"]) for each in receipt["rejections"]] == [(2, "vocabulary")]
    assert reader.waiting() == []
