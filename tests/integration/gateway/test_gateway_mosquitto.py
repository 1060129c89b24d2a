"""The same gateway on an MQTT 5 broker: several workers share one subscription, each on a slot of its own."""

import pytest

from schemas.event import Event, message_digest
from scripts.system.embedded import mosquitto
from scripts.system.embedded.mosquitto import MosquittoBroker
from scripts.system.embedded.process import Process
from tests.support.stack import TestStack, hours_ago
from tests.support.waiting import wait_for

pytestmark = [
    pytest.mark.mosquitto,
    pytest.mark.skipif(not mosquitto.available(), reason="Mosquitto is not installed (Debian's package mosquitto)"),
]


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A stack around Mosquitto with two workers."""
    stack = TestStack(tmp_path_factory.mktemp("shared") / "state")
    stack.broker = MosquittoBroker(stack.state / "mosquitto", stack.broker.users, die_with_parent=False)
    second = Process(
        "the second gateway", stack.state / "second", stack.state / "second" / "log", die_with_parent=False
    )
    try:
        stack.start_store()
        stack.register_maker()
        stack.broker.start()
        stack.start_gateway(mqtt_protocol="5")
        stack.start_process(
            second,
            "gateway",
            ["run"],
            stack.gateway_environment()
            | {
                "SUYUAN_MQTT_PROTOCOL": "5",
                "SUYUAN_METRICS_PORT": "0",
            },
        )
        wait_for(lambda: "connected" in second.output())
        yield stack, second
    finally:
        second.stop()
        stack.stop()


def test_two_workers_share_the_work_and_store_everything_once(shared) -> None:
    stack, _ = shared
    with stack.device("busy") as device:
        messages = [
            device.batch(n, *(Event(stack.unit(n * 5 + i), hours_ago(1) + i, "inspecting") for i in range(5)))
            for n in range(100)
        ]
        for message in messages:
            device.publish(message)
        digests = {message_digest(message) for message in messages}
        wait_for(lambda: {receipt.digest for receipt in device.receipts()} == digests, 30)
    assert stack.query("SELECT count(*), count(DISTINCT event_id) FROM suyuan.event") == [(500, 500)]
    worked = stack.metrics()["suyuan_messages_total"]
    assert 0 < worked < 100, "one worker did everything"


def test_a_killed_workers_messages_are_taken_up_when_its_slot_is_claimed_again(shared) -> None:
    stack, second = shared
    with stack.device("through-a-crash") as device:
        messages = [device.batch(n, Event(stack.unit(n), hours_ago(1) + n, "inspecting")) for n in range(200)]
        for number, message in enumerate(messages):
            device.publish(message)
            if number == 100:
                second.kill()
        stack.start_process(
            second,
            "gateway",
            ["run"],
            stack.gateway_environment()
            | {
                "SUYUAN_MQTT_PROTOCOL": "5",
                "SUYUAN_METRICS_PORT": "0",
            },
        )
        stored = "SELECT count(*), count(DISTINCT event_id) FROM suyuan.event WHERE reader_id = 'through-a-crash'"
        wait_for(lambda: stack.query(stored) == [(200, 200)], 60)
        # Killed between acknowledgement and receipt, a worker leaves a message without one: its reader sends it again.
        for message in messages:
            if not device.receipts(message_digest(message)):
                device.send(message)
    assert stack.query(stored) == [(200, 200)]
