"""Between the network thread and the loop: bounded in bytes, cut by count, bytes or age, fair."""

import threading

from gateway.ingest.batching import Limits
from gateway.ingest.delivery_buffer import Arrivals
from gateway.ingest.inbox import Delivery

AT_ONCE = Limits(messages=100, size=1 << 20, age=0.0)
PATIENT = Limits(messages=3, size=1 << 20, age=5.0)


def delivery(handle: int, topic: str = "a", size: int = 10) -> Delivery:
    return Delivery(1, handle, topic, bytes(size))


def test_the_network_thread_waits_while_too_much_is_held() -> None:
    arrivals = Arrivals(most_bytes=100, most_each=1000)
    passed = threading.Semaphore(0)

    def network() -> None:
        for number in range(30):
            arrivals.put(delivery(number, size=20))
            passed.release()

    thread = threading.Thread(target=network)
    thread.start()
    for _ in range(5):
        assert passed.acquire(timeout=5)
    assert arrivals.full
    assert not passed.acquire(timeout=0.2), "a sixth message came in although the room is full"
    taken = []
    while len(taken) < 30:
        taken += arrivals.take(AT_ONCE, 5)
    thread.join(5)
    assert [each.handle for each in taken] == list(range(30))


def test_closing_lets_a_waiting_network_thread_go() -> None:
    arrivals = Arrivals(most_bytes=1, most_each=1000)
    arrivals.put(delivery(0))
    thread = threading.Thread(target=arrivals.put, args=[delivery(1)])
    thread.start()
    arrivals.close()
    thread.join(5)
    assert not thread.is_alive()


def test_a_batch_waits_for_more_until_it_is_full() -> None:
    arrivals = Arrivals(1 << 20, 1000)
    arrivals.put(delivery(0))
    later = threading.Timer(0.05, lambda: [arrivals.put(delivery(number)) for number in (1, 2, 3)])
    later.start()
    assert [each.handle for each in arrivals.take(PATIENT, 5)] == [0, 1, 2]
    later.join()
    assert [each.handle for each in arrivals.take(AT_ONCE, 5)] == [3]
    assert arrivals.take(AT_ONCE, 0.0) == []


def test_a_large_message_fills_a_batch_alone_and_is_not_left_behind() -> None:
    arrivals = Arrivals(1 << 20, 1000)
    for number, size in enumerate((50, 5000, 50)):
        arrivals.put(delivery(number, size=size))
    limits = Limits(messages=100, size=100, age=0.0)
    assert [each.handle for each in arrivals.take(limits, 1)] == [0, 1]
    assert [each.handle for each in arrivals.take(limits, 1)] == [2]


def test_a_readers_oldest_message_gives_way_and_is_counted_and_its_room_is_free_again() -> None:
    arrivals = Arrivals(most_bytes=1000, most_each=2)
    given_back = [arrivals.put(delivery(number, size=400)) for number in range(5)]
    assert [each.handle if each else None for each in given_back] == [None, None, 0, 1, 2]
    assert arrivals.shed == 3
    assert not arrivals.full


def test_after_a_reconnect_what_nobody_took_is_forgotten() -> None:
    arrivals = Arrivals(most_bytes=100, most_each=1000)
    for number in range(5):
        arrivals.put(delivery(number, size=20))
    assert len(arrivals.clear()) == 5
    assert not arrivals.full
    assert arrivals.take(AT_ONCE, 0.0) == []
