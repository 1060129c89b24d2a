import random
import signal
import sqlite3
import subprocess
import sys
import time

import pytest

from firmware_sim.device.journal import Journal, JournalUnavailable
from schemas.errors import Misconfigured
from schemas.event import Action, Audience, Event, LocationSource, message_digest
from schemas.geodesy import Position
from schemas.receipt import Receipt, Rejection

AT = 1_790_000_000_000_000

# Scans with rising numbers, cut and settled as they come. Each line tells what the journal has promised by then.
WRITER = """
import sys
from pathlib import Path
from firmware_sim.device.journal import Journal
from schemas.event import Event
from schemas.receipt import Receipt

journal = Journal(Path(sys.argv[1]))
number = int(sys.argv[2])

def sign(sequence, events):
    return f"{sequence}:{','.join(event.item for event in events)}".encode()

def tell(*words):
    print(*words, flush=True)

while True:
    for _ in range(3):
        journal.add([Event(f"/{number}", 1_790_000_000_000_000, "shipping")])
        tell("scanned", number)
        number += 1
    made = journal.cut(sign, max_events=2, max_bytes=1000)
    tell("cut", made.sequence, made.message.decode())
    waiting = journal.outgoing()
    journal.mark_sent([batch.sequence for batch in waiting], 1)
    if len(waiting) > 3:
        # Told first: a receipt exists before the reader learns of it.
        tell("settled", waiting[0].sequence, waiting[0].message.decode())
        journal.settle(Receipt(waiting[0].digest, waiting[0].sequence, waiting[0].events, 0, 0, 1))
"""


def event(number=1):
    return Event(f"/00/{number}", AT + number, "shipping")


def sign(sequence, events):
    return f"{sequence}:{','.join(event.item for event in events)}".encode()


def receipt(outgoing, *, stored=None, rejections=()):
    stored = outgoing.events - len(rejections) if stored is None else stored
    return Receipt(outgoing.digest, outgoing.sequence, stored, 0, len(rejections), AT, tuple(rejections))


@pytest.fixture
def journal(tmp_path):
    opened = Journal(tmp_path / "journal.sqlite")
    yield opened
    opened.close()


def test_a_journal_killed_at_any_point_keeps_every_promise(tmp_path):
    path, rng = tmp_path / "journal.sqlite", random.Random(1)
    scanned, messages, settled = set(), {}, set()
    for round_number in range(60):
        if round_number >= 12 and len(scanned) > 100 and len(settled) > 20:
            break  # on a busy machine a round gets less far
        child = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), str(1000 * round_number)], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout.readline()
        time.sleep(rng.uniform(0.0, 0.12))
        child.send_signal(signal.SIGKILL)
        told = child.stdout.read().split("\n")[:-1]  # a last line without its end was never told
        child.stdout.close()
        assert child.wait() == -signal.SIGKILL
        scanned.add(f"/{1000 * round_number}")
        for line in told:
            words = line.split()
            if words[0] == "scanned":
                scanned.add(f"/{words[1]}")
            elif words[0] == "cut":
                # No sequence number is used twice, not even by a batch that was never told of.
                assert int(words[1]) not in messages
                messages[int(words[1])] = words[2]
            else:
                settled.add(int(words[1]))
                messages.setdefault(int(words[1]), words[2])

        journal = Journal(path)
        unsettled = {batch.sequence: batch.message.decode() for batch in journal.outgoing()}
        waiting = journal._db.execute("SELECT event FROM scan").fetchall()
        journal.close()
        for sequence, message in messages.items():
            assert unsettled.get(sequence, message) == message
            assert sequence in unsettled or sequence in settled
        messages |= unsettled
        in_batches = [item for message in messages.values() for item in message.partition(":")[2].split(",")]
        unsent = [row[0].split('"')[3] for row in waiting]
        journaled = in_batches + unsent
        assert len(journaled) == len(set(journaled))
        assert scanned <= set(journaled)
    assert len(scanned) > 100
    assert len(settled) > 20


def test_a_scan_comes_back_as_it_was_with_every_field(journal):
    full = Event(
        item="/00/395212340000000017",
        occurred_at=AT,
        biz_step="packing",
        action=Action.ADD,
        disposition="in_progress",
        offset_minutes=480,
        read_point="站台",
        position=Position(30.5, 104.0, 120.0),
        source=LocationSource.GPS,
        audience=Audience.INSPECTOR,
        handset="a" * 32,
        children=("/01/1", "/01/2"),
    )
    # A reader with a wrong clock journals what it sees all the same.
    ancient = Event("/x", 0, "shipping")
    signed = []
    journal.add([full, ancient])
    journal.cut(lambda *batch: signed.append(batch) or b"message", max_events=10, max_bytes=10_000)
    assert signed == [(1, (full, ancient))]


def test_a_batch_takes_the_oldest_scans_up_to_its_limits(journal):
    journal.add([event(number) for number in range(10)])
    assert journal.waiting()[0] == 10
    first = journal.cut(sign, max_events=4, max_bytes=10_000)
    assert (first.sequence, first.message) == (1, b"1:/00/0,/00/1,/00/2,/00/3")
    size = journal.waiting()[1] // 6
    assert journal.cut(sign, max_events=100, max_bytes=2 * size + 1).events == 2
    # One scan larger than the limit goes alone instead of blocking the others for ever.
    assert journal.cut(sign, max_events=100, max_bytes=1).events == 1
    assert journal.cut(sign, max_events=100, max_bytes=10_000).events == 3
    assert journal.cut(sign, max_events=100, max_bytes=10_000) is None


def test_a_batch_that_was_signed_never_changes(tmp_path):
    journal = Journal(tmp_path / "journal.sqlite")
    journal.add([event(1)])
    made = journal.cut(sign, max_events=10, max_bytes=10_000)
    journal.mark_sent([made.sequence], AT)
    journal.add([event(2)])
    journal.close()
    journal = Journal(tmp_path / "journal.sqlite")
    (again,) = journal.outgoing()
    assert (again.message, again.digest) == (made.message, message_digest(made.message))
    assert (again.attempts, again.sent_at) == (1, AT)
    journal.close()


def test_when_signing_fails_scans_and_number_are_kept(journal):
    def broken(*_):
        raise RuntimeError("no key")

    journal.add([event(1)])
    with pytest.raises(RuntimeError):
        journal.cut(broken, max_events=10, max_bytes=10_000)
    assert journal.waiting()[0] == 1
    assert journal.cut(sign, max_events=10, max_bytes=10_000).sequence == 1


def test_a_receipt_prunes_its_batch_once_and_counts_once(journal):
    journal.add([event(1), event(2)])
    made = journal.cut(sign, max_events=10, max_bytes=10_000)
    assert journal.settle(receipt(made)) == made.sequence
    assert journal.settle(receipt(made)) is None
    assert journal.outgoing() == []
    counters = journal.counters()
    assert counters == {
        "scanned": 2,
        "sent": 2,
        "receipts": 1,
        "stored": 2,
        "duplicate": 0,
        "rejected": 0,
        "late": 1,
    }


def test_a_receipt_for_other_bytes_prunes_nothing(journal):
    journal.add([event(1)])
    made = journal.cut(sign, max_events=10, max_bytes=10_000)
    assert journal.settle(Receipt("0" * 64, made.sequence, 1, 0, 0, AT)) is None
    assert journal.in_flight() == 1


def test_a_rejected_batch_is_kept_with_its_receipt(journal):
    journal.add([event(1), event(2)])
    made = journal.cut(sign, max_events=10, max_bytes=10_000)
    answer = receipt(made, rejections=[Rejection(1, "vocabulary", "no such step")])
    journal.settle(answer)
    assert journal.refused() == [(made.message, answer.to_json())]
    assert journal.outgoing() == []


def test_a_new_journal_can_begin_behind_a_lost_one(tmp_path):
    with_time = Journal(tmp_path / "new.sqlite", first_sequence=AT)
    with_time.add([event(1)])
    assert with_time.cut(sign, max_events=1, max_bytes=100).sequence == AT
    with_time.close()
    again = Journal(tmp_path / "new.sqlite", first_sequence=1)
    again.add([event(2)])
    assert again.cut(sign, max_events=1, max_bytes=100).sequence == AT + 1
    again.close()


def test_a_file_that_is_no_journal_is_named_in_one_line(tmp_path):
    path = tmp_path / "journal.sqlite"
    path.write_bytes(b"not a database, but long enough to look like one" * 40)
    with pytest.raises(Misconfigured, match=r"journal .*journal\.sqlite: file is not a database"):
        Journal(path)
    with pytest.raises(Misconfigured, match="unable to open"):
        Journal(tmp_path / "nowhere" / "journal.sqlite")


def test_a_second_reader_in_the_same_journal_is_refused(tmp_path, monkeypatch):
    first = Journal(tmp_path / "journal.sqlite")
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda path, **options: connect(path, **(options | {"timeout": 0.1})))
    with pytest.raises(Misconfigured, match="database is locked"):
        Journal(tmp_path / "journal.sqlite")
    first.close()


def test_a_full_disk_is_told_and_keeps_what_was_there(journal):
    journal.add([event(1)])
    (pages,) = journal._db.execute("PRAGMA page_count").fetchone()
    journal._db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(JournalUnavailable, match="full; nothing of this step was kept"):
        journal.add([event(number) for number in range(2000)])
    assert journal.waiting()[0] == journal.counters()["scanned"] == 1
    journal._db.execute("PRAGMA max_page_count = 100000")
    journal.add([event(2)])
    assert journal.cut(sign, max_events=10, max_bytes=10_000).events == 2


def test_scans_are_synchronised_to_disk(journal):
    assert journal._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert journal._db.execute("PRAGMA synchronous").fetchone() == (2,)
