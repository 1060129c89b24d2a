"""Several workers under one supervisor: each on its slot, back when it dies, seen as one."""

import os
import signal
import time
import urllib.request
from pathlib import Path

import pytest

from schemas.event import Event, message_digest
from scripts.system.embedded import mosquitto
from scripts.system.embedded.mosquitto import MosquittoBroker
from scripts.system.embedded.process import children_of
from scripts.system.stack import answers_ready
from scripts.system.under_test import free_port_run
from tests.support.stack import TestStack, hours_ago
from tests.support.waiting import wait_for

pytestmark = [
    pytest.mark.mosquitto,
    pytest.mark.skipif(not mosquitto.available(), reason="Mosquitto is not installed (Debian's package mosquitto)"),
]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A stack around Mosquitto whose gateway is a supervisor of two workers."""
    stack = TestStack(tmp_path_factory.mktemp("supervised") / "state")
    stack.broker = MosquittoBroker(stack.state / "mosquitto", stack.broker.users, die_with_parent=False)
    stack.metrics_port = free_port_run(3)
    try:
        stack.start_store()
        stack.register_maker()
        stack.broker.start()
        start(stack)
        yield stack
    finally:
        stack.stop()


def start(stack: TestStack) -> None:
    settings = stack.gateway_environment() | {"SUYUAN_MQTT_PROTOCOL": "5"}
    stack.start_process(stack.gateway, "gateway", ["supervise", "--workers", "2"], settings)
    stack.gateway.wait_until(lambda: answers_ready(f"http://127.0.0.1:{stack.metrics_port}/ready"), 60)


def samples(stack: TestStack, name: str) -> dict[str, float]:
    """A metric's value for each slot."""
    with urllib.request.urlopen(f"http://127.0.0.1:{stack.metrics_port}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    found = [line.rsplit(" ", 1) for line in lines if line.startswith(name + "{")]
    return {label.split('slot="')[1].split('"')[0]: float(value) for label, value in found}


def test_one_page_shows_every_slots_counters_and_each_obeys_the_law(site: TestStack) -> None:
    with site.device("busy") as device:
        messages = [device.batch(n, Event(site.unit(n), hours_ago(1) + n, "inspecting")) for n in range(60)]
        for message in messages:
            device.publish(message)
        digests = {message_digest(message) for message in messages}
        wait_for(lambda: {each.digest for each in device.receipts()} == digests, 30)
    received = samples(site, "suyuan_events_received_total")
    assert set(received) == {"0", "1"}
    assert sum(received.values()) == 60
    parts = [samples(site, f"suyuan_events_{part}_total") for part in ("stored", "duplicate")]
    assert all(received[slot] == sum(part[slot] for part in parts) for slot in received)


def test_a_killed_worker_comes_back_on_its_slot_and_takes_up_what_it_held(site: TestStack) -> None:
    before = samples(site, "suyuan_worker_restarts_total")
    with site.device("through-a-kill") as device:
        messages = [device.batch(n, Event(site.unit(n), hours_ago(1) + n, "inspecting")) for n in range(100)]
        for number, message in enumerate(messages):
            device.publish(message)
            if number == 50:
                os.kill(children_of(site.gateway.pid)[0], signal.SIGKILL)
        digests = {message_digest(message) for message in messages}
        wait_for(lambda: {each.digest for each in device.receipts()} >= digests, 60)
    after = samples(site, "suyuan_worker_restarts_total")
    assert sum(after.values()) - sum(before.values()) == 1
    wait_for(lambda: answers_ready(f"http://127.0.0.1:{site.metrics_port}/ready"), 30)


def test_a_stopped_supervisor_ends_its_workers_in_order(site: TestStack) -> None:
    workers = children_of(site.gateway.pid)
    site.gateway.send(signal.SIGTERM)
    wait_for(lambda: not site.gateway.running, 30)
    assert [pid for pid in workers if alive(pid)] == []
    assert "killing" not in site.gateway.output()
    start(site)


def test_workers_leave_when_their_supervisor_is_killed_and_the_next_one_gets_their_slots(site: TestStack) -> None:
    workers = children_of(site.gateway.pid)
    site.gateway.send(signal.SIGKILL)
    wait_for(lambda: not site.gateway.running)
    wait_for(lambda: [pid for pid in workers if alive(pid)] == [], 30)
    start(site)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_mosquitto_without_mqtt_5_is_refused_for_several_workers(site: TestStack) -> None:
    site.gateway.stop()
    settings = site.gateway_environment() | {"SUYUAN_MQTT_PROTOCOL": "3.1.1"}
    site.start_process(site.gateway, "gateway", ["supervise", "--workers", "2"], settings)
    deadline = time.monotonic() + 30
    while site.gateway.running and time.monotonic() < deadline:
        time.sleep(0.05)
    assert "SUYUAN_MQTT_PROTOCOL to 5" in site.gateway.output()
    start(site)
