"""What is sent to harm: each is refused with its reason, memory stays bounded, and neighbours notice nothing."""

import json
import math
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import cbor2
import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from schemas import cose
from schemas.event import Event, message_digest
from scripts.environment import ROOT
from tests.support.stack import TestStack, hours_ago, now
from tests.support.waiting import wait_for

MB = 1_000_000


@pytest.fixture(scope="module", autouse=True)
def maker(stack: TestStack) -> None:
    stack.register_maker(quantity=100_000)


def resident(stack: TestStack) -> int:
    """The gateway's resident memory in bytes."""
    status = Path(f"/proc/{stack.gateway.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) * 1024


def seen(stack: TestStack, index: int, at: int) -> Event:
    return Event(stack.unit(index), at, "inspecting")


def batch(device, sequence: int, events: object) -> dict[int, object]:
    header = {1: 1, 2: device.address.org_id, 3: device.address.reader_id, 4: sequence, 5: now(), 6: 2}
    return header | {7: events}


def small_event(at: int) -> dict[int, object]:
    return {1: "/01/09521234000013/21/ABC", 2: at, 3: "inspecting"}


BOMBS = {
    "nested arrays": lambda d: (b"\x81" * 900_000, "unreadable"),
    "nested maps": lambda d: (b"\xa1\x01" * 400_000, "unreadable"),
    "an endless array of empty arrays": lambda d: (b"\x9f" + b"\x80" * 900_000 + b"\xff", "unreadable"),
    "an array of four billion": lambda d: (b"\x9a\xff\xff\xff\xff", "unreadable"),
    "a text of 2^63 bytes": lambda d: (b"\x7b\x7f" + b"\xff" * 7, "unreadable"),
    "a shared reference to itself": lambda d: (b"\xd8\x1c\x81\xd8\x1d\x00", "unreadable"),
    "a regular expression": lambda d: (cbor2.dumps(cbor2.CBORTag(35, "(a*)*" * 1000)), "unreadable"),
    "a hundred thousand empty events": lambda d: (cbor2.dumps(batch(d, 1, [{}] * 100_000)), "too_many_events"),
    "one event too many": lambda d: (cbor2.dumps(batch(d, 2, [small_event(now())] * 1001)), "too_many_events"),
    "a batch of bad units": lambda d: (cbor2.dumps(batch(d, 3, [small_event(now() // 1_000_000)])), "impossible_time"),
    "a batch of the year 1": lambda d: (cbor2.dumps(batch(d, 4, [small_event(-62_135_596_800_000_000)])), None),
    "a position that is no number": lambda d: (
        cbor2.dumps(batch(d, 5, [small_event(now()) | {8: math.nan, 9: 1.0, 10: 10.0, 11: "gps"}])),
        "range",
    ),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_with_its_reason_and_costs_no_memory(stack: TestStack, name: str) -> None:
    slug = name.replace(" ", "-").replace("^", "-")
    with stack.device(f"bomber-{slug}") as bomber, stack.device(f"neighbour-{slug}") as neighbour:
        before = resident(stack)
        payload, reason = BOMBS[name](bomber)
        bomb = bomber.sign(payload)
        bomber.publish(bomb)
        good = [neighbour.batch(n, seen(stack, n, hours_ago(1) + n)) for n in range(3)]
        assert [neighbour.send(message).stored for message in good] == [1, 1, 1]
        wait_for(lambda: bomber.receipts(message_digest(bomb)) != [])
        (receipt,) = bomber.receipts(message_digest(bomb))
    assert receipt.stored == 0
    assert {each.reason for each in receipt.rejections} == {reason or "impossible_time"}
    assert resident(stack) - before < 200 * MB


def test_json_is_no_way_around(stack: TestStack) -> None:
    with stack.device("json-bomber") as bomber:
        for payload in (b"[" * 500_000, b'{"version":' + b"9" * 500_000 + b"}", b'{"a":' * 100_000):
            assert bomber.send(bomber.sign(payload, cose.JSON)).rejections[0].reason == "unreadable"


def test_a_hundred_thousand_true_events_in_one_message_are_too_large(stack: TestStack) -> None:
    with stack.device("too-much") as device:
        payload = cbor2.dumps(batch(device, 1, [small_event(now())] * 100_000))
        assert 4 * MB < len(payload) < 8 * MB, "below what the broker lets through, so that the gateway has to answer"
        assert device.send(device.sign(payload)).rejections[0].reason == "too_large"


def test_a_hundred_megabytes_end_at_the_broker_and_nobody_else_is_cut_off(stack: TestStack) -> None:
    gone: list[object] = []
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="maker-giant", clean_session=True)
    client.username_pw_set(*stack.credentials())
    client.on_disconnect = lambda *_: gone.append(_)
    client.reconnect_delay_set(60, 60)
    with stack.device("beside-the-giant") as neighbour:
        before = resident(stack)
        client.connect(stack.broker_host, stack.broker_port)
        client.loop_start()
        try:
            client.publish("suyuan/v1/maker/giant/events", bytes(100 * MB), qos=1)
            wait_for(lambda: gone != [])
        finally:
            client.loop_stop()
        assert neighbour.send(neighbour.batch(1, seen(stack, 5, hours_ago(1)))).stored == 1
    assert resident(stack) - before < 50 * MB


def test_a_flood_from_one_reader_does_not_starve_another_and_loses_nothing(stack: TestStack) -> None:
    stack.gateway.stop()
    with stack.device("flooder") as flooder, stack.device("quiet") as quiet:
        flood = [flooder.batch(n, seen(stack, n, hours_ago(1) + n)) for n in range(1200)]
        digests = {message_digest(message) for message in flood}
        for message in flood:
            flooder._client.publish(flooder.address.topic("events"), message, qos=1)
        flooder.publish(flood[0])
        mine = quiet.batch(1, seen(stack, 7, hours_ago(1)))
        quiet.publish(mine)
        stack.start_gateway(reader_messages="20", batch_messages="20")
        wait_for(lambda: quiet.receipts(message_digest(mine)) != [], 60)
        assert len({each.digest for each in flooder.receipts()}) < len(flood), "the quiet reader came last"
        assert stack.metrics()["suyuan_messages_shed_total"] > 0
        # What a reader does: no receipt, so the identical bytes again, and no more at a time than its share.
        deadline = time.monotonic() + 120
        while missing := digests - {each.digest for each in flooder.receipts()}:
            assert time.monotonic() < deadline, f"{len(missing)} of the flood have no receipt"
            some = [message for message in flood if message_digest(message) in missing][:15]
            for message in some:
                flooder.publish(message)
            wanted = {message_digest(message) for message in some}
            wait_for(lambda wanted=wanted: {each.digest for each in flooder.receipts()} >= wanted, 20)
    stored = "SELECT count(*), count(DISTINCT event_id) FROM suyuan.event WHERE reader_id = 'flooder'"
    assert stack.query(stored) == [(1200, 1200)]


def ready(stack: TestStack) -> tuple[int, dict[str, bool]]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{stack.metrics_port}/ready", timeout=5) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


@pytest.mark.kills_store
def test_ready_says_503_while_store_or_broker_is_down(stack: TestStack) -> None:
    assert ready(stack) == (200, {"ready": True, "broker": True, "store": True})
    stack.postgres.kill()
    wait_for(lambda: ready(stack) == (503, {"ready": False, "broker": True, "store": False}))
    stack.postgres.start()
    wait_for(lambda: ready(stack)[0] == 200, 30)
    stack.broker.kill()
    wait_for(lambda: ready(stack) == (503, {"ready": False, "broker": False, "store": True}))
    stack.broker.start()
    wait_for(lambda: ready(stack)[0] == 200, 30)


def test_json_logs_name_the_batch_and_why_something_was_refused(stack: TestStack) -> None:
    stack.gateway.stop()
    stack.start_gateway(log_format="json", log_level="DEBUG")
    with stack.device("logged") as device:
        message = device.batch(1, Event("mailto:somebody", hours_ago(1), "inspecting"))
        device.send(message)
    lines = [json.loads(line) for line in stack.gateway.output().splitlines()]
    (line,) = [each for each in lines if each.get("first_refused") == message_digest(message)]
    assert line["batch"] >= 1
    assert (line["message"], line["messages"], line["first_reason"]) == ("committed", 1, "not_a_uri")


_SABOTAGE = """
import sys
from gateway.ingest.delivery_buffer import DeliveryBuffer
from gateway.__main__ import main

def broken(self, delivery):
    raise ZeroDivisionError("what no callback should do")

DeliveryBuffer.put = broken
sys.exit(main(["run"]))
"""


def test_an_error_in_the_network_thread_ends_the_process_for_its_supervisor(stack: TestStack) -> None:
    """Otherwise the connection would live on, acknowledging nothing, with nobody behind it."""
    stack.gateway.stop()
    with stack.device("trigger") as device:
        done = subprocess.Popen(
            [sys.executable, "-c", _SABOTAGE],
            env=stack.gateway_environment() | {"PYTHONPATH": str(ROOT), "PATH": ""},
            stderr=subprocess.PIPE,
            text=True,
        )
        message = device.batch(1, seen(stack, 1, hours_ago(1)))
        device.publish(message)
        _, said = done.communicate(timeout=60)
        assert done.returncode == 3, said
        assert "the MQTT network thread has ended" in said
        stack.start_gateway()
        assert device.send(message).stored == 1
