"""Batches by HTTP: the same signed bytes, the same transaction, the receipt as the answer."""

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import httpx
import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmware_sim.device.journal import Journal
from firmware_sim.device.pacing import Limits
from firmware_sim.device.reader import Capture, Reader
from schemas import enrolment
from schemas.event import MAX_MESSAGE_BYTES, Event, message_digest
from schemas.topics import Address
from scripts.system.fixtures import MAKER
from tests.support.stack import Device, TestStack, hours_ago, now
from tests.support.waiting import wait_for


@pytest.fixture(scope="module")
def capture(tmp_path_factory):
    """A store and the HTTP capture: no broker, no gateway on one."""
    stack = TestStack(tmp_path_factory.mktemp("capture") / "state")
    try:
        stack.start_store()
        stack.register_maker()
        stack.start_capture(capture_wait_s="3", reader_messages="4")
        yield stack
    finally:
        stack.stop()


@pytest.fixture(scope="module")
def http(capture):
    with httpx.Client(base_url=capture.capture_url, timeout=30) as client:
        yield client


def enrolled(stack, reader_id):
    """Signs batches like a reader, and never speaks to a broker."""
    device = Device(stack, Address(MAKER, reader_id))
    stack.enrol_reader(MAKER, reader_id, device.key.public_key().public_bytes_raw(), device.kid)
    return device


def stored(stack, reader_id):
    return stack.query("SELECT count(*), count(DISTINCT event_id) FROM suyuan.event WHERE reader_id = %s", reader_id)[0]


def test_a_batch_by_http_is_stored_once_and_its_receipt_is_the_answer(capture, http) -> None:
    device = enrolled(capture, "fire-walled")
    message = device.batch(1, *(Event(capture.unit(n), hours_ago(2) + n, "inspecting") for n in range(3)))
    answers = [http.post(f"/capture/{MAKER}/fire-walled", content=message) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200] * 3
    receipt = answers[0].json()
    assert receipt["digest"] == message_digest(message)
    assert (receipt["stored"], receipt["duplicate"], receipt["rejected"]) == (3, 0, 0)
    assert [answer.json() for answer in answers] == [receipt] * 3
    assert stored(capture, "fire-walled") == (3, 3)


def test_a_wrong_event_is_named_in_the_receipt_and_its_neighbours_are_stored(capture, http) -> None:
    device = enrolled(capture, "half-good")
    events = [Event(capture.unit(10), hours_ago(1), "inspecting"), Event(capture.unit(11), hours_ago(1), "selling")]
    receipt = http.post(f"/capture/{MAKER}/half-good", content=device.batch(1, *events)).json()
    assert (receipt["stored"], receipt["rejected"]) == (1, 1)
    assert [(each["position"], each["reason"]) for each in receipt["rejections"]] == [(1, "vocabulary")]


def test_whoever_can_not_sign_gets_no_further_than_the_door(capture, http) -> None:
    device = enrolled(capture, "known")
    message = device.batch(1, Event(capture.unit(12), hours_ago(1), "inspecting"))
    before = capture.query("SELECT count(*) FROM suyuan.dead_message")
    damaged = message[:-1] + bytes([message[-1] ^ 1])
    stranger = Device(capture, Address(MAKER, "known"))
    other_key = Device(capture, Address(MAKER, "known"))
    other_key.kid = b"k9"
    for path, content, status, reason in (
        (f"/capture/{MAKER}/known", damaged, 401, "bad_signature"),
        (f"/capture/{MAKER}/known", stranger.batch(1), 401, "bad_signature"),
        (f"/capture/{MAKER}/known", other_key.batch(1), 401, "unknown_key"),
        (f"/capture/{MAKER}/nobody", message, 401, "unknown_reader"),
        (f"/capture/{MAKER}/known", b"hello", 400, "unreadable"),
        (f"/capture/{MAKER}/known", b"", 400, "unreadable"),
        ("/capture/Maker/known", message, 404, "topic"),
        (f"/capture/{MAKER}/known", bytes(MAX_MESSAGE_BYTES + 1), 413, "too_large"),
    ):
        answer = http.post(path, content=content)
        assert (answer.status_code, answer.json()["reason"]) == (status, reason), answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["fix"]
    assert capture.query("SELECT count(*) FROM suyuan.dead_message") == before
    assert http.get(f"/capture/{MAKER}/known").status_code == 405
    assert http.post(f"/capture/{MAKER}/known", content=message).status_code == 200


def test_a_revoked_key_is_refused_from_the_next_request_on(capture, http) -> None:
    device = enrolled(capture, "dismissed")
    good = http.post(
        f"/capture/{MAKER}/dismissed", content=device.batch(1, Event(capture.unit(13), hours_ago(1), "inspecting"))
    )
    assert good.status_code == 200
    capture.query("UPDATE suyuan.reader_key SET revoked_at = now() WHERE reader_id = 'dismissed' RETURNING 1")
    answer = http.post(f"/capture/{MAKER}/dismissed", content=device.batch(2))
    assert (answer.status_code, answer.json()["reason"]) == (403, "revoked_key")


def test_slow_bodies_in_a_readers_name_or_in_nobodys_keep_neither_it_nor_another_waiting(capture, http) -> None:
    devices = {"slow": enrolled(capture, "slow"), "quick": enrolled(capture, "quick")}
    with ExitStack() as slow:
        for reader_id in ("slow", "nobody-at-all"):
            head = f"POST /capture/{MAKER}/{reader_id} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nabc"
            for _ in range(30):
                half = slow.enter_context(socket.create_connection(("127.0.0.1", capture.capture_port)))
                half.sendall(head.encode())
        for reader_id, device in devices.items():
            message = device.batch(1, Event(capture.unit(60), hours_ago(1), "inspecting"))
            assert http.post(f"/capture/{MAKER}/{reader_id}", content=message).status_code == 200


def test_a_large_message_from_nobody_is_answered_and_not_kept(capture, http) -> None:
    answer = http.post(f"/capture/{MAKER}/nobody", content=bytes(MAX_MESSAGE_BYTES))
    assert (answer.status_code, answer.json()["reason"]) == (401, "unknown_reader")


def test_while_the_store_takes_nothing_requests_are_told_to_come_again_and_nothing_is_doubled(capture, http) -> None:
    device = enrolled(capture, "patient")
    messages = [device.batch(n, Event(capture.unit(20 + n), hours_ago(1), "inspecting")) for n in range(12)]

    def post(message: bytes) -> httpx.Response:
        return http.post(f"/capture/{MAKER}/patient", content=message)

    with psycopg.connect(capture.postgres.owner_dsn) as owner:
        owner.execute("LOCK TABLE suyuan.event_batch IN ACCESS EXCLUSIVE MODE")
        with ThreadPoolExecutor(len(messages)) as pool:
            first = pool.submit(post, messages[0])
            # Only when the worker stands at the lock do messages stay in the queue: before, it takes them as they come.
            wait_for(lambda: capture.query("SELECT 1 FROM pg_locks WHERE NOT granted"))
            answers = [*pool.map(post, messages[1:]), first.result()]
    assert {answer.status_code for answer in answers} == {503}
    assert all(int(answer.headers["retry-after"]) > 0 for answer in answers)
    assert {answer.json()["reason"] for answer in answers} == {"no_receipt_yet", "busy"}, (
        "one reader's queue is bounded"
    )
    for message in messages:
        answer = http.post(f"/capture/{MAKER}/patient", content=message)
        assert answer.status_code == 200
        assert answer.json()["digest"] == message_digest(message)
    assert stored(capture, "patient") == (12, 12)


def test_a_reader_behind_a_firewall_empties_its_journal_by_http_through_a_restart(capture, tmp_path) -> None:
    key = Ed25519PrivateKey.generate()
    capture.enrol_reader(MAKER, "by-http", key.public_key().public_bytes_raw(), b"k1")
    journal = Journal(tmp_path / "journal.sqlite")
    limits = Limits(events=5, age_s=0.1, resend_s=1, max_resend_s=2)
    way = Capture(capture.capture_url)
    with Reader(Address(MAKER, "by-http"), key, b"k1", journal, way, clock=now, limits=limits) as reader:
        reader.scan(*(Event(capture.unit(40 + n), hours_ago(1), "inspecting") for n in range(12)))
        assert reader.drain(20)
        capture.capture.kill()
        reader.scan(*(Event(capture.unit(60 + n), hours_ago(1), "inspecting") for n in range(20)))
        wait_for(lambda: "no answer" in (reader.statistics().last_error or ""))
        capture.start_capture()
        assert reader.drain(40)
        figures = reader.statistics()
    journal.close()
    assert stored(capture, "by-http") == (32, 32)
    assert (figures.sent, figures.stored + figures.duplicate, figures.rejected) == (32, 32, 0)


def test_a_stop_in_the_middle_answers_or_hangs_up_but_never_takes_back_a_receipt(capture) -> None:
    device = enrolled(capture, "cut-short")
    messages = [device.batch(n, Event(capture.unit(100 + n), hours_ago(1), "inspecting")) for n in range(60)]
    receipted: list[int] = []

    def post(number: int) -> None:
        try:
            answer = httpx.post(
                f"{capture.capture_url}/capture/{MAKER}/cut-short", content=messages[number], timeout=20
            )
        except httpx.HTTPError:
            return
        if answer.status_code == 200:
            receipted.append(number)

    with ThreadPoolExecutor(4) as pool:
        posted = [pool.submit(post, number) for number in range(60)]
        wait_for(lambda: len(receipted) >= 5)
        capture.capture.stop()
        for each in posted:
            each.result()
    assert capture.capture._child.returncode == 0
    assert stored(capture, "cut-short")[0] >= len(receipted) >= 5
    capture.start_capture()
    for number in range(60):
        post(number)
    assert set(receipted) == set(range(60))
    assert stored(capture, "cut-short") == (60, 60)


def test_a_token_enrols_a_key_at_the_capture_too_and_only_once(capture, http) -> None:
    token = enrolment.TOKEN_PREFIX + "B" * 43
    capture.query(
        "INSERT INTO suyuan.enrolment (token_hash, org_id, reader_id, created_by, expires_at)"
        " VALUES (%s, %s, 'pocket', 'a test', now() + interval '1 hour') RETURNING 1",
        enrolment.token_hash(token),
        MAKER,
    )

    def request(key: Ed25519PrivateKey, token: str = token, proof: bytes | None = None) -> httpx.Response:
        public = key.public_key().public_bytes_raw()
        proof = proof or key.sign(enrolment.enrolment_text(token, b"p1", public))
        body = {"token": token, "kid": b"p1".hex(), "public_key": public.hex(), "proof": proof.hex()}
        return http.post("/enrolments/redemption", json=body)

    key, other = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    assert request(key, proof=bytes(64)).json()["reason"] == "not_proven"
    made = request(key)
    assert (made.status_code, made.json()["reader_id"]) == (201, "pocket")
    assert request(key).status_code == 200, "the answer may have been lost on its way"
    assert request(other).json()["reason"] == "used_token"
    assert request(key, token=enrolment.TOKEN_PREFIX + "C" * 43).status_code == 404
    for body in (b"{", b"[]", json.dumps({"token": token}).encode(), b"x" * 5000):
        assert http.post("/enrolments/redemption", content=body).status_code in (400, 413)
    device = Device(capture, Address(MAKER, "pocket"))
    device.key, device.kid = key, b"p1"
    sent = http.post(
        f"/capture/{MAKER}/pocket", content=device.batch(1, Event(capture.unit(90), hours_ago(1), "inspecting"))
    )
    assert sent.json()["stored"] == 1
