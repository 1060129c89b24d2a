"""A dealer's reader with an account of its own at the broker: what it can do to others' sessions, topics and memory."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from schemas import topics
from schemas.event import Event
from schemas.topics import Address
from scripts.commands.siege.assault import at_once, open_sockets
from scripts.commands.siege.attack import Attack, Play, needed
from scripts.commands.siege.stage import DEPOT, HOSTILE_READER, MQTT_READER, SPARE_READER, Stage

_MB = 1 << 20
_GROWN_MB = 200
"""What the broker may grow by: it may queue 256 MB for a client, of a limit of 1 GB."""


class _Client:
    """A client of the readers' listener; ``heard`` are the topics and payloads that came."""

    def __init__(self, stage: Stage, user: Address, name: str, *, clean: bool = True, will: str = "") -> None:
        self.heard: list[tuple[str, bytes]] = []
        self.lost = threading.Event()
        self._connected = threading.Event()
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=name, clean_session=clean)
        broker, account = stage.stack.mosquitto, f"{user.org_id}/{user.reader_id}"
        self.client.username_pw_set(account, broker.password(account))
        self.client.max_inflight_messages_set(100)
        self.client.tls_set_context(stage.stack.certificates.trusting())
        self.client.on_connect, self.client.on_disconnect = self._on_connect, self._on_disconnect
        self.client.on_message = lambda _, __, message: self.heard.append((message.topic, bytes(message.payload)))
        if will:
            self.client.will_set(will, b"a will of the siege", qos=1, retain=True)
        with suppress(OSError):
            self.client.connect("127.0.0.1", broker.readers_port, keepalive=30)
            self.client.loop_start()

    @property
    def accepted(self) -> bool:
        """Whether the broker let it in."""
        return self._connected.wait(5)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish with QoS 1, if the broker takes it within 5 seconds."""
        with suppress(ValueError, RuntimeError):
            self.client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(5)

    def close(self) -> None:
        """Leave."""
        self.client.disconnect()
        self.client.loop_stop()

    def _on_connect(self, _: object, __: object, ___: object, reason: ReasonCode, ____: object) -> None:
        if not reason.is_failure:
            self._connected.set()

    def _on_disconnect(self, *_: object) -> None:
        self.lost.set()


@contextmanager
def _client(stage: Stage, name: str, *, clean: bool = True, will: str = "") -> Iterator[_Client]:
    client = _Client(stage, HOSTILE_READER, name, clean=clean, will=will)
    try:
        yield client
    finally:
        client.close()


def client_id_theft(stage: Stage) -> Play:
    """It connects again and again as the gateways' client ids, and as a neighbour's: nobody loses a session."""
    names = ["suyuan-gateway-0", "suyuan-gateway-1", f"{MQTT_READER.org_id}/{MQTT_READER.reader_id}"]
    gateways = (stage.stack.gateway, stage.stack.second)
    before = sum(gateway.output().count("disconnected") for gateway in gateways)
    tries = 0
    end = time.monotonic() + 8
    while time.monotonic() < end:
        for name in names:
            with _client(stage, name) as thief:
                needed(thief.accepted, "the broker did not let the thief in")
                tries += 1
    yield f"{tries} connections"
    lost = sum(gateway.output().count("disconnected") for gateway in gateways) - before
    return f"the gateways lost their connection {lost} times" if lost else ""


def retained_sessions(stage: Stage) -> Play:
    """It connects 200 times with ever new client ids, subscribes to its receipts and never comes back.

    The account has one session: memory and connections of the broker stay.
    """
    broker = stage.stack.part("broker")
    before = broker.resident()
    for number in range(200):
        with _client(stage, f"session-{number}", clean=False) as client:
            needed(client.accepted, "the broker did not let the reader in")
            client.client.subscribe(HOSTILE_READER.topic(topics.RECEIPT), qos=1)
    for index in range(10):
        stage.readers[HOSTILE_READER].post(_batch(stage, index))
    yield "200 sessions"
    grown = (broker.resident() - before) >> 20
    return f"the broker keeps {grown} MB more" if grown > 20 else ""


def giant_packets(stage: Stage) -> Play:
    """It publishes packets of 8 MB, 200 MB announced but never sent, and 60 of 2 MB: others are heard meanwhile."""
    broker = stage.stack.part("broker")
    before = broker.resident()
    topic = HOSTILE_READER.topic(topics.EVENTS)

    def send(index: int) -> None:
        with _client(stage, f"giant-{index}") as client:
            client.publish(topic, bytes((8 if index % 3 == 0 else 2) * _MB - 2000))

    at_once(60, send, threads=4)
    announced = b"\x10\xff\xff\xff\x7f" + b"\x00\x04MQTT"
    with open_sockets(50, stage.stack.mosquitto.readers_port, tls=stage.stack.certificates.trusting()) as sockets:
        for each in sockets:
            with suppress(OSError):
                each.sendall(announced + bytes(20_000))
        time.sleep(2)
    yield "60 packets of 2 and 8 MB, 50 announcements of 256 MB"
    grown = (broker.resident() - before) >> 20
    return f"the broker keeps {grown} MB more" if grown > _GROWN_MB else ""


def wildcard_subscriptions(stage: Stage) -> Play:
    """It subscribes to everybody's topics by wildcards, $SYS and shared names: it hears nothing of others."""
    filters = ["#", "suyuan/#", "suyuan/v1/+/+/events", "suyuan/v1/+/+/receipt", "suyuan/v1/maker-a/-/alerts", "$SYS/#"]
    filters += ["$share/suyuan/suyuan/v1/+/+/events", "$share/gateways/suyuan/v1/+/+/events", "+/+/+/+/+"]
    with _client(stage, "listener") as client:
        needed(client.accepted, "the broker did not let the listener in")
        for each in filters:
            client.client.subscribe(each, qos=1)
        time.sleep(4)
        foreign = {topic for topic, _ in client.heard if HOSTILE_READER.org_id not in topic}
    yield f"{len(filters)} filters, 4 seconds"
    return f"it heard {sorted(foreign)[:3]}" if foreign else ""


def forged_topics(stage: Stage) -> Play:
    """It publishes as others: their events, receipts for them, settings, retained status, and a will on their topic.

    Nothing of it reaches anybody.
    """
    victim = f"suyuan/v1/{SPARE_READER.org_id}/{SPARE_READER.reader_id}"
    channels = ["events", "receipt", "settings", "status"]
    listener = _Client(stage, SPARE_READER, "victim")
    needed(listener.accepted, "the victim could not connect")
    for channel in (topics.RECEIPT, topics.SETTINGS):
        listener.client.subscribe(f"{victim}/{channel}", qos=1)
    time.sleep(0.5)
    for channel in channels:
        with _client(stage, f"forger-{channel}") as client:
            needed(client.accepted, "the broker did not let the forger in")
            client.publish(f"{victim}/{channel}", b"forged by the siege", retain=True)
    with _client(stage, "dying", will=f"{victim}/{topics.RECEIPT}") as client:
        needed(client.accepted, "the broker did not let the dying in")
        if (connection := client.client.socket()) is not None:
            connection.close()
        time.sleep(1)
    listener.close()
    yield f"{len(channels)} channels and a will"
    found = [payload for _, payload in listener.heard if b"siege" in payload]
    stored = stage.query("SELECT count(*) FROM suyuan.dead_message WHERE message LIKE %s", b"%forged by the siege%")
    if found:
        return f"the victim heard {found[0]!r}"
    return f"the gateway was given {stored[0][0]} forged messages" if stored[0][0] else ""


def connection_storm(stage: Stage) -> Play:
    """A stranger without an account connects 600 times at once to the readers' listener, and guesses passwords."""

    def knock(index: int) -> bool:
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"storm-{index}")
        client.username_pw_set(f"{MQTT_READER.org_id}/{MQTT_READER.reader_id}", f"guess-{index}")
        client.tls_set_context(stage.stack.certificates.trusting())
        accepted = threading.Event()
        client.on_connect = _when_let_in(accepted)
        client.connect("127.0.0.1", stage.stack.mosquitto.readers_port)
        client.loop_start()
        accepted.wait(0.5)
        client.disconnect()
        client.loop_stop()
        return accepted.is_set()

    answers = at_once(300, knock, threads=12)
    yield f"{len(answers)} guesses"
    return "a guess was let in" if True in answers else ""


def _when_let_in(event: threading.Event) -> Callable[..., None]:
    def on_connect(_: object, __: object, ___: object, reason: ReasonCode, ____: object) -> None:
        if not reason.is_failure:
            event.set()

    return on_connect


def refused_messages(stage: Stage) -> Play:
    """It publishes 60 unreadable messages of 1 MB: what is kept of them is bounded."""
    before = _dead_bytes(stage)
    with ExitStack() as clients:
        client = clients.enter_context(_client(stage, "noise"))
        needed(client.accepted, "the broker did not let the reader in")
        for number in range(60):
            client.publish(HOSTILE_READER.topic(topics.EVENTS), number.to_bytes(4, "big") + bytes(_MB - 5000))
        time.sleep(4)
    yield "60 messages, 60 MB"
    grown = (_dead_bytes(stage) - before) >> 20
    return f"the store keeps {grown} MB of them" if grown > 8 else ""


def flood_of_one_reader(stage: Stage) -> Play:
    """It publishes 1,500 good batches as fast as the broker takes them: others have their receipts in time."""
    messages = [_batch(stage, number) for number in range(1500)]
    with _client(stage, "flood") as client:
        needed(client.accepted, "the broker did not let the reader in")
        last = None
        for message in messages:
            last = client.client.publish(HOSTILE_READER.topic(topics.EVENTS), message, qos=1)
        if last is not None:
            with suppress(RuntimeError, ValueError):
                last.wait_for_publish(15)
    yield f"{len(messages)} batches"
    return ""


def _batch(stage: Stage, number: int) -> bytes:
    code = stage.codes["maker-a"][210 + number % 50]
    at = time.time_ns() // 1000 - 2_000_000 + number
    return stage.readers[HOSTILE_READER].message(Event(code, at, "inspecting", read_point=DEPOT))


def _dead_bytes(stage: Stage) -> int:
    ((found,),) = stage.query("SELECT coalesce(sum(length(message)), 0) FROM suyuan.dead_message")
    return int(found)


ATTACKS: dict[str, Attack] = {
    "client-id-theft": Attack(client_id_theft, "sessions at the broker", quick=True),
    "retained-sessions": Attack(retained_sessions, "memory of the broker"),
    "giant-packets": Attack(giant_packets, "memory of the broker"),
    "wildcard-subscriptions": Attack(wildcard_subscriptions, "others' messages", quick=True),
    "forged-topics": Attack(forged_topics, "others' messages"),
    "broker-password-storm": Attack(connection_storm, "accounts at the broker"),
    "refused-messages": Attack(refused_messages, "disk of the store"),
    "flood-of-one-reader": Attack(flood_of_one_reader, "other readers' share"),
}
