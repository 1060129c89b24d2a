"""How much a worker may hold: Receive Maximum with MQTT 5, bytes with any broker; the rest stays with the broker."""

import threading
import time

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from gateway.ingest.batching import Limits
from gateway.ingest.mqtt_inbox import MqttInbox
from gateway.settings import Settings
from scripts.system.embedded import mosquitto
from scripts.system.embedded.broker import BrokerUser, EmbeddedBroker
from scripts.system.embedded.mosquitto import MosquittoBroker
from tests.support.waiting import wait_for

NOW = Limits(messages=1000, size=1 << 30, age=0.05)
AT_HAND = Limits(messages=1000, size=1 << 30, age=0)
"""What is there already, and nothing that comes meanwhile."""
USERS = [
    BrokerUser("gateway", "gateway-password", subscribe=("suyuan/v1/+/+/events",)),
    BrokerUser("reader", "reader-password", publish=("suyuan/v1/+/+/events",)),
]


def inbox_for(broker, **settings) -> MqttInbox:
    return MqttInbox(
        Settings(
            database_url="",
            seal_root_file="",
            mqtt_host=broker.host,
            mqtt_port=broker.mqtt_port,
            mqtt_username="gateway",
            mqtt_password="gateway-password",
            **settings,
        ),
        slot=0,
    )


def publish(broker, count: int, size: int) -> None:
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="reader")
    client.username_pw_set("reader", "reader-password")
    client.connect(broker.host, broker.mqtt_port)
    client.loop_start()
    for number in range(count):
        client.publish(f"suyuan/v1/maker/reader-{number % 7}/events", number.to_bytes(4) + bytes(size), qos=1)
    wait_for(lambda: not client._out_messages)
    client.disconnect()
    client.loop_stop()


def take_all(inbox: MqttInbox, count: int) -> set[int]:
    """Take and acknowledge until ``count`` different messages have come."""
    found: set[int] = set()
    deadline = time.monotonic() + 30
    while len(found) < count and time.monotonic() < deadline:
        taken = inbox.take(NOW, 0.2)
        found |= {int.from_bytes(each.payload[:4]) for each in taken}
        inbox.ack(taken)
    return found


@pytest.mark.mosquitto
@pytest.mark.skipif(not mosquitto.available(), reason="Mosquitto is not installed (Debian's package mosquitto)")
def test_a_worker_that_acknowledges_nothing_gets_no_more_than_receive_maximum(tmp_path) -> None:
    with MosquittoBroker(tmp_path / "broker", USERS, die_with_parent=False) as broker:
        inbox = inbox_for(broker, mqtt_protocol="5", receive_maximum=10)
        inbox.start()
        wait_for(lambda: inbox.connected)
        publish(broker, 50, 10)
        held = inbox.take(Limits(1000, 1 << 30, 0.5), 5)
        assert inbox.take(NOW, 0.3) == []
        assert len(held) == 10
        inbox.ack(held)
        assert len(take_all(inbox, 40)) == 40
        inbox.stop()


def test_a_worker_holds_a_bounded_number_of_bytes_whatever_the_broker_knows(tmp_path) -> None:
    with EmbeddedBroker(tmp_path / "broker", USERS, sync=False, die_with_parent=False) as broker:
        inbox = inbox_for(broker, waiting_bytes=20_000)
        inbox.start()
        wait_for(lambda: inbox.connected)
        publish(broker, 200, 996)
        time.sleep(0.5)  # long enough for all 200 to come, were they read
        waiting = inbox.take(AT_HAND, 0)
        assert 10_000 < sum(len(each.payload) for each in waiting) <= 21_000
        inbox.ack(waiting)
        first = {int.from_bytes(each.payload[:4]) for each in waiting}
        assert first | take_all(inbox, 200 - len(first)) == set(range(200))
        inbox.stop()


def test_stopping_a_worker_that_is_full_does_not_hang(tmp_path) -> None:
    with EmbeddedBroker(tmp_path / "broker", USERS, sync=False, die_with_parent=False) as broker:
        inbox = inbox_for(broker, waiting_bytes=1)
        before = set(threading.enumerate())
        inbox.start()
        wait_for(lambda: inbox.connected)
        publish(broker, 20, 10)
        assert set(threading.enumerate()) > before
        time.sleep(0.5)  # long enough for the second message to wait for room
        inbox.stop(seconds=5)
        assert set(threading.enumerate()) == before
