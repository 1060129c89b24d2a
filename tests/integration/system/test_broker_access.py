"""Access to real brokers for enrolled readers only: mutual TLS and passwords at Mosquitto, passwords at NATS."""

import ssl
import stat
import threading
from datetime import UTC, datetime, timedelta

import paho.mqtt.client as mqtt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from paho.mqtt.enums import CallbackAPIVersion

from firmware_sim.device.journal import Journal
from firmware_sim.device.keys import ReaderKey, save_key
from firmware_sim.device.pacing import Limits
from firmware_sim.device.reader import Broker, Reader
from schemas.event import Event
from schemas.topics import Address
from scripts.commands.broker_access.command import (
    Enrolled,
    enrolled,
    gateway_user,
    listener,
    main,
    make_certificates,
    make_passwords,
    reader_user,
)
from scripts.environment import ROOT
from scripts.system.embedded import mosquitto
from scripts.system.embedded.broker import EmbeddedBroker
from scripts.system.embedded.mosquitto import MosquittoBroker
from scripts.system.embedded.port import free_port
from scripts.system.fixtures import MAKER
from tests.support.stack import TestStack, hours_ago, now
from tests.support.waiting import wait_for

needs_mosquitto = [
    pytest.mark.mosquitto,
    pytest.mark.skipif(not mosquitto.available(), reason="Mosquitto is not installed (Debian's package mosquitto)"),
]
NOW = datetime(2026, 3, 1, tzinfo=UTC)
ONE, TWO = Address(MAKER, "line-1"), Address(MAKER, "line-2")
SHIPPED = (ROOT / "deploy" / "mosquitto" / "acl").read_text().splitlines()
PATTERNS = [line for line in SHIPPED if line.startswith("pattern")]


class TlsMosquitto(MosquittoBroker):
    """Mosquitto with a second listener that asks for certificates, as the command writes it."""

    def __init__(self, state, users, certificates):
        super().__init__(state, users, die_with_parent=False)
        self.certificates, self.tls_port = certificates, free_port()

    def _settings(self):
        return super()._settings() + listener(self.certificates, self.tls_port)

    def _write_users(self):
        super()._write_users()
        acl = self.state / "acl"
        acl.write_text(acl.read_text() + "\n" + "\n".join(PATTERNS) + "\n")


def keys_of(*addresses):
    made = {address: Ed25519PrivateKey.generate() for address in addresses}
    rows = [Enrolled(each, b"k1", key.public_key().public_bytes_raw(), revoked=False) for each, key in made.items()]
    return made, rows


def context(certificates, place, key):
    """What a reader configures: whom to trust, its certificate, and the key that it signs batches with."""
    tls = ssl.create_default_context(cafile=certificates / "ca.pem")
    if place is not None:
        tls.load_cert_chain(certificates / place, key)
    return tls


class Client:
    """Tries to connect, to publish, to listen."""

    def __init__(self, port, tls=None, user=None, password=None, name=None):
        self.got, self.outcome, self._connected = [], None, threading.Event()
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=name or f"test-{port}-{id(self)}")
        if tls is not None:
            self.client.tls_set_context(tls)
        if user is not None:
            self.client.username_pw_set(user, password)
        self.client.on_connect = self._on_connect
        self.client.on_message = lambda _, __, message: self.got.append((message.topic, message.payload))
        self._granted = threading.Event()
        self.client.on_subscribe = lambda *_: self._granted.set()
        try:
            self.client.connect("127.0.0.1", port)
        except (ssl.SSLError, ConnectionError) as error:
            self.outcome = error
            return
        self.client.loop_start()
        self._connected.wait(3)

    def _on_connect(self, _client, _userdata, _flags, reason, _properties):
        self.outcome = reason
        if not reason.is_failure:
            self._connected.set()

    @property
    def accepted(self):
        return self._connected.is_set()

    def subscribe(self, topic):
        self._granted.clear()
        self.client.subscribe(topic, qos=1)
        assert self._granted.wait(5)

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


def test_the_files_are_made_once_renewed_in_time_and_keys_are_nobody_elses(tmp_path):
    _, rows = keys_of(ONE, TWO)
    folder = tmp_path / "tls"
    made = make_certificates(folder, rows, ["broker.example.com", "10.0.0.1"], NOW)
    assert set(made) == {"ca.pem", "server.pem", "readers/maker.line-1.6b31.pem", "readers/maker.line-2.6b31.pem"}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "ca-key.pem").stat().st_mode) == 0o600
    assert make_certificates(folder, rows, ["10.0.0.1", "broker.example.com"], NOW) == []
    assert make_certificates(folder, rows, ["other.example.com"], NOW) == ["server.pem"]
    later = NOW + timedelta(days=800)
    assert set(make_certificates(folder, rows, ["other.example.com"], later)) == set(made) - {"ca.pem"}
    with pytest.raises(ValueError, match="password instead"):
        make_certificates(folder, keys_of(Address("o" * 40, "r" * 40))[1], ["other.example.com"], NOW)


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    """A stack around Mosquitto: the gateway by password, readers by the certificates of their enrolled keys."""
    folder = tmp_path_factory.mktemp("tls")
    stack = TestStack(folder / "state")
    keys, rows = keys_of(ONE, TWO)
    make_certificates(folder / "certificates", rows, ["127.0.0.1"], datetime.now(UTC))
    stack.broker = TlsMosquitto(stack.state / "mosquitto", stack.broker.users, folder / "certificates")
    paths = {}
    for address, key in keys.items():
        paths[address] = save_key(folder / "keys", ReaderKey(address, b"k1", key))
    try:
        stack.start_store()
        stack.register_maker()
        for row in rows:
            stack.enrol_reader(row.address.org_id, row.address.reader_id, row.public_key, row.kid)
        stack.broker.start()
        stack.start_gateway(mqtt_protocol="5")
        yield stack, folder / "certificates", keys, paths
    finally:
        stack.stop()


class TestMutualTls:
    pytestmark = needs_mosquitto

    def test_a_reader_reports_over_tls_with_the_key_that_it_enrolled(self, tls, tmp_path):
        stack, certificates, keys, paths = tls
        way = Broker(
            "127.0.0.1", stack.broker.tls_port, tls=context(certificates, "readers/maker.line-1.6b31.pem", paths[ONE])
        )
        journal = Journal(tmp_path / "journal.sqlite")
        limits = Limits(events=10, age_s=0.1)
        with Reader(ONE, keys[ONE], b"k1", journal, way, clock=now, limits=limits) as reader:
            reader.scan(*(Event(stack.unit(n), hours_ago(1), "inspecting") for n in range(5)))
            assert reader.drain(20)
            assert reader.statistics().stored == 5
        journal.close()

    def test_without_a_certificate_or_with_another_authoritys_nobody_gets_in(self, tls, tmp_path):
        stack, certificates, keys, paths = tls
        bare = Client(stack.broker.tls_port, context(certificates, None, None))
        assert not bare.accepted
        row = Enrolled(ONE, b"k1", keys[ONE].public_key().public_bytes_raw(), revoked=False)
        make_certificates(tmp_path, [row], ["127.0.0.1"], datetime.now(UTC))
        forged = ssl.create_default_context(cafile=certificates / "ca.pem")
        forged.load_cert_chain(tmp_path / "readers" / "maker.line-1.6b31.pem", paths[ONE])
        stranger = Client(stack.broker.tls_port, forged)
        assert not stranger.accepted
        for client in (bare, stranger):
            client.close()

    def test_a_certificate_opens_its_readers_own_topics_only(self, tls):
        stack, certificates, _, paths = tls
        one = Client(stack.broker.tls_port, context(certificates, "readers/maker.line-1.6b31.pem", paths[ONE]))
        two = Client(stack.broker.tls_port, context(certificates, "readers/maker.line-2.6b31.pem", paths[TWO]))
        assert one.accepted
        assert two.accepted
        before = stack.metrics()["suyuan_messages_total"]
        two.client.publish(ONE.topic("events"), b"not mine", qos=1)
        one.client.publish(ONE.topic("events"), b"mine, and unreadable", qos=1)
        wait_for(lambda: stack.metrics()["suyuan_messages_total"] == before + 1)
        for client in (one, two):
            client.close()

    def test_a_reader_that_takes_the_gateways_name_or_a_neighbours_ends_nobodys_session(self, tls):
        stack, certificates, _, paths = tls
        one = Client(stack.broker.tls_port, context(certificates, "readers/maker.line-1.6b31.pem", paths[ONE]))
        one.subscribe(ONE.topic("receipt"))
        before = stack.metrics()["suyuan_messages_total"]
        for name in ("suyuan-gateway-0", "maker/line-1"):
            mine = context(certificates, "readers/maker.line-2.6b31.pem", paths[TWO])
            thief = Client(stack.broker.tls_port, mine, name=name)
            assert thief.accepted
            thief.client.publish(TWO.topic("events"), b"still heard", qos=1).wait_for_publish(5)
            thief.close()
        wait_for(lambda: stack.metrics()["suyuan_messages_total"] == before + 2)
        one.client.publish(ONE.topic("events"), b"unreadable", qos=1)
        wait_for(lambda: one.got, 10)
        one.close()

    def test_a_revoked_key_is_kept_out_once_the_broker_has_the_list(self, tls):
        stack, certificates, keys, paths = tls
        rows = [
            Enrolled(each, b"k1", key.public_key().public_bytes_raw(), revoked=each == TWO)
            for each, key in keys.items()
        ]
        stolen = context(certificates, "readers/maker.line-2.6b31.pem", paths[TWO])
        assert make_certificates(certificates, rows, ["127.0.0.1"], datetime.now(UTC)) == [
            "revoked/maker.line-2.6b31.pem"
        ]
        stack.broker.restart()
        thief = Client(stack.broker.tls_port, stolen)
        assert not thief.accepted
        other = Client(stack.broker.tls_port, context(certificates, "readers/maker.line-1.6b31.pem", paths[ONE]))
        assert other.accepted
        for client in (thief, other):
            client.close()


@pytest.mark.parametrize("kind", ["nats", pytest.param("mosquitto", marks=needs_mosquitto)])
def test_passwords_open_a_readers_own_topics_only_and_a_revoked_reader_loses_its_account(tmp_path, kind):
    _, rows = keys_of(ONE, TWO)
    folder = tmp_path / "secrets"
    assert {"readers/maker.line-1", "mqtt-passwords", "nats-authorization.json"} <= set(make_passwords(folder, rows))
    assert make_passwords(folder, rows) == []
    passwords = {each: (folder / "readers" / f"maker.{each.reader_id}").read_text().strip() for each in (ONE, TWO)}
    users = [gateway_user((folder / "mqtt-gateway-password").read_text().strip())]
    users += [reader_user(address, password) for address, password in passwords.items()]
    kinds = {"nats": EmbeddedBroker, "mosquitto": MosquittoBroker}
    with kinds[kind](tmp_path / "broker", users) as broker:
        gateway = Client(broker.mqtt_port, user=users[0].name, password=users[0].password)
        gateway.subscribe("suyuan/v1/+/+/events")
        one = Client(broker.mqtt_port, user="maker/line-1", password=passwords[ONE])
        one.subscribe(ONE.topic("receipt"))
        two = Client(broker.mqtt_port, user="maker/line-2", password=passwords[TWO])
        wrong = Client(broker.mqtt_port, user="maker/line-1", password=passwords[TWO])
        assert [each.accepted for each in (gateway, one, two, wrong)] == [True, True, True, False]
        two.client.publish(ONE.topic("events"), b"not mine", qos=1)
        one.client.publish(ONE.topic("events"), b"mine", qos=1)
        wait_for(lambda: gateway.got)
        gateway.client.publish(ONE.topic("receipt"), b"yours", qos=1)
        wait_for(lambda: one.got == [(ONE.topic("receipt"), b"yours")])
        assert gateway.got == [(ONE.topic("events"), b"mine")]
        for client in (gateway, one, two, wrong):
            client.close()
    gone = [Enrolled(each.address, each.kid, each.public_key, revoked=each.address == TWO) for each in rows]
    assert set(make_passwords(folder, gone)) == {"mqtt-passwords", "nats-authorization.json"}
    assert "maker/line-2" not in (folder / "mqtt-passwords").read_text()
    assert "line-2" not in (folder / "nats-authorization.json").read_text()


def test_the_command_reads_the_enrolled_readers_from_the_store(database, tmp_path, capsys):
    with database.owner() as owner:
        owner.execute("INSERT INTO suyuan.organisation VALUES ('maker', 'M', 'M', 'maker')")
        owner.execute("INSERT INTO suyuan.reader (org_id, reader_id) VALUES ('maker', 'line-1')")
        owner.execute(
            "INSERT INTO suyuan.reader_key VALUES ('maker', 'line-1', 'k1', %s), ('maker', 'line-1', 'k0', %s)",
            [bytes(31) + b"\2", bytes(31) + b"\1"],
        )
        owner.execute("UPDATE suyuan.reader_key SET revoked_at = now() WHERE kid = 'k0'")
    assert [(each.name, each.kid, each.revoked) for each in enrolled(database.gateway_dsn)] == [
        ("maker/line-1", b"k0", True),
        ("maker/line-1", b"k1", False),
    ]
    (tmp_path / "url").write_text(database.gateway_dsn + "\n")
    arguments = ["--database-url-file", str(tmp_path / "url"), "--into", str(tmp_path / "out")]
    assert main(["passwords", *arguments]) == 0
    assert "readers/maker.line-1" in capsys.readouterr().out
    assert main(["tls", "--host", "127.0.0.1", *arguments]) == 0
    assert (tmp_path / "out" / "readers" / "maker.line-1.6b31.pem").exists()
    assert main(["passwords", "--database-url-file", str(tmp_path / "none")]) == 2
    assert "none" in capsys.readouterr().err
