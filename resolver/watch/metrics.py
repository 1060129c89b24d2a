"""The resolver's metrics, for Prometheus: requests as they end, and the state of its parts when it is asked for."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

_BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)
"""Seconds: a verdict takes 2 ms, and an export's first portion may take long."""


class RequestMetrics:
    """What is counted of requests. Labels are of a few values each: no path, no code and no sender is in one."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(
            "suyuan_resolver_requests",
            "requests answered, by route",
            ["route", "method", "status"],
            registry=registry,
        )
        self._seconds = Histogram(
            "suyuan_resolver_request_seconds",
            "from a request to the end of its answer",
            ["route"],
            buckets=_BUCKETS,
            registry=registry,
        )
        self._refused = Counter(
            "suyuan_resolver_refused", "requests refused with 429, by the limit", ["limit"], registry=registry
        )

    def answered(self, route: str, method: str, status: int, seconds: float, limit: str | None) -> None:
        """Count a request. ``limit``: which one refused it."""
        self._requests.labels(route, method, str(status)).inc()
        self._seconds.labels(route).observe(seconds)
        if limit is not None:
            self._refused.labels(limit).inc()


@dataclass(frozen=True, slots=True)
class QueueState:
    """A queue: how many rows wait, and how many were written or lost since the start."""

    waiting: int
    written: int
    lost: int


@dataclass(frozen=True, slots=True)
class PoolState:
    """A pool of connections: how many it has, how many are idle, and how many requests wait for one."""

    connections: int
    idle: int
    waiting: int


@dataclass(frozen=True, slots=True)
class CacheState:
    """A cache: entries, how often it was asked, and how often it had the answer."""

    entries: int
    hits: int
    misses: int


class StateMetrics(Collector):
    """Pools, queues and caches by name, read when the metrics are."""

    def __init__(
        self,
        registry: CollectorRegistry,
        *,
        pools: Callable[[], Mapping[str, PoolState]],
        queues: Callable[[], Mapping[str, QueueState]],
        caches: Callable[[], Mapping[str, CacheState]],
    ) -> None:
        self._pools, self._queues, self._caches = pools, queues, caches
        registry.register(self)

    def collect(self) -> Iterator[Metric]:
        """All samples."""
        yield from self._of_pools()
        yield from self._of_queues()
        yield from self._of_caches()

    def _of_pools(self) -> Iterator[Metric]:
        connections = _gauge("pool_connections", "open connections to the store", "pool", "state")
        waiting = _gauge("pool_waiting", "requests that wait for a connection", "pool")
        for name, pool in self._pools().items():
            connections.add_metric([name, "idle"], pool.idle)
            connections.add_metric([name, "used"], pool.connections - pool.idle)
            waiting.add_metric([name], pool.waiting)
        yield connections
        yield waiting

    def _of_queues(self) -> Iterator[Metric]:
        waiting = _gauge("queue_waiting", "rows in memory that wait for the store", "queue")
        written = _counter("queue_written", "rows written", "queue")
        lost = _counter("queue_lost", "rows dropped: the queue was full, or the store can't store them", "queue")
        for name, queue in self._queues().items():
            waiting.add_metric([name], queue.waiting)
            written.add_metric([name], queue.written)
            lost.add_metric([name], queue.lost)
        yield waiting
        yield written
        yield lost

    def _of_caches(self) -> Iterator[Metric]:
        entries = _gauge("cache_entries", "values in memory", "cache")
        lookups = _counter("cache_lookups", "values asked for, and whether they were in memory", "cache", "found")
        for name, cache in self._caches().items():
            entries.add_metric([name], cache.entries)
            lookups.add_metric([name, "yes"], cache.hits)
            lookups.add_metric([name, "no"], cache.misses)
        yield entries
        yield lookups


def _gauge(name: str, about: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"suyuan_resolver_{name}", about, labels=labels)


def _counter(name: str, about: str, *labels: str) -> CounterMetricFamily:
    return CounterMetricFamily(f"suyuan_resolver_{name}", about, labels=labels)
