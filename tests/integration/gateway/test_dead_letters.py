"""Dead letters can't fill the disk: little is kept of what is refused, each reader has a quota, and all go in time."""

import pytest

from gateway.message.decoding import RefusedMessage
from gateway.store import dead_letters
from gateway.store.connection import connect
from gateway.store.dead_letters import Choice, dead_letter_refused, dead_messages, listing
from schemas.event import message_digest
from schemas.receipt import Rejection

DAY = 86_400_000_000
NOW = 1_780_000_000_000_000


@pytest.fixture
def connection(database):
    with connect(database.gateway_dsn) as connection:
        yield connection
        connection.execute("DELETE FROM suyuan.dead_message")


def refuse(connection, topic, message, now=NOW):
    refused = RefusedMessage(topic, message, message_digest(message), None, Rejection(None, "bad_signature", "no"))
    dead_letter_refused(connection, refused, now)


def kept(connection, topic):
    rows = connection.execute("SELECT message, whole_size FROM suyuan.dead_message WHERE topic = %s", [topic])
    return [(len(message), whole) for message, whole in rows]


def test_of_a_large_refused_message_the_beginning_is_kept_and_it_is_not_replayed(connection):
    large = bytes(1_900_000)
    refuse(connection, "t", large)
    refuse(connection, "t", b"small")
    assert sorted(kept(connection, "t"), key=str) == [(5, None), (dead_letters.REFUSED_BYTES, 1_900_000)]
    listed = {each.digest: (each.size, each.cut) for each in listing(connection, Choice(), 10)}
    assert listed[bytes.fromhex(message_digest(large))] == (1_900_000, True)
    assert [each.message for each in dead_messages(connection, Choice(), "outbox", b"", 10)] == [b"small"]


@pytest.mark.parametrize(("messages", "size"), [(5, 1 << 40), (1 << 40, 5 * 100)], ids=["messages", "bytes"])
def test_a_reader_that_floods_has_its_quota_a_day_and_takes_none_of_anothers(connection, monkeypatch, messages, size):
    monkeypatch.setattr(dead_letters, "QUOTA_MESSAGES", messages)
    monkeypatch.setattr(dead_letters, "QUOTA_BYTES", size)
    for number in range(20):
        refuse(connection, "flooder", b"%0100d" % number)
    refuse(connection, "flooder", b"%0100d" % 3)
    refuse(connection, "honest", b"once")
    assert len(kept(connection, "flooder")) == 5
    assert len(kept(connection, "honest")) == 1
    refuse(connection, "flooder", b"the next day", NOW + DAY + 1)
    assert len(kept(connection, "flooder")) == 6
    reasons = connection.execute("SELECT count(*) FROM suyuan.dead_letter").fetchone()
    assert reasons == (7,), "none without its message"


def test_what_is_too_old_goes_with_those_that_come(connection):
    for number in range(30):
        refuse(connection, "old", b"%d" % number)
    later = NOW + (dead_letters.LONGEST_DAYS + 1) * DAY
    refuse(connection, "new", b"a", later)
    refuse(connection, "new", b"b", later)
    assert kept(connection, "old") == []
    assert len(kept(connection, "new")) == 2
