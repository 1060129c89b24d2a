"""The MQTT inbox without a broker: acknowledgements by epoch and in order, no live connection with a dead thread."""

from types import SimpleNamespace

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from gateway.ingest.batching import Limits
from gateway.ingest.mqtt_inbox import MqttInbox
from gateway.settings import Settings
from schemas.errors import BrokerUnavailable, Misconfigured

SETTINGS = Settings(
    database_url="postgresql://nobody@localhost/nothing",
    seal_root_file="nowhere",
    mqtt_username="gateway",
    mqtt_password="a password",
    mqtt_protocol="5",
    reader_messages=3,
)
NOW = Limits(messages=100, size=1 << 20, age=0.0)
GRANTED = ReasonCode(PacketTypes.CONNACK, "Success")


@pytest.fixture
def inbox(monkeypatch) -> MqttInbox:
    inbox = MqttInbox(SETTINGS, slot=0)
    inbox.acknowledged = []
    monkeypatch.setattr(inbox._client, "ack", lambda packet_id, _qos: inbox.acknowledged.append(packet_id))
    monkeypatch.setattr(inbox._client, "subscribe", lambda *_, **__: (mqtt.MQTT_ERR_SUCCESS, 1))
    inbox._on_connect(inbox._client, None, None, GRANTED, None)
    return inbox


def arrive(inbox: MqttInbox, packet_id: int, reader: str = "a", qos: int = 1) -> None:
    topic = f"suyuan/v1/maker/{reader}/events"
    inbox._on_message(inbox._client, None, SimpleNamespace(mid=packet_id, qos=qos, topic=topic, payload=b"message"))


def reconnect(inbox: MqttInbox) -> None:
    inbox._on_connect(inbox._client, None, None, GRANTED, None)


def test_an_acknowledgement_of_an_old_connection_is_dropped(inbox) -> None:
    """Packet ids begin anew when the broker lost its sessions: acknowledging 1 would free another message."""
    arrive(inbox, 1)
    taken = inbox.take(NOW, 0)
    reconnect(inbox)
    arrive(inbox, 1)
    assert inbox.ack(taken) == 1
    assert inbox.acknowledged == []
    assert inbox.ack(inbox.take(NOW, 0)) == 0
    assert inbox.acknowledged == [1]


def test_what_waits_when_the_connection_ends_comes_again_and_is_not_taken_twice(inbox) -> None:
    arrive(inbox, 1)
    reconnect(inbox)
    arrive(inbox, 1)
    assert [each.epoch for each in inbox.take(NOW, 0)] == [2]


def test_acknowledgements_go_out_in_order_of_arrival_though_taking_is_fair(inbox) -> None:
    for packet_id, reader in enumerate("aaab", start=1):
        arrive(inbox, packet_id, reader)
    two = Limits(messages=2, size=1 << 20, age=0.0)
    first, second = inbox.take(two, 0), inbox.take(two, 0)
    assert [each.handle for each in first] == [1, 4], "the quiet reader is served beside the busy one"
    inbox.ack(first)
    assert inbox.acknowledged == [1]
    inbox.ack(second)
    assert inbox.acknowledged == [1, 2, 3, 4]


def test_a_message_that_is_dropped_is_acknowledged_so_that_the_broker_can_go_on(inbox) -> None:
    for packet_id in range(1, 6):
        arrive(inbox, packet_id)
    assert inbox.dropped_unread == 2
    assert inbox.acknowledged == [1, 2]
    assert [each.handle for each in inbox.take(NOW, 0)] == [3, 4, 5]


def test_a_message_sent_with_qos_0_is_taken_and_never_acknowledged(inbox) -> None:
    """It has no packet id: a PUBACK for 0 would make the broker hang up, again and again."""
    arrive(inbox, 0, qos=0)
    taken = inbox.take(NOW, 0)
    assert len(taken) == 1
    assert inbox.ack(taken) == 0
    assert inbox.acknowledged == []


def test_a_dead_network_thread_ends_the_loop_whatever_paho_says(inbox, monkeypatch) -> None:
    def loop(**_: object) -> None:
        raise ZeroDivisionError("an error in a callback")

    monkeypatch.setattr(inbox._client, "loop_forever", loop)
    monkeypatch.setattr(inbox._client, "is_connected", lambda: True)
    inbox.start()
    inbox._thread.join(5)
    assert not inbox.connected
    with pytest.raises(BrokerUnavailable, match="network thread"):
        inbox.take(NOW, 0)


def test_a_broker_without_shared_subscriptions_is_refused_in_words(inbox) -> None:
    inbox._on_connect(inbox._client, None, None, GRANTED, SimpleNamespace(SharedSubscriptionAvailable=0))
    with pytest.raises(Misconfigured, match="SUYUAN_MQTT_PROTOCOL"):
        inbox.take(NOW, 0)
