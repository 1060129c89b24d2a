"""Between the network thread and the loop: bounded in bytes, cut by count, bytes or age, fair."""

import threading

from gateway.ingest.batching import Limits
from gateway.ingest.delivery_buffer import DeliveryBuffer
from gateway.ingest.inbox import Delivery

AT_ONCE = Limits(messages=100, size=1 << 20, age=0.0)
PATIENT = Limits(messages=3, size=1 << 20, age=5.0)


def delivery(handle: int, topic: str = "a", size: int = 10) -> Delivery:
    return Delivery(1, handle, topic, bytes(size))


def test_the_network_thread_waits_while_too_much_is_held() -> None:
    buffer = DeliveryBuffer(max_bytes=100, max_per_topic=1000)
    passed = threading.Semaphore(0)

    def network() -> None:
        for number in range(30):
            buffer.put(delivery(number, size=20))
            passed.release()

    thread = threading.Thread(target=network)
    thread.start()
    for _ in range(5):
        assert passed.acquire(timeout=5)
    assert buffer.full
    assert not passed.acquire(timeout=0.2), "a sixth message came in although the room is full"
    taken = []
    while len(taken) < 30:
        taken += buffer.take(AT_ONCE, 5)
    thread.join(5)
    assert [each.handle for each in taken] == list(range(30))


def test_closing_lets_a_waiting_network_thread_go() -> None:
    buffer = DeliveryBuffer(max_bytes=1, max_per_topic=1000)
    buffer.put(delivery(0))
    thread = threading.Thread(target=buffer.put, args=[delivery(1)])
    thread.start()
    buffer.close()
    thread.join(5)
    assert not thread.is_alive()


def test_a_batch_waits_for_more_until_it_is_full() -> None:
    buffer = DeliveryBuffer(1 << 20, 1000)
    buffer.put(delivery(0))
    later = threading.Timer(0.05, lambda: [buffer.put(delivery(number)) for number in (1, 2, 3)])
    later.start()
    assert [each.handle for each in buffer.take(PATIENT, 5)] == [0, 1, 2]
    later.join()
    assert [each.handle for each in buffer.take(AT_ONCE, 5)] == [3]
    assert buffer.take(AT_ONCE, 0.0) == []


def test_a_large_message_fills_a_batch_alone_and_is_not_left_behind() -> None:
    buffer = DeliveryBuffer(1 << 20, 1000)
    for number, size in enumerate((50, 5000, 50)):
        buffer.put(delivery(number, size=size))
    limits = Limits(messages=100, size=100, age=0.0)
    assert [each.handle for each in buffer.take(limits, 1)] == [0, 1]
    assert [each.handle for each in buffer.take(limits, 1)] == [2]


def test_a_readers_oldest_message_gives_way_and_is_counted_and_its_room_is_free_again() -> None:
    buffer = DeliveryBuffer(max_bytes=1000, max_per_topic=2)
    given_back = [buffer.put(delivery(number, size=400)) for number in range(5)]
    assert [each.handle if each else None for each in given_back] == [None, None, 0, 1, 2]
    assert buffer.dropped_unread == 3
    assert not buffer.full


def test_after_a_reconnect_what_nobody_took_is_forgotten() -> None:
    buffer = DeliveryBuffer(max_bytes=100, max_per_topic=1000)
    for number in range(5):
        buffer.put(delivery(number, size=20))
    assert len(buffer.clear()) == 5
    assert not buffer.full
    assert buffer.take(AT_ONCE, 0.0) == []
