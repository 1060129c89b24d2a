"""Telling people: whatever is killed, nobody misses a notice, and each hears them in order."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import ExitStack
from email import message_from_bytes, policy

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from standardwebhooks import Webhook, WebhookVerificationError

from gateway.notify.channel import Undelivered
from gateway.notify.webhook import UNREACHED, Webhooks
from gateway.store import notices
from gateway.store.connection import connect
from gateway.store.notices import Subscription
from resolver.subscription import stream_api
from schemas.explain.explanation import explain
from schemas.notice import Interest
from schemas.topics import ALL_ALERTS
from schemas.webhook import secret_of
from scripts.environment import ROOT
from scripts.system.embedded.broker import BrokerUser, EmbeddedBroker
from scripts.system.embedded.port import free_port
from tests.support import receivers
from tests.support.case_world import (
    AUTHORITY,
    DEALER,
    GTIN,
    LANE,
    MAKER,
    OTHER_DEALER,
    PLATFORM,
    RIVAL,
    alert,
    case_room,
    item,
    lane_alert,
)
from tests.support.waiting import wait_for

SECRET = "a secret of more than eight characters"


@pytest.fixture(scope="module")
def room(database, tmp_path_factory):
    with case_room(database, tmp_path_factory.mktemp("room"), private_targets="yes") as room:
        yield room


@pytest.fixture
def notifier(database):
    with connect(database.notifier_dsn) as connection:
        yield connection


@pytest.fixture(autouse=True)
def no_subscriptions(room):
    room.owner.execute("DELETE FROM suyuan.subscription")


@pytest.fixture
def environment(database, room):
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("SUYUAN_")},
        "PYTHONPATH": str(ROOT),
        "SUYUAN_DATABASE_URL": database.notifier_dsn,
        "SUYUAN_WEBHOOK_ROOT_FILE": str(room.services.settings.webhook_root_file),
        "SUYUAN_PRIVATE_WEBHOOKS": "yes",
        "SUYUAN_NOTIFY_TURN_MS": "50",
    }


def once(environment, **settings):
    """Let the notifier tell what there is to tell."""
    command = [sys.executable, "-m", "gateway", "notify", "--once"]
    subprocess.run(command, env=environment | settings, check=True, timeout=60, capture_output=True)


class Processes:
    """A webhook's receiver and the notifier, which can be killed."""

    def __init__(self, folder, environment):
        self.port, self.path, self.environment = free_port(), folder / "got.jsonl", environment
        self.running = {}

    def start(self, name):
        command = [sys.executable, receivers.__file__, str(self.port), str(self.path)]
        if name == "notifier":
            command = [sys.executable, "-m", "gateway", "notify"]
        self.running[name] = subprocess.Popen(command, env=self.environment, stderr=subprocess.DEVNULL)

    def kill(self, name):
        process = self.running.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def answer(self, status):
        self.path.with_suffix(".status").write_text(str(status))

    def got(self):
        """What came, in order."""
        if not self.path.exists():
            return []
        return [json.loads(line) for line in self.path.read_text().splitlines()]

    def taken(self):
        """The ids that were answered with 2xx, each at its first time."""
        ids = [json.loads(each["body"])["id"] for each in self.got() if each["answered"] == 200]
        return [int(each) for each in dict.fromkeys(ids)]


@pytest.fixture
def processes(tmp_path, environment):
    processes = Processes(tmp_path, environment)
    yield processes
    for name in list(processes.running):
        processes.kill(name)


def hook(room, processes, **wishes):
    body = {"channel": "webhook", "target": f"http://127.0.0.1:{processes.port}/hook", **wishes}
    return room.ask(MAKER, "POST", "/api/v1/subscriptions", 201, json=body).json()


def numbers_since(room, subscription):
    rows = room.owner.execute(
        "SELECT number FROM suyuan.notice WHERE number > %s AND owner_org = %s ORDER BY number",
        [subscription["cursor"], MAKER],
    )
    return [number for (number,) in rows]


def test_receiver_and_notifier_are_killed_and_nothing_is_lost_and_order_is_kept(room, processes):
    processes.start("receiver")
    subscription = hook(room, processes)
    processes.start("notifier")
    for serial in range(5):
        room.travel(f"A{serial}")
    wait_for(lambda: len(processes.taken()) == 5)

    def progress():
        return room.ask(MAKER, "GET", "/api/v1/subscriptions").json()["subscriptions"][0]

    # What a receiver took is known only once its answer has come back.
    wait_for(lambda: progress()["cursor"] == processes.taken()[-1])
    processes.kill("receiver")
    for serial in range(5, 10):
        room.travel(f"A{serial}")
    wait_for(lambda: progress()["failures"] > 0)
    assert progress()["cursor"] == processes.taken()[-1]
    processes.kill("notifier")
    for serial in range(10, 60):
        room.travel(f"A{serial}")
    processes.start("receiver")
    processes.start("notifier")
    path = f"/api/v1/subscriptions/{subscription['subscription_id']}/resume"
    room.ask(MAKER, "POST", path)
    wait_for(lambda: len(processes.taken()) > 15)
    processes.kill("notifier")
    processes.start("notifier")
    wait_for(lambda: len(processes.taken()) == 60)
    assert processes.taken() == numbers_since(room, subscription)
    for message in processes.got():
        event = Webhook(subscription["secret"]).verify(message["body"], message["headers"])
        assert message["headers"]["webhook-id"] == event["id"]


def test_the_notifier_counts_what_was_taken_and_what_was_not(room, processes):
    port = free_port()
    processes.environment = processes.environment | {"SUYUAN_METRICS_PORT": str(port)}

    def count(name):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith(name))

    processes.start("receiver")
    processes.answer(500)
    hook(room, processes)
    processes.start("notifier")
    room.travel("M1")
    wait_for(processes.got)
    wait_for(lambda: count('suyuan_notices_undelivered_total{channel="webhook"}') > 0)
    assert count('suyuan_notices_told_total{channel="webhook"}') == 0
    assert count("suyuan_notifier_active") == 1
    processes.answer(200)
    wait_for(lambda: count('suyuan_notices_told_total{channel="webhook"}') == 1)


def test_a_notice_carries_the_case_and_why_it_was_raised(room, processes, environment):
    processes.start("receiver")
    hook(room, processes)
    _, case = room.travel("B1")
    once(environment)
    event = json.loads(processes.got()[0]["body"])
    assert (event["specversion"], event["type"]) == ("1.0", "suyuan.alert.opened")
    assert event["data"]["case_id"] == case
    explanation = event["data"]["explanation"]
    assert "1660 km apart" in explanation["evidence"][0]["en"]
    assert "1660 公里" in explanation["evidence"][0]["zh"]
    assert "nearer or" in explanation["silent_if"]["en"]
    assert explanation["innocent"]["measured"] is False


@pytest.mark.parametrize("status", [302, 404, 500])
def test_only_2xx_counts_as_taken(room, processes, environment, status):
    processes.start("receiver")
    processes.answer(status)
    subscription = hook(room, processes)
    room.travel(f"C{status}")
    once(environment)
    (shown,) = room.ask(MAKER, "GET", "/api/v1/subscriptions").json()["subscriptions"]
    assert (shown["cursor"], shown["failures"]) == (subscription["cursor"], 1)
    assert str(status) in shown["last_error"]
    processes.answer(200)
    room.ask(MAKER, "POST", f"/api/v1/subscriptions/{subscription['subscription_id']}/resume")
    once(environment)
    assert processes.taken() == numbers_since(room, subscription)


def test_a_receiver_that_is_gone_is_left_alone_until_a_person_resumes(room, processes, environment):
    processes.start("receiver")
    processes.answer(410)
    hook(room, processes)
    room.travel("C410")
    once(environment)
    room.owner.execute("UPDATE suyuan.subscription SET next_try_at = now()")
    once(environment)
    assert len(processes.got()) == 1
    (shown,) = room.ask(MAKER, "GET", "/api/v1/subscriptions").json()["subscriptions"]
    assert shown["paused_at"] is not None


def test_a_renewed_secret_signs_the_next_notice(room, processes, environment):
    processes.start("receiver")
    subscription = hook(room, processes)
    path = f"/api/v1/subscriptions/{subscription['subscription_id']}/secret"
    secret = room.ask(MAKER, "POST", path).json()["secret"]
    assert secret != subscription["secret"]
    room.travel("C5")
    once(environment)
    (got,) = processes.got()
    assert Webhook(secret).verify(got["body"], got["headers"]) == json.loads(got["body"])
    for other_secret, body in ((subscription["secret"], got["body"]), (secret, got["body"] + " ")):
        with pytest.raises(WebhookVerificationError, match="No matching signature"):
            Webhook(other_secret).verify(body, got["headers"])
    assert abs(int(got["headers"]["webhook-timestamp"]) - time.time()) < 60


def test_a_notice_that_is_sent_again_has_the_same_id_and_is_signed_anew(room, processes, environment):
    processes.start("receiver")
    processes.answer(500)
    subscription = hook(room, processes)
    assert subscription["signature_header"] == "webhook-signature"
    room.travel("C6")
    once(environment)
    processes.answer(200)
    room.ask(MAKER, "POST", f"/api/v1/subscriptions/{subscription['subscription_id']}/resume")
    once(environment)
    first, second = processes.got()
    assert first["headers"]["webhook-id"] == second["headers"]["webhook-id"]
    for message in (first, second):
        Webhook(subscription["secret"]).verify(message["body"], message["headers"])


def test_a_receiver_refuses_a_message_of_an_hour_ago(room, processes, notifier):
    processes.start("receiver")
    an_hour_ago = Webhooks(b"\x11" * 32, lambda: int(time.time()) - 3600, private=True)
    subscription = subscription_of(room, f"http://127.0.0.1:{processes.port}/hook")
    room.travel("C7")
    (notice,) = notices.next_notices(notifier, subscription, 1)
    wait_for(lambda: delivered(an_hour_ago, subscription, notice))
    (got,) = processes.got()
    with pytest.raises(WebhookVerificationError, match="too old"):
        Webhook(secret_of(b"\x11" * 32, subscription.subscription_id, 1)).verify(got["body"], got["headers"])


def delivered(webhooks, subscription, notice):
    """False while the receiver is starting."""
    try:
        webhooks.send(subscription, notice, explain([]))
    except Undelivered:
        return False
    return True


def test_interests_in_kind_product_region_and_change_are_kept(room, processes, environment):
    processes.start("receiver")
    for wishes in (
        {"kinds": ["diverted"]},
        {"gtins": [GTIN]},
        {"markets": ["shanghai"]},
        {"changes": ["closed"]},
        {"kinds": ["forged"]},
    ):
        hook(room, processes, **wishes)
    subject, _ = room.travel("D1")
    room.conclude(LANE, lane_alert())
    room.conclude(LANE)
    room.conclude(subject)
    once(environment)
    told = {}
    for each in processes.got():
        event = json.loads(each["body"])
        told.setdefault(each["headers"]["suyuan-subscription"], []).append((event["data"]["kind"], event["type"][13:]))
    lane, unit = [("diverted", "opened"), ("diverted", "closed")], [("copied", "opened"), ("copied", "closed")]
    assert sorted(told.values()) == sorted([lane, unit, lane, [("diverted", "closed"), ("copied", "closed")]])


def test_the_accused_hears_of_its_lane_the_authority_of_all_others_of_nothing(room, environment):
    with receivers.mail_server() as (port, mails):
        for org in (DEALER, OTHER_DEALER, RIVAL, AUTHORITY):
            body = {"channel": "email", "target": f"{org}@example.com", "language": "en" if org == AUTHORITY else "zh"}
            room.ask(org, "POST", "/api/v1/subscriptions", 201, json=body)
        room.travel("E1")
        room.conclude(LANE, lane_alert())
        smtp = {"SUYUAN_SMTP_HOST": "127.0.0.1", "SUYUAN_SMTP_PORT": str(port), "SUYUAN_SMTP_TLS": "none"}
        once(environment, **smtp, SUYUAN_SMTP_FROM="alerts@example.com")
        wait_for(lambda: len(mails) == 3)
    by_recipient = {}
    for (recipient,), message in mails:
        by_recipient.setdefault(recipient, []).append(message_from_bytes(message, policy=policy.default))
    assert {name: len(found) for name, found in by_recipient.items()} == {
        f"{DEALER}@example.com": 1,
        f"{AUTHORITY}@example.com": 2,
    }
    (chinese,) = by_recipient[f"{DEALER}@example.com"]
    assert chinese["Subject"] in ("[溯源] 新的预警：疑似窜货", "[溯源] 案件重新打开：疑似窜货")
    assert "52 次" in chinese.get_content()
    assert "a handset" not in chinese.get_content()
    english = by_recipient[f"{AUTHORITY}@example.com"][0]
    assert english["Subject"] == "[Suyuan] New alert: copied code suspected"
    assert "1660 km apart" in english.get_content()
    looks = room.owner.execute("SELECT count(*) FROM suyuan.oversight_log WHERE request LIKE 'NOTICE %%'").fetchone()
    assert looks == (2,)


def test_without_a_mail_server_the_notice_waits_and_says_why(room, environment):
    room.ask(MAKER, "POST", "/api/v1/subscriptions", 201, json={"channel": "email", "target": "a@example.com"})
    room.travel("E2")
    once(environment)
    (shown,) = room.ask(MAKER, "GET", "/api/v1/subscriptions").json()["subscriptions"]
    assert "SUYUAN_SMTP_HOST" in shown["last_error"]


def test_notices_come_over_mqtt_on_the_organisations_own_topic(room, environment, tmp_path):
    users = [
        BrokerUser("gateway", SECRET.replace(" ", "-"), publish=("suyuan/v1/+/+/alerts",)),
        BrokerUser("alerts", SECRET.replace(" ", "-"), subscribe=(ALL_ALERTS,)),
    ]
    with EmbeddedBroker(tmp_path / "broker", users, sync=False, die_with_parent=False) as broker:
        got, ready = [], threading.Event()
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="huadu-desk")
        client.username_pw_set("alerts", SECRET.replace(" ", "-"))
        client.on_connect = lambda client, *_: client.subscribe("suyuan/v1/huadu/-/alerts", qos=1)
        client.on_subscribe = lambda *_: ready.set()
        client.on_message = lambda _client, _data, message: got.append((message.topic, json.loads(message.payload)))
        client.connect("127.0.0.1", broker.mqtt_port)
        client.loop_start()
        try:
            assert ready.wait(10)
            answer = room.ask(MAKER, "POST", "/api/v1/subscriptions", 201, json={"channel": "mqtt"}).json()
            assert answer["topic"] == "suyuan/v1/huadu/-/alerts"
            for serial in range(3):
                room.travel(f"F{serial}")
            mqtt_settings = {
                "SUYUAN_MQTT_PORT": str(broker.mqtt_port),
                "SUYUAN_MQTT_USERNAME": "gateway",
                "SUYUAN_MQTT_PASSWORD": SECRET.replace(" ", "-"),
            }
            once(environment, **mqtt_settings)
            wait_for(lambda: len(got) == 3)
        finally:
            client.disconnect()
            client.loop_stop()
    assert {topic for topic, _ in got} == {"suyuan/v1/huadu/-/alerts"}
    assert [int(event["id"]) for _, event in got] == numbers_since(room, answer)


def test_a_webhook_into_ones_own_network_needs_an_explicit_setting(room, notifier):
    webhooks = Webhooks(b"\x11" * 32, lambda: 0, private=False)
    (notice,) = notices.next_notices(notifier, subscription_of(room, "http://127.0.0.1:9/"), 1)
    for target in ("https://127.0.0.1/", "https://localhost/", "https://[::1]:8443/", "https://169.254.169.254/"):
        with pytest.raises(Undelivered, match=f"^{UNREACHED}$"):  # not why: it is nobody's map of the network
            webhooks.send(subscription_of(room, target), notice, explain([]))
    for target in ("http://example.com/", "https://example.com:22/"):
        with pytest.raises(Undelivered, match="https, at port"):
            webhooks.send(subscription_of(room, target), notice, explain([]))


def subscription_of(room, target):
    return Subscription(
        subscription_id=room.owner.execute("SELECT gen_random_uuid()").fetchone()[0],
        org_id=MAKER,
        channel="webhook",
        target=target,
        language="en",
        interest=Interest(),
        secret_number=1,
        cursor=0,
        failures=0,
        overseer=False,
    )


@pytest.mark.parametrize(
    "body",
    [
        {"channel": "webhook"},
        {"channel": "webhook", "target": "ftp://example.com/"},
        {"channel": "email", "target": "a@example.com\r\nBcc: b@example.com"},
        {"channel": "mqtt", "target": "x"},
        {"channel": "webhook", "target": "https://example.com/", "kinds": ["no such kind"]},
    ],
)
def test_a_subscription_that_can_not_work_is_refused(room, body):
    room.ask(MAKER, "POST", "/api/v1/subscriptions", 422, json=body)


def test_subscriptions_are_their_organisations_own(room, processes):
    subscription = hook(room, processes)
    path = f"/api/v1/subscriptions/{subscription['subscription_id']}"
    assert room.ask(RIVAL, "GET", "/api/v1/subscriptions").json() == {"subscriptions": []}
    room.ask(RIVAL, "DELETE", path, 404)
    room.ask(RIVAL, "POST", f"{path}/secret", 404)
    room.ask(MAKER, "DELETE", path)
    assert room.ask(MAKER, "GET", "/api/v1/subscriptions").json() == {"subscriptions": []}


def test_a_notice_that_is_committed_late_is_not_passed_over(database, room, notifier):
    """A transaction that began first and commits last still gets a number behind all that were given."""
    notices.number_notices(notifier)
    before = notices.last_number(notifier)
    slow = database.owner()
    with slow.transaction():
        slow.execute(
            "INSERT INTO suyuan.notice (change, owner_org, subject, kind) VALUES ('opened', %s, 'slow', 'copied')",
            [MAKER],
        )
        room.travel("G1")
        notices.number_notices(notifier)
    slow.close()
    notices.number_notices(notifier)
    rows = room.owner.execute(
        "SELECT subject, number FROM suyuan.notice WHERE number > %s ORDER BY number", [before]
    ).fetchall()
    assert rows == [(item("G1"), before + 1), ("slow", before + 2)]


# The live stream


def events_of(answer, count):
    """The next events of a stream, as (id, event, data)."""
    found, fields = [], {}
    for line in answer.iter_lines():
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif "id" in fields:
            found.append((int(fields["id"]), fields["event"], json.loads(fields["data"])))
            fields = {}
            if len(found) == count:
                return found
    return found


def test_a_stream_goes_on_where_it_was_cut(room):
    with room.client.stream("GET", "/api/v1/alerts/stream", headers=room.tokens[MAKER]) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        room.travel("H1")
        ((number, event, data),) = events_of(answer, 1)
    assert (event, data["data"]["subject"]) == ("opened", item("H1"))
    room.travel("H2")
    room.travel("H3")
    headers = room.tokens[MAKER] | {"Last-Event-ID": str(number)}
    with room.client.stream("GET", "/api/v1/alerts/stream", headers=headers) as answer:
        assert [data["data"]["subject"] for _, _, data in events_of(answer, 2)] == [item("H2"), item("H3")]
    headers = room.tokens[RIVAL] | {"Last-Event-ID": "0"}
    with room.client.stream("GET", "/api/v1/alerts/stream?change=rule", headers=headers) as answer:
        assert answer.status_code == 200
    assert room.client.get("/api/v1/alerts/stream").status_code == 401
    bad = room.tokens[MAKER] | {"Last-Event-ID": "x"}
    assert room.client.get("/api/v1/alerts/stream", headers=bad).status_code == 422


def test_a_silent_stream_breathes_and_ends_when_its_token_is_revoked(room, monkeypatch):
    monkeypatch.setattr(stream_api, "HEARTBEAT_S", 0.1)
    with room.client.stream("GET", "/api/v1/alerts/stream", headers=room.tokens[OTHER_DEALER]) as answer:
        lines = answer.iter_lines()
        assert next(line for line in lines if line.startswith(":")) == ": still here"
        room.owner.execute("UPDATE suyuan.api_token SET revoked_at = now() WHERE org_id = %s", [OTHER_DEALER])
        assert all(line in ("", ": still here") for line in lines)


def test_a_token_has_five_streams_and_takes_none_from_others(room):
    def stream(org):
        return room.client.stream("GET", "/api/v1/alerts/stream", headers=room.tokens[org])

    with ExitStack() as open_streams:
        for _ in range(5):
            assert open_streams.enter_context(stream(DEALER)).status_code == 200
        assert open_streams.enter_context(stream(DEALER)).status_code == 429
        assert open_streams.enter_context(stream(RIVAL)).status_code == 200
    wait_for(lambda: len(room.services.token_streams) == len(room.services.org_streams) == 0)


def test_alerts_explain_themselves(room):
    subject, _ = room.travel("I1")
    room.conclude(subject, alert(subject), alert(subject, seconds=60))
    rows = []
    path = "/api/v1/alerts?kind=copied&limit=1000"
    rows = room.ask(MAKER, "GET", path).json()["alerts"]
    shown = next(row for row in rows if row["subject"] == subject)
    assert len(shown["explanation"]["evidence"]) == 3
    assert shown["explanation"]["innocent"]["probability"] == 0.025


def test_a_key_that_a_reader_introduced_is_told_to_its_owner_and_to_the_operator_alone(room, environment, processes):
    orgs = (MAKER, RIVAL, DEALER, AUTHORITY, PLATFORM)
    processes.start("receiver")
    target = {"channel": "webhook", "target": f"http://127.0.0.1:{processes.port}/hook"}
    subscribers = {
        room.ask(org, "POST", "/api/v1/subscriptions", 201, json=target).json()["subscription_id"]: org for org in orgs
    }
    room.owner.execute("INSERT INTO suyuan.reader (org_id, reader_id) VALUES (%s, 'line-1')", [MAKER])
    room.owner.execute(
        "INSERT INTO suyuan.reader_key (org_id, reader_id, kid, public_key, introduced_by)"
        " VALUES (%s, 'line-1', 'k2', %s, 'k1')",
        [MAKER, bytes(31) + b"\2"],
    )
    once(environment)
    told = {
        (subscribers[each["headers"]["suyuan-subscription"]], json.loads(each["body"])["subject"])
        for each in processes.got()
    }
    assert told == {(org, f"key/reader/{MAKER}/line-1/6b32") for org in (MAKER, PLATFORM)}
