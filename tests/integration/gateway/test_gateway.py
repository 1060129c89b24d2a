"""The flow over the real broker and the real PostgreSQL: signed batches in, receipts out, nothing lost or doubled."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import cbor2
import pytest

from gateway.store import dead_letters
from schemas import cose
from schemas.event import Action, Event, LocationSource, message_digest
from schemas.geodesy import Position
from scripts.system.fixtures import GTIN, MAKER, add_site
from tests.support.stack import SSCC, TestStack, hours_ago, now
from tests.support.waiting import wait_for

SHANGHAI = Position(31.2304, 121.4737, 100)
DAY = 24 * 3_600_000_000
URUMQI = Position(43.8256, 87.6168, 100)


@pytest.fixture(scope="module", autouse=True)
def maker(stack: TestStack) -> None:
    stack.register_maker()


def seen(item: str, at: int, *, where: Position = SHANGHAI, step: str = "inspecting", **more) -> Event:
    return Event(item, at, step, position=where, source=LocationSource.GPS, **more)


def test_a_batch_is_stored_and_then_receipted(stack: TestStack) -> None:
    with stack.device("reader-a") as device:
        message = device.batch(1, seen(stack.unit(0), hours_ago(2)), seen(stack.unit(1), hours_ago(1)))
        receipt = device.send(message)
    assert (receipt.sequence, receipt.stored, receipt.duplicate, receipt.rejected) == (1, 2, 0, 0)
    stored = stack.query("SELECT item_id, proof FROM suyuan.event WHERE reader_id = 'reader-a' ORDER BY occurred_at")
    assert stored == [(stack.unit(0)[1:], "sealed"), (stack.unit(1)[1:], "sealed")]


def test_the_same_batch_again_is_a_duplicate_with_the_same_receipt(stack: TestStack) -> None:
    with stack.device("reader-b") as device:
        message = device.batch(7, seen(stack.unit(2), hours_ago(2)))
        before = stack.metrics()
        receipts = [device.send(message) for _ in range(3)]
        after = stack.metrics()
    assert len(set(receipts)) == 1
    assert stack.query("SELECT count(*) FROM suyuan.event WHERE reader_id = 'reader-b'") == [(1,)]
    assert after["suyuan_events_duplicate_total"] - before["suyuan_events_duplicate_total"] == 2


def test_json_inside_the_envelope_is_read_as_well(stack: TestStack) -> None:
    with stack.device("reader-json") as device:
        receipt = device.send(device.batch(1, seen(stack.unit(3), hours_ago(2)), content_type=cose.JSON))
    assert receipt.stored == 1


def test_a_bad_event_leaves_its_neighbours_unharmed(stack: TestStack) -> None:
    with stack.device("reader-c") as device:
        message = device.batch(
            1,
            seen(stack.unit(4), hours_ago(2)),
            seen(stack.unit(5), 62_135_596_800),
            seen(stack.unit(6), now() + 10 * 86_400_000_000),
            seen("/01/09521234000018/21/!", hours_ago(1)),
            seen("mailto:somebody", hours_ago(1)),
        )
        receipt = device.send(message)
    assert (receipt.stored, receipt.rejected) == (1, 4)
    reasons = {rejection.position: rejection.reason for rejection in receipt.rejections}
    assert reasons[1] == reasons[2] == "impossible_time"
    assert (reasons[3], reasons[4]) == ("check_digit", "not_a_uri")
    dead = stack.query(
        "SELECT position, reason FROM suyuan.dead_letter WHERE digest = %s ORDER BY position",
        bytes.fromhex(message_digest(message)),
    )
    assert dead == sorted(reasons.items())


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda device, message: message[:-1] + bytes([message[-1] ^ 1]), "bad_signature"),
        (lambda device, message: b"\xff" * 40, "unreadable"),
        (lambda device, message: b"", "unreadable"),
        (lambda device, message: cbor2.dumps([[[[[]]]]]), "unreadable"),
        (lambda device, message: b"\x81" * 100_000, "unreadable"),
        (lambda device, message: device.sign(b"\xa1\x01\x18\x63"), "unsupported"),
        (lambda device, message: device.sign(json.dumps({"version": 1}).encode(), cose.JSON), "unreadable"),
        (lambda device, message: message + bytes(1 << 20), "too_large"),
    ],
)
def test_a_message_that_cannot_be_used_is_kept_with_its_reason(stack: TestStack, spoil, reason) -> None:
    with stack.device(f"bad-{os.urandom(4).hex()}") as device:
        message = spoil(device, device.batch(1, seen(stack.unit(7), hours_ago(2))))
        receipt = device.send(message)
    assert (receipt.stored, receipt.rejected) == (0, 1)
    assert receipt.rejections[0].reason == reason
    kept = stack.query(
        "SELECT message, whole_size FROM suyuan.dead_message WHERE digest = %s", bytes.fromhex(receipt.digest)
    )
    beginning, whole = message[: dead_letters.REFUSED_BYTES], len(message) > dead_letters.REFUSED_BYTES
    assert [(bytes(each), size) for each, size in kept] == [(beginning, len(message) if whole else None)]


def test_an_unknown_reader_is_refused(stack: TestStack) -> None:
    with stack.device("nobody", enrol=False) as device:
        receipt = device.send(device.batch(1, seen(stack.unit(8), hours_ago(2))))
    assert receipt.rejections[0].reason == "unknown_reader"


def test_a_revoked_key_is_refused_at_once(stack: TestStack) -> None:
    with stack.device("reader-revoked") as device:
        assert device.send(device.batch(1, seen(stack.unit(9), hours_ago(2)))).stored == 1
        with stack.owner() as owner:
            owner.execute("UPDATE suyuan.reader_key SET revoked_at = now() WHERE reader_id = 'reader-revoked'")
        assert device.send(device.batch(2, seen(stack.unit(9), hours_ago(1)))).rejections[0].reason == "revoked_key"


def test_one_reader_cannot_speak_for_another(stack: TestStack) -> None:
    with stack.device("reader-true") as true, stack.device("reader-false") as false:
        false.key, false.kid = true.key, true.kid
        receipt = false.send(true.batch(1, seen(stack.unit(10), hours_ago(2))))
    assert receipt.rejections[0].reason == "bad_signature"


def test_a_sequence_number_used_twice_names_the_reader_not_the_goods(stack: TestStack) -> None:
    with stack.device("reader-twice") as device:
        assert device.send(device.batch(1, seen(stack.unit(11), hours_ago(2)))).stored == 1
        receipt = device.send(device.batch(1, seen(stack.unit(12), hours_ago(2))))
    assert (receipt.stored, receipt.rejected) == (0, 1)
    assert receipt.rejections[0].reason == "sequence_conflict"
    incidents = stack.query("SELECT subject, kind FROM suyuan.incident_member WHERE subject LIKE 'reader/%%'")
    assert (f"reader/{MAKER}/reader-twice", "device") in incidents


def test_a_reader_far_from_its_site_is_told_once_a_day_and_silently(stack: TestStack) -> None:
    with stack.owner() as owner:
        add_site(owner, "shop-here", "shop", SHANGHAI.latitude, SHANGHAI.longitude)
    day = now() // DAY * DAY - DAY  # yesterday, whatever the hour
    with stack.device("stray") as device:
        for sequence in (1, 2):
            event = seen(stack.unit(700 + sequence), day + sequence, where=URUMQI, read_point="shop-here")
            assert device.send(device.batch(sequence, event)).stored == 1
    found = "SELECT level, evidence -> 'details' FROM suyuan.finding WHERE subject = %s"
    assert stack.query(found, f"reader/{MAKER}/stray") == [("watch", {"read_point": "shop-here", "km": 3250})]


def test_a_copied_code_is_an_incident_and_a_forged_one_is_not_until_seen_twice(stack: TestStack) -> None:
    copied = stack.unit(20)
    forged = f"/01/{GTIN}/21/0123456789ABCDEFGHJK"
    with stack.device("east") as east, stack.device("west") as west:
        east.send(east.batch(1, seen(copied, hours_ago(5)), seen(forged, hours_ago(5))))
        assert stack.query("SELECT kind FROM suyuan.incident_member WHERE subject = %s", forged[1:]) == []
        west.send(west.batch(1, seen(copied, hours_ago(4), where=URUMQI), seen(forged, hours_ago(4), where=URUMQI)))
    assert stack.query("SELECT kind FROM suyuan.incident_member WHERE subject = %s", copied[1:]) == [("copied",)]
    held = "SELECT kind, level FROM suyuan.finding WHERE subject = %s AND withdrawn_at IS NULL ORDER BY level"
    assert stack.query(held, forged[1:]) == [("forged", "alert"), ("forged", "fact")]


def test_late_evidence_takes_an_accusation_back(stack: TestStack) -> None:
    """Seen before its commissioning, until the commissioning's true date is reported: the incident closes by itself."""
    unit = stack.unit(21)
    incident = "SELECT state, findings FROM suyuan.incident WHERE subject = %s AND kind = 'early'"
    with stack.owner() as owner:
        owner.execute("UPDATE suyuan.commissioning SET commissioned_at = now() - interval '3 hours'")
    try:
        with stack.device("late-a") as a:
            a.send(a.batch(1, seen(unit, hours_ago(5))))
            assert stack.query(incident, unit[1:]) == [("new", 1)]
            # The commissioning was reported late, with its true date; the next event of the unit lets it be seen.
            with stack.owner() as owner:
                owner.execute("UPDATE suyuan.commissioning SET commissioned_at = '2025-01-01'")
            a.send(a.batch(2, seen(unit, hours_ago(4))))
        assert stack.query(incident, unit[1:]) == [("closed", 0)]
    finally:
        with stack.owner() as owner:
            owner.execute("UPDATE suyuan.commissioning SET commissioned_at = '2025-01-01'")


def test_what_happened_to_a_pallet_happened_to_its_contents(stack: TestStack) -> None:
    unit, pallet = stack.unit(30), f"/00/{SSCC}"
    with stack.device("plant") as plant, stack.device("far") as far:
        plant.send(
            plant.batch(
                1,
                Event(pallet, hours_ago(10), "packing", children=(unit,), action=Action.ADD),
                seen(pallet, hours_ago(9), step="shipping"),
            )
        )
        # While its pallet is being shipped in Shanghai, the unit is scanned in Urumqi: one of the two is a copy.
        far.send(far.batch(1, seen(unit, hours_ago(8.5), where=URUMQI)))
    assert stack.query("SELECT kind FROM suyuan.incident_member WHERE subject = %s", unit[1:]) == [("copied",)]


def test_judging_reaches_the_contents_when_the_pallet_is_heard_of_later(stack: TestStack) -> None:
    unit, pallet = stack.unit(31), "/00/" + SSCC
    with stack.device("plant-late") as plant, stack.device("far-early") as far:
        far.send(far.batch(1, seen(unit, hours_ago(8.5), where=URUMQI)))
        plant.send(plant.batch(1, Event(pallet, hours_ago(10), "packing", children=(unit,), action=Action.ADD)))
        plant.send(plant.batch(2, seen(pallet, hours_ago(8.4), step="shipping")))
    assert stack.query("SELECT kind FROM suyuan.incident_member WHERE subject = %s", unit[1:]) == [("copied",)]


def test_counters_obey_the_law(stack: TestStack) -> None:
    counted = stack.metrics()
    parts = ("stored", "duplicate", "rejected")
    assert counted["suyuan_events_received_total"] > 0
    assert counted["suyuan_events_received_total"] == sum(counted[f"suyuan_events_{part}_total"] for part in parts)


@pytest.mark.kills_store
def test_the_store_may_go_away_and_come_back(stack: TestStack) -> None:
    with stack.device("patient") as device:
        message = device.batch(1, seen(stack.unit(40), hours_ago(1)))
        stack.postgres.kill()
        device.publish(message)
        time.sleep(1)
        assert device.receipts() == [], "a receipt without a commit"
        stack.postgres.start()
        wait_for(lambda: device.receipts(message_digest(message)) != [], 30)
    assert stack.query("SELECT count(*) FROM suyuan.event WHERE reader_id = 'patient'") == [(1,)]


def test_kill_9_of_the_gateway_in_mid_stream_loses_and_doubles_nothing(stack: TestStack) -> None:
    batches, size = 150, 20
    with stack.device("streaming") as device:
        messages = [
            device.batch(
                n, *(seen(stack.unit(100 + (n * size + i) % 800), hours_ago(2) + n * 1000 + i) for i in range(size))
            )
            for n in range(batches)
        ]
        digests = {message_digest(message) for message in messages}

        def stream() -> None:
            for message in messages:
                device.publish(message)
                time.sleep(0.005)

        sender = threading.Thread(target=stream)
        sender.start()
        for _ in range(3):
            time.sleep(0.4)
            stack.gateway.kill()
            stack.start_gateway()
        sender.join()
        deadline = time.monotonic() + 60
        while (missing := digests - {each.digest for each in device.receipts()}) and time.monotonic() < deadline:
            # What a reader does: no receipt, so the identical bytes again.
            time.sleep(2)
            for message in messages:
                if message_digest(message) in missing - {each.digest for each in device.receipts()}:
                    device.publish(message)
    assert missing == set()
    assert stack.query("SELECT count(*), count(DISTINCT event_id) FROM suyuan.event WHERE reader_id = 'streaming'") == [
        (batches * size, batches * size)
    ]


def test_dead_letters_are_replayed_once_their_cause_is_gone(stack: TestStack) -> None:
    with stack.device("early-bird", enrol=False) as device:
        assert device.send(device.batch(1, seen(stack.unit(50), hours_ago(1)))).rejected == 1
        stack.enrol_reader(MAKER, "early-bird", device.key.public_key().public_bytes_raw(), device.kid)
    done = subprocess.run(
        [sys.executable, "-m", "gateway", "replay-dead", "--reason", "unknown_reader"],
        env=os.environ | stack.gateway_environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "1 events stored" in done.stdout
    assert stack.query("SELECT count(*) FROM suyuan.event WHERE reader_id = 'early-bird'") == [(1,)]


def test_a_stopped_gateway_commits_and_receipts_the_batch_that_it_has_taken(stack: TestStack) -> None:
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    item = stack.unit(60)
    with stack.device("stopped") as device, stack.owner() as owner:
        device.send(device.batch(1, seen(item, hours_ago(2))))
        message = device.batch(2, seen(item, hours_ago(1)))
        with owner.transaction():
            # The gateway's transaction can't go on until this one ends.
            owner.execute("SELECT FROM suyuan.item_state WHERE item_id = %s FOR UPDATE", [item[1:]])
            device.publish(message)
            wait_for(lambda: stack.query(waiting) != [(0,)])
            stack.gateway.send(signal.SIGTERM)
            with pytest.raises(AssertionError):
                wait_for(lambda: not stack.gateway.running, 0.5)
        wait_for(lambda: not stack.gateway.running)
        wait_for(lambda: device.receipts(message_digest(message)))
        assert device.receipts(message_digest(message))[0].stored == 1
    assert stack.query("SELECT count(*) FROM suyuan.event WHERE reader_id = 'stopped'") == [(2,)]
    stack.start_gateway()
