"""The queue of scans: nothing is lost without being counted, and no request waits for the store."""

import threading
from uuid import uuid4

from resolver.scan.queue import ScanQueue
from schemas.errors import Invalid, StoreUnavailable
from schemas.scan import Scan


def scan(number=0):
    return Scan(scan_id=uuid4(), uri=f"/01/09521234000013/21/{number}", at=number)


def test_what_is_put_is_written_in_order_and_nothing_is_left_at_the_end():
    written = []
    queue = ScanQueue(written.extend, capacity=5000)
    queue.start()
    for number in range(2500):
        assert queue.put(scan(number))
    queue.stop()
    assert [each["at"] for each in written] == list(range(2500))
    assert (queue.written, queue.lost, len(queue)) == (2500, 0, 0)


def test_a_full_queue_counts_what_it_could_not_take():
    queue = ScanQueue(lambda _: None, capacity=2)
    assert [queue.put(scan()) for _ in range(3)] == [True, True, False]
    assert queue.lost == 1


def test_a_store_that_fails_is_asked_again_and_loses_nothing():
    written, answered = [], threading.Event()
    failures = iter([True, False])

    def write(scans):
        if next(failures, False):
            raise StoreUnavailable("restarting")
        written.extend(scans)
        answered.set()

    queue = ScanQueue(write, capacity=10)
    queue.start()
    queue.put(scan(7))
    assert answered.wait(5)
    queue.stop()
    assert [each["at"] for each in written] == [7]
    assert queue.lost == 0


def test_a_scan_that_can_never_be_stored_does_not_hold_up_the_others():
    written = []

    def write(scans):
        if any(each["at"] == 13 for each in scans):
            raise Invalid("unstorable", "not with me")
        written.extend(scans)

    queue = ScanQueue(write, capacity=100)
    for number in (12, 13, 14):
        queue.put(scan(number))
    queue.start()
    queue.stop()
    assert [each["at"] for each in written] == [12, 14]
    assert (queue.written, queue.lost) == (2, 1)


def test_what_the_store_never_took_is_counted_at_the_end():
    def write(_):
        raise StoreUnavailable("gone")

    queue = ScanQueue(write, capacity=10)
    queue.start()
    queue.put(scan())
    queue.put(scan())
    queue.stop(seconds=3)
    assert queue.lost == 2
