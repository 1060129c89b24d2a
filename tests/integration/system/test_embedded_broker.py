"""Real brokers: the embedded NATS node, and Mosquitto where it is installed."""

import socket
import stat
import sys
import threading
import time
import urllib.request

import pytest
from paho.mqtt import client as mqtt

from scripts.system.embedded import mosquitto
from scripts.system.embedded.broker import BrokerUser, EmbeddedBroker
from scripts.system.embedded.errors import PortTaken, StateInUse
from scripts.system.embedded.mosquitto import MosquittoBroker

READER = BrokerUser("reader-1", "secret-of-reader-1", ("suyuan/v1/r1/#",), ("suyuan/v1/r1/receipt",))
GATEWAY = BrokerUser(
    "gateway", "secret-of-gateway", ("suyuan/v1/+/receipt",), ("suyuan/v1/+/batch", "suyuan/v1/+/status")
)
USERS = (READER, GATEWAY)
KINDS = [
    pytest.param(EmbeddedBroker, id="nats"),
    pytest.param(
        MosquittoBroker,
        id="mosquitto",
        marks=[
            pytest.mark.mosquitto,
            pytest.mark.skipif(not mosquitto.available(), reason="Mosquitto is not installed"),
        ],
    ),
]


@pytest.fixture(scope="module", params=KINDS)
def either(request, tmp_path_factory):
    with request.param(tmp_path_factory.mktemp("broker") / "溯源 1", USERS) as broker:
        yield broker


@pytest.fixture(scope="module")
def nats(tmp_path_factory):
    with EmbeddedBroker(tmp_path_factory.mktemp("nats"), USERS, monitoring=True) as broker:
        yield broker


@pytest.fixture
def join():
    """Connects clients and lets them go after the test."""
    clients = []

    def connect(broker, user, name, **options):
        client = Client(broker, user, name, **options)
        clients.append(client)
        return client

    yield connect
    for client in clients:
        client.leave()


class Client:
    """A paho client that waits for each answer."""

    def __init__(self, broker, user, name, *, password=None, version=mqtt.MQTTv311, clean=False, will=None):
        persistent = {} if version == mqtt.MQTTv5 else {"clean_session": clean}
        self.paho = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id=name, protocol=version, reconnect_on_failure=False, **persistent
        )
        if user is not None:
            self.paho.username_pw_set(user.name, password or user.password)
        if will is not None:
            self.paho.will_set(*will, qos=1)
        self.received, self.granted, self.answer, self.lost = [], {}, None, threading.Event()
        answered = threading.Event()

        def on_connect(_client, _userdata, _flags, reason, _properties):
            self.answer = reason
            answered.set()

        self.paho.on_connect = on_connect
        self.paho.on_disconnect = lambda *_: self.lost.set()
        self.paho.on_message = lambda _client, _userdata, message: self.received.append(message)
        self.paho.on_subscribe = lambda _client, _userdata, mid, reasons, _properties: self.granted.update(
            {mid: reasons}
        )
        self.paho.connect(broker.host, broker.mqtt_port)
        self.paho.loop_start()
        assert answered.wait(5)

    @property
    def accepted(self):
        return not self.answer.is_failure

    def subscribe(self, topic_filter):
        mid = self.paho.subscribe(topic_filter, qos=1)[1]
        assert until(lambda: mid in self.granted)
        return not self.granted[mid][0].is_failure

    def publish(self, topic, payload, *, retain=False):
        info = self.paho.publish(topic, payload, qos=1, retain=retain)
        info.wait_for_publish(5)
        return info.is_published()

    def payloads(self):
        return [message.payload for message in self.received]

    def leave(self):
        self.paho.disconnect()
        self.paho.loop_stop()

    def break_off(self):
        """End the connection as a pulled cable would, without a DISCONNECT."""
        self.paho.socket().shutdown(socket.SHUT_RDWR)
        assert self.lost.wait(5)


def until(condition, seconds=5):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def settle():
    """Time in which a message that must not come would have come (it takes about a millisecond)."""
    time.sleep(0.2)


def test_anonymous_clients_and_wrong_passwords_are_refused(either, join):
    assert not join(either, None, "anonymous").accepted
    assert not join(either, READER, "wrong", password="another-secret").accepted
    assert join(either, READER, "right", clean=True).accepted


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have one loopback address only")
def test_it_listens_on_one_loopback_address_only(either):
    for name in ("mqtt_port", "nats_port", "monitoring_port"):
        port = getattr(either, name, None)
        if port is not None:
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.2", port), timeout=2)


def test_what_is_permitted_arrives_and_what_is_not_does_not(either, join):
    gateway = join(either, GATEWAY, "gateway-0")
    assert gateway.subscribe("suyuan/v1/+/batch")
    reader = join(either, READER, "r1")
    assert reader.subscribe("suyuan/v1/r1/receipt")
    join(either, READER, "intruder", clean=True).publish("suyuan/v1/r2/batch", b"in another's name")
    reader.publish("suyuan/v1/r1/batch", b"in its own name")
    assert until(lambda: gateway.received)
    settle()
    assert gateway.payloads() == [b"in its own name"]
    gateway.publish("suyuan/v1/r1/receipt", b"stored")
    assert until(lambda: reader.received)
    assert reader.payloads() == [b"stored"]


def test_nobody_hears_what_is_not_for_him(either, join):
    listener = join(either, READER, "listener", clean=True)
    for topic_filter in ("suyuan/#", "#", "suyuan/v1/r2/receipt", "$MQTT/#", "$SYS/#"):
        listener.subscribe(topic_filter)
    gateway = join(either, GATEWAY, "speaker", clean=True)
    gateway.publish("suyuan/v1/r2/receipt", b"for reader 2")
    settle()
    assert listener.payloads() == []


def test_messages_wait_for_an_absent_client_through_an_orderly_restart(either, join):
    gateway = join(either, GATEWAY, "gateway-1")
    gateway.subscribe("suyuan/v1/+/batch")
    gateway.leave()
    reader = join(either, READER, "r1-restart", clean=True)
    for number in range(20):
        assert reader.publish("suyuan/v1/r1/batch", b"%d" % number)
    either.restart()
    gateway = join(either, GATEWAY, "gateway-1")
    assert until(lambda: len(gateway.received) >= 20)
    assert gateway.payloads() == [b"%d" % number for number in range(20)]


def test_a_last_will_is_published_when_the_connection_breaks(either, join):
    gateway = join(either, GATEWAY, "gateway-will", clean=True)
    gateway.subscribe("suyuan/v1/+/status")
    reader = join(either, READER, "r1-will", will=("suyuan/v1/r1/status", b"gone"))
    reader.break_off()
    assert until(lambda: gateway.payloads() == [b"gone"])


def test_a_retained_message_reaches_who_comes_later(either, join):
    join(either, READER, "r1-retained").publish("suyuan/v1/r1/status", b"here", retain=True)
    gateway = join(either, GATEWAY, "gateway-late", clean=True)
    gateway.subscribe("suyuan/v1/+/status")
    assert until(lambda: gateway.payloads() == [b"here"])
    assert gateway.received[0].retain


def test_messages_above_the_limit_of_the_gateway_still_reach_it(either, join):
    gateway = join(either, GATEWAY, "gateway-large", clean=True)
    gateway.subscribe("suyuan/v1/+/batch")
    large = bytes(2 * 1024 * 1024)
    assert join(either, READER, "r1-large").publish("suyuan/v1/r1/batch", large)
    assert until(lambda: gateway.payloads() == [large])


def test_users_can_come_and_go_while_it_runs(either, join):
    stays = join(either, GATEWAY, "stays")
    newcomer = BrokerUser("reader-2", "secret-of-reader-2", ("suyuan/v1/r2/#",))
    assert not join(either, newcomer, "too-early").accepted
    either.reload((*USERS, newcomer))
    assert join(either, newcomer, "in-time", clean=True).accepted
    either.reload(USERS)
    assert not join(either, newcomer, "too-late").accepted
    assert not stays.lost.is_set()


def test_a_taken_port_is_named(either, tmp_path):
    with pytest.raises(PortTaken, match=f"port {either.mqtt_port} of 127.0.0.1"):
        type(either)(tmp_path, USERS, either.mqtt_port).start()


def test_a_state_folder_is_served_once(either):
    with pytest.raises(StateInUse, match=f"process {either.process.pid}"):
        type(either)(either.state, USERS).start()


def test_files_with_secrets_are_for_their_owner_only(either):
    for path in either.state.iterdir():
        if path.is_file():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name


def test_acknowledged_messages_survive_kill_9_and_come_once_more_only_if_unread(nats, join):
    gateway = join(nats, GATEWAY, "gateway-2")
    gateway.subscribe("suyuan/v1/+/batch")
    gateway.leave()
    reader = join(nats, READER, "r1-kill", clean=True)
    for number in range(200):
        assert reader.publish("suyuan/v1/r1/batch", b"%d" % number)
    nats.kill()
    assert not nats.running
    nats.start()
    gateway = join(nats, GATEWAY, "gateway-2")
    assert until(lambda: len(gateway.received) >= 200)
    assert gateway.payloads() == [b"%d" % number for number in range(200)]
    gateway.leave()
    again = join(nats, GATEWAY, "gateway-2")
    settle()
    assert again.payloads() == []


def test_its_status_page_is_for_this_machine(nats):
    with urllib.request.urlopen(f"http://127.0.0.1:{nats.monitoring_port}/healthz", timeout=5) as page:
        assert page.status == 200
    if sys.platform == "linux":
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", nats.monitoring_port), timeout=2)


def test_a_refused_subscription_is_said(nats, join):
    reader = join(nats, READER, "curious", clean=True)
    for topic_filter in ("suyuan/#", "#", "suyuan/v1/r2/receipt", "$MQTT/sub/#", "$JS/API/#"):
        assert not reader.subscribe(topic_filter)
    assert reader.subscribe("suyuan/v1/r1/receipt")


def test_a_user_without_filters_can_say_and_hear_nothing(tmp_path, join):
    mute = BrokerUser("mute", "secret-of-mute")
    with EmbeddedBroker(tmp_path, (*USERS, mute)) as broker:
        gateway = join(broker, GATEWAY, "gateway", clean=True)
        gateway.subscribe("suyuan/v1/+/batch")
        silent = join(broker, mute, "mute", clean=True)
        assert not silent.subscribe("suyuan/v1/r1/receipt")
        silent.publish("suyuan/v1/r1/batch", b"heard?")
        settle()
        assert gateway.payloads() == []


def test_the_other_way_in_asks_for_a_password_too(nats):
    with socket.create_connection((nats.host, nats.nats_port), timeout=5) as connection:
        connection.recv(4096)
        connection.sendall(b'CONNECT {"verbose":true,"user":"gateway","pass":"secret-of-gateway"}\r\nPING\r\n')
        answer = connection.recv(4096)
    assert b"Authorization Violation" in answer  # users are for MQTT; NATS's own protocol is closed


@pytest.mark.mosquitto
@pytest.mark.skipif(not mosquitto.available(), reason="Mosquitto is not installed")
def test_a_shared_subscription_splits_the_messages(tmp_path, join):
    with MosquittoBroker(tmp_path, USERS) as broker:
        slots = [join(broker, GATEWAY, f"slot-{number}", version=mqtt.MQTTv5) for number in range(2)]
        for slot in slots:
            assert slot.subscribe("$share/gateway/suyuan/v1/+/batch")
        reader = join(broker, READER, "r1-shared", clean=True)
        for number in range(20):
            reader.publish("suyuan/v1/r1/batch", b"%d" % number)
        assert until(lambda: sum(len(slot.received) for slot in slots) == 20)
        assert all(slot.received for slot in slots)
