import queue
import threading
import time
from collections import Counter
from dataclasses import replace
from random import Random

import paho.mqtt.client as mqtt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from paho.mqtt.enums import CallbackAPIVersion

from firmware_sim.device import faults
from firmware_sim.device.journal import Journal
from firmware_sim.device.keys import ReaderKey, load_keys, save_key
from firmware_sim.device.load import Load, run_load
from firmware_sim.device.pacing import Limits
from firmware_sim.device.reader import Broker, Reader
from schemas import cose, receipt, topics
from schemas.errors import InvalidMessage
from schemas.event import Event, decode_batch, event_id, message_digest
from schemas.receipt import Receipt, Rejection
from schemas.topics import Address
from scripts.system.embedded.broker import BrokerUser, EmbeddedBroker
from tests.support.waiting import wait_for

ADDRESS = Address("huadu", "dock-1")
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
QUICK = Limits(events=10, age_s=0.05, in_flight=8, resend_s=0.5, max_resend_s=2.0)
AT = 1_790_000_000_000_000
PASSWORD = "only-for-this-test"


class Gateway:
    """What a gateway owes a reader, in memory: verify, store once, answer. It may be told to stay silent."""

    def __init__(self, port, key=KEY):
        self.key, self.silent = key, False
        self.stored, self.deliveries, self.statuses = {}, Counter(), []
        self.sums = Counter()
        self.heard = threading.Condition()
        self._queue = queue.Queue()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="gateway", clean_session=False)
        self.client.username_pw_set("gateway", PASSWORD)
        self.client.reconnect_delay_set(1, 1)
        self.client.on_connect = self._subscribe
        subscribed = threading.Event()
        self.client.on_subscribe = lambda *_: subscribed.set()
        self.client.on_message = lambda _, __, message: self._queue.put((message.topic, message.payload))
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        self._thread.start()
        # NATS drops, for a subscriber, what is published in the very moment of its first SUBSCRIBE.
        assert subscribed.wait(10)

    def _subscribe(self, client, *_):
        client.subscribe([(topics.ALL_EVENTS, 1), ("suyuan/v1/+/+/status", 1)])

    def _work(self):
        while (delivery := self._queue.get()) is not None:
            topic, message = delivery
            with self.heard:
                if topic.endswith("/status"):
                    self.statuses.append(message)
                else:
                    self.deliveries[message] += 1
                    if not self.silent:
                        address = topics.parse(topic)
                        self.client.publish(address.topic(topics.RECEIPT), self.take(message).to_json(), qos=1)
                self.heard.notify_all()

    def take(self, message):
        digest = message_digest(message)
        try:
            envelope = cose.open_envelope(message)
            envelope.verify(self.key.public_key())
            batch = decode_batch(envelope.payload, envelope.content_type)
        except InvalidMessage as error:
            return self.counted(Receipt(digest, None, 0, 0, 1, AT, (Rejection(None, error.reason, error.detail),)))
        stored = duplicate = 0
        for position, event in enumerate(batch.events):
            name = event_id(batch.org_id, batch.reader_id, batch.sequence, position)
            known = self.stored.setdefault(name, event)
            assert known == event
            stored, duplicate = (stored, duplicate + 1) if known is not event else (stored + 1, duplicate)
        return self.counted(Receipt(digest, batch.sequence, stored, duplicate, 0, AT))

    def counted(self, answer):
        self.sums.update(stored=answer.stored, duplicate=answer.duplicate, rejected=answer.rejected)
        return answer

    def items(self):
        return Counter(event[1] for event in self.stored.values())

    def wait(self, condition, seconds=20):
        with self.heard:
            assert self.heard.wait_for(condition, seconds)

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()
        self._queue.put(None)
        self._thread.join()


@pytest.fixture
def broker(tmp_path):
    everything = ("suyuan/v1/#",)
    users = [BrokerUser(name, PASSWORD, everything, everything) for name in ("gateway", "reader")]
    with EmbeddedBroker(tmp_path / "broker", users) as started:
        yield started


@pytest.fixture
def gateway(broker):
    opened = Gateway(broker.mqtt_port)
    yield opened
    opened.close()


@pytest.fixture
def new_reader(broker, tmp_path):
    journals = []

    def make(limits=QUICK, **options):
        journal = Journal(tmp_path / "journal.sqlite")
        journals.append(journal)
        login = Broker("127.0.0.1", broker.mqtt_port, "reader", options.pop("password", PASSWORD))
        return Reader(ADDRESS, KEY, b"k1", journal, login, clock=lambda: AT, limits=limits, **options)

    yield make
    for journal in journals:
        journal.close()


def events(first, count):
    return [Event(f"/00/{number}", AT + number, "shipping") for number in range(first, first + count)]


def expected(count):
    return Counter(f"/00/{number}" for number in range(count))


def test_what_is_scanned_arrives_once_and_the_journal_is_empty_afterwards(gateway, new_reader):
    with new_reader() as reader:
        for number in range(95):
            reader.scan(*events(number, 1))
        assert reader.drain(20)
        figures = reader.statistics()
    assert gateway.items() == expected(95)
    assert (figures.scanned, figures.sent, figures.stored, figures.duplicate, figures.rejected) == (95, 95, 95, 0, 0)
    assert (figures.waiting, figures.in_flight, figures.connected, figures.last_error) == (0, 0, True, None)
    assert figures.receipts == figures.published >= 10


def test_nothing_is_lost_when_the_broker_is_killed_in_mid_stream(broker, gateway, new_reader):
    with new_reader() as reader:
        made = 0
        for kill in (False, True, False, True, False):
            if kill:
                broker.kill()
            for _ in range(10):
                reader.scan(*events(made, 7))
                made += 7
                time.sleep(0.02)
            if kill:
                wait_for(lambda: not reader.statistics().connected)
                broker.start()
        assert reader.drain(40)
        figures = reader.statistics()
    assert gateway.items() == expected(made)
    assert figures.sent == made == figures.stored + figures.duplicate + figures.rejected
    assert figures.rejected == 0


def test_a_reader_that_finds_no_broker_keeps_its_scans_and_sends_them_later(broker, new_reader):
    broker.kill()
    with new_reader() as reader:
        reader.scan(*events(0, 25))
        assert not reader.drain(0.5)
        assert reader.statistics().sent == 20  # full batches are cut; the rest waits for company
        broker.start()
        gateway = Gateway(broker.mqtt_port)
        try:
            assert reader.drain(20)
        finally:
            gateway.close()
    assert gateway.items() == expected(25)


def test_a_restarted_reader_sends_what_its_predecessor_had_no_receipt_for(gateway, new_reader):
    gateway.silent = True
    with new_reader() as reader:
        reader.scan(*events(0, 30))
        gateway.wait(lambda: len(gateway.deliveries) >= 3)
    reader.journal.close()
    before = set(gateway.deliveries)
    gateway.silent = False
    with new_reader() as reader:
        reader.scan(*events(30, 10))
        assert reader.drain(20)
    assert gateway.items() == expected(40)
    # The same bytes, not a new batch of the same scans.
    assert before < set(gateway.deliveries)
    assert sum(gateway.deliveries[message] > 1 for message in before) == len(before)


def test_without_a_receipt_the_identical_bytes_are_sent_again_and_again(gateway, new_reader):
    gateway.silent = True
    with new_reader() as reader:
        reader.scan(*events(0, 10))
        gateway.wait(lambda: gateway.deliveries.total() >= 3)
        gateway.silent = False
        assert reader.drain(20)
    assert len(gateway.deliveries) == 1
    assert gateway.items() == expected(10)


def test_no_more_batches_are_in_flight_than_allowed(gateway, new_reader):
    gateway.silent = True
    with new_reader(replace(QUICK, in_flight=3, resend_s=60, max_resend_s=60)) as reader:
        reader.scan(*events(0, 100))
        gateway.wait(lambda: gateway.deliveries.total() >= 3)
        time.sleep(0.5)
        assert gateway.deliveries.total() == 3
        assert reader.statistics().in_flight == 10


def test_a_bad_wire_costs_resends_but_no_events(gateway, new_reader):
    wire = faults.faulty_wire(Random(2), duplicate=0.3, corrupt=0.2, lose=0.2)
    with new_reader(wire=wire) as reader:
        reader.scan(*events(0, 200))
        assert reader.drain(40)
        figures = reader.statistics()
    assert gateway.items() == expected(200)
    assert figures.sent == 200 == figures.stored + figures.duplicate
    assert gateway.sums["rejected"] > 0  # the damaged ones, refused under digests of their own
    assert reader.journal.refused() == []


def test_a_batch_that_the_gateway_rejects_is_set_aside(gateway, new_reader):
    gateway.key = Ed25519PrivateKey.generate()
    with new_reader() as reader:
        reader.scan(*events(0, 10))
        assert reader.drain(20)
    ((message, answer),) = reader.journal.refused()
    assert receipt.from_json(answer).rejections[0].reason == "bad_signature"
    assert set(gateway.deliveries) == {message}


def test_a_raw_message_gets_its_receipt_too(gateway, new_reader):
    with new_reader() as reader:
        reader.scan(*events(0, 10))
        assert reader.drain(20)
        (message,) = gateway.deliveries
        reader.publish_raw(message)
        answer = reader.wait_for_receipt(message_digest(message), 10)
        assert (answer.stored, answer.duplicate, answer.rejected) == (0, 10, 0)
        assert reader.wait_for_receipt("0" * 64, 0.1) is None
        assert reader.statistics().late == 1


def test_nonsense_on_the_receipt_topic_does_not_stop_a_reader(gateway, new_reader):
    with new_reader() as reader:
        wait_for(lambda: reader.statistics().connected)
        for payload in (b"", b"\xff\x00", b"[]", b"{}", b'{"digest": 3}'):
            gateway.client.publish(ADDRESS.topic(topics.RECEIPT), payload, qos=1)
        reader.scan(*events(0, 30))
        assert reader.drain(20)
        assert reader.statistics().stored == 30


# paho drops the dead thread's wake-up sockets unclosed when it starts another.
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_a_network_thread_that_died_is_brought_back(gateway, new_reader, monkeypatch):
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    with new_reader() as reader:
        wait_for(lambda: reader.statistics().connected)

        def explode(*_):
            reader._link.client.on_publish = None
            raise RuntimeError("a bug in a callback")

        reader._link.client.on_publish = explode
        reader.scan(*events(0, 10))
        wait_for(lambda: reader._link.client.on_publish is None)
        reader.scan(*events(10, 10))
        assert reader.drain(20)
    assert gateway.items() == expected(20)


def test_a_reader_says_that_it_is_online_and_its_will_that_it_is_gone(gateway, new_reader):
    with new_reader() as reader:
        gateway.wait(lambda: gateway.statuses[-1:] == [b"online"])
        # The connection breaks without a good-bye.
        reader._link.client._sock.shutdown(2)
        gateway.wait(lambda: b"offline" in gateway.statuses)
        gateway.wait(lambda: gateway.statuses[-1] == b"online")
    gateway.wait(lambda: gateway.statuses[-1] == b"offline")


def test_a_wrong_password_is_told_and_loses_nothing(new_reader):
    with new_reader(password="something-else") as reader:
        reader.scan(*events(0, 10))
        wait_for(lambda: "refuses" in (reader.statistics().last_error or ""))
        figures = reader.statistics()
    assert not figures.connected
    assert figures.in_flight + figures.waiting > 0


def test_the_load_generator_adds_up(broker, gateway, tmp_path):
    for number in range(4):
        save_key(tmp_path / "keys", ReaderKey(Address("huadu", f"line-{number}"), b"k1", KEY))
    load = Load(seconds=1.5, rate=400, drain_s=20, limits=QUICK)
    login = Broker("127.0.0.1", broker.mqtt_port, "reader", PASSWORD)
    result = run_load(load, load_keys(tmp_path / "keys"), login, tmp_path / "journals", Random(1))
    assert result["settled"]
    assert result["readers"] == 4
    assert result["sent"] == result["stored"] + result["duplicate"] + result["rejected"] == len(gateway.stored)
    assert 300 <= result["sent"] <= 600
