"""Workers behind a NATS cluster's MQTT listeners: a shared durable consumer, receipts as MQTT publications.

Stream ``$MQTT_msgs``, its subjects and the header ``Nmqtt-Pub`` are NATS's own: these tests notice when they change.
"""

import os
import signal

import pytest

from gateway.ingest.batching import Limits
from gateway.ingest.jetstream_inbox import JetStreamInbox
from gateway.settings import Settings
from schemas import topics
from schemas.errors import Misconfigured
from schemas.event import Event, message_digest
from scripts.system.embedded.broker import EmbeddedBroker
from scripts.system.embedded.permission import stream_worker
from tests.support.stack import TestStack, hours_ago
from tests.support.waiting import wait_for

NOW = Limits(messages=1000, size=1 << 30, age=0.05)
USER, PASSWORD = "gateway-worker", "a-worker-in-a-test"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A stack whose gateway reads JetStream, on one NATS node."""
    stack = TestStack(tmp_path_factory.mktemp("jetstream") / "state")
    answers = f"{topics.ROOT}/+/+/{topics.RECEIPT}"
    worker = stream_worker(USER, PASSWORD, durable="suyuan-gateway", answers=answers)
    stack.broker = EmbeddedBroker(
        stack.state / "nats", stack.broker.users, workers=[worker], sync=False, die_with_parent=False
    )
    try:
        stack.start_store()
        stack.register_maker()
        stack.broker.start()
        with stack.device("first"):  # the first MQTT client makes the stream
            start(stack)
        yield stack
    finally:
        stack.stop()


def start(stack: TestStack) -> None:
    environment = stack.gateway_environment() | {
        "SUYUAN_INBOX": "jetstream",
        "SUYUAN_NATS_URL": f"nats://127.0.0.1:{stack.broker.nats_port}",
        "SUYUAN_NATS_USERNAME": USER,
        "SUYUAN_NATS_PASSWORD": PASSWORD,
    }
    stack.start_process(stack.gateway, "gateway", ["run"], environment)
    wait_for(lambda: "connected" in stack.gateway.output(), 30)


def inbox_for(stack: TestStack, **settings) -> JetStreamInbox:
    return JetStreamInbox(
        Settings(
            database_url="",
            seal_root_file="",
            inbox="jetstream",
            nats_url=f"nats://127.0.0.1:{stack.broker.nats_port}",
            mqtt_username="",
            mqtt_password="",
            nats_username=USER,
            nats_password=settings.pop("password", PASSWORD),
            **settings,
        )
    )


def test_a_reader_that_speaks_mqtt_gets_its_receipt_with_qos_1(site: TestStack) -> None:
    with site.device("by-mqtt") as device:
        qualities: list[int] = []
        receive = device._client.on_message
        device._client.on_message = lambda *args: (qualities.append(args[2].qos), receive(*args))
        assert device.send(device.batch(1, Event(site.unit(1), hours_ago(1), "inspecting"))).stored == 1
    assert qualities == [1]


def test_a_reader_that_was_away_finds_its_receipt_when_it_comes_back(site: TestStack) -> None:
    stored = "SELECT count(*) FROM suyuan.event WHERE reader_id = 'comes-back'"
    with site.device("comes-back") as device:
        message = device.batch(1, Event(site.unit(2), hours_ago(1), "inspecting"))
        site.gateway.stop()
        device.publish(message)
    start(site)
    wait_for(lambda: site.query(stored) == [(1,)], 30)
    with site.device("comes-back", enrol=False) as device:
        wait_for(lambda: device.receipts(message_digest(message)) != [])


def test_what_a_killed_worker_held_goes_on_with_the_next_one(site: TestStack) -> None:
    with site.device("through-a-kill") as device:
        messages = [device.batch(n, Event(site.unit(n), hours_ago(1) + n, "inspecting")) for n in range(100)]
        for number, message in enumerate(messages):
            device.publish(message)
            if number == 50:
                os.kill(site.gateway.pid, signal.SIGKILL)
        wait_for(lambda: not site.gateway.running)
        start(site)
        stored = "SELECT count(*), count(DISTINCT event_id) FROM suyuan.event WHERE reader_id = 'through-a-kill'"

        def settled() -> bool:
            # What the dead worker held comes after a minute of its own accord; a reader asks sooner.
            known = {each.digest for each in device.receipts()}
            for message in messages:
                if message_digest(message) not in known:
                    device.publish(message)
            return site.query(stored) == [(100, 100)]

        wait_for(settled, 60)


def test_workers_share_one_consumer_and_hold_a_bounded_number(site: TestStack) -> None:
    site.gateway.stop()
    inboxes = [inbox_for(site, receive_maximum=20) for _ in range(2)]
    for inbox in inboxes:
        inbox.start()
    wait_for(lambda: all(inbox.connected for inbox in inboxes), 30)
    with site.device("shared") as device:
        messages = [device.batch(n, Event(site.unit(n), hours_ago(1) + n, "inspecting")) for n in range(100)]
        for message in messages:
            device.publish(message)
        held = [inbox.take(Limits(1000, 1 << 30, 1.0), 5) for inbox in inboxes]
        assert all(0 < len(taken) <= 20 for taken in held)
        found = {each.payload for taken in held for each in taken}
        assert len(found) == sum(map(len, held)), "one message went to both"
        for inbox, taken in zip(inboxes, held, strict=True):
            assert inbox.ack(taken) == 0

        def more() -> bool:
            for inbox in inboxes:
                taken = inbox.take(NOW, 0.1)
                found.update(each.payload for each in taken)
                inbox.ack(taken)
            return found >= set(messages)

        wait_for(more, 30)
    for inbox in inboxes:
        inbox.stop()
    start(site)


def test_acknowledgements_of_an_ended_connection_are_dropped(site: TestStack) -> None:
    site.gateway.stop()
    inbox = inbox_for(site)
    inbox.start()
    wait_for(lambda: inbox.connected, 30)
    with site.device("before") as device:
        device.publish(device.batch(1, Event(site.unit(3), hours_ago(1), "inspecting")))
        held = inbox.take(NOW, 5)
        site.broker.restart()
        wait_for(lambda: inbox._epoch == 2 and inbox.connected, 30)
        assert inbox.ack(held) == len(held) == 1
    inbox.stop()
    start(site)


def test_a_wrong_password_is_said_in_words(site: TestStack) -> None:
    inbox = inbox_for(site, password="not-the-password")
    inbox.start()

    def refused() -> bool:
        try:
            inbox.take(NOW, 0.1)
        except Misconfigured as error:
            return "SUYUAN_NATS_USERNAME" in str(error)
        return False

    wait_for(refused, 30)
    inbox.stop()
