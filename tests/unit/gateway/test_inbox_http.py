"""The HTTP inbox: whoever waits is answered once, and a flood of one reader waits for itself only."""

import pytest

from gateway.ingest.batching import Limits
from gateway.ingest.http_inbox import HttpInbox
from schemas import topics
from schemas.errors import BrokerUnavailable
from schemas.event import message_digest
from schemas.receipt import Receipt
from schemas.topics import Address

ALL = Limits(messages=100, size=1 << 20, age=0.0)
LINE, DOCK = Address("huadu", "line-1"), Address("huadu", "dock-1")


def receipt(message):
    return Receipt(message_digest(message), 1, 1, 0, 0, 0).to_json()


def test_a_receipt_answers_everybody_who_sent_these_bytes_and_nobody_else():
    inbox, answers = HttpInbox(1000, 10), []
    inbox.start()
    for name, address, message in (("a", LINE, b"one"), ("b", LINE, b"one"), ("c", DOCK, b"one"), ("d", LINE, b"two")):
        assert inbox.offer(address, message, lambda answer, name=name: answers.append((name, answer)))
    assert len(inbox.take(Limits(4, 1 << 20, 1.0), 0)) == 4
    inbox.publish(LINE.topic(topics.RECEIPT), receipt(b"one"))
    assert answers == [("a", receipt(b"one")), ("b", receipt(b"one"))]
    inbox.publish(LINE.topic(topics.RECEIPT), receipt(b"one"))
    assert len(answers) == 2, "nobody is answered twice"


def test_one_readers_flood_drops_its_own_only():
    inbox, dropped = HttpInbox(1000, 2), []
    inbox.start()
    for number in range(5):
        message = b"flood %d" % number
        inbox.offer(LINE, message, lambda answer, message=message: dropped.append((message, answer)))
    assert inbox.offer(DOCK, b"calm", lambda _: None)
    assert dropped == [(b"flood 0", None), (b"flood 1", None), (b"flood 2", None)]
    taken = inbox.take(Limits(100, 1 << 20, 0.05), 0)
    assert sorted(each.payload for each in taken) == [b"calm", b"flood 3", b"flood 4"]


def test_what_is_too_much_is_not_taken_in_and_after_the_end_nothing_is():
    inbox, answers = HttpInbox(10, 10), []
    assert not inbox.offer(LINE, b"early", answers.append), "not started"
    inbox.start()
    assert inbox.offer(LINE, bytes(10), answers.append)
    assert not inbox.offer(LINE, b"more", answers.append)
    inbox.stop()
    assert answers == [None], "who still waits is told to come again"
    assert not inbox.offer(LINE, b"late", answers.append)


def test_the_loop_learns_that_the_server_has_ended():
    inbox = HttpInbox(10, 10)
    inbox.start()
    assert inbox.connected
    assert inbox.take(ALL, 0) == []
    inbox.end()
    assert not inbox.connected
    with pytest.raises(BrokerUnavailable):
        inbox.take(ALL, 0)
