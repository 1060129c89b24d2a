"""The cache: entries expire, are bounded in number, and threads may share it."""

from concurrent.futures import ThreadPoolExecutor

from resolver.store.ttl_cache import TtlCache


def test_entries_expire_and_the_least_recently_used_one_is_evicted():
    now = [0.0]
    cache = TtlCache(capacity=2, seconds=10, clock=lambda: now[0])
    for number in range(3):
        now[0] = number
        cache.put(number, str(number))
    now[0] = 5
    assert [cache.get(number) for number in range(3)] == [None, "1", "2"]
    now[0] = 10.9
    assert [cache.get(number) for number in range(3)] == [None, "1", "2"]
    now[0] = 11
    assert [cache.get(number) for number in range(3)] == [None, None, "2"]
    now[0] = 12
    assert cache.get(2) is None
    cache.put(1, "one")
    assert cache.get(1) == "one"


def test_threads_may_put_get_and_evict_at_the_same_time():
    cache = TtlCache(capacity=8, seconds=0.001)

    def work(seed):
        for number in range(3000):
            key = (seed * 31 + number) % 24
            cache.put(key, key)
            assert cache.get((key + 1) % 24) in (None, (key + 1) % 24)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
