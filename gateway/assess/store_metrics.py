"""PostgreSQL's own statistics as metrics, read when Prometheus asks, with a connection for that moment."""

import logging
from collections.abc import Iterator, Mapping

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from gateway.leader import reason_of
from gateway.store.connection import connect
from gateway.store.errors import StoreError
from gateway.store.server_state import ServerState, queue_rows, server_state
from schemas.errors import SuyuanError

_log = logging.getLogger(__name__)


class StoreMetrics(Collector):
    """The store at ``database_url``; while it does not answer, only ``suyuan_postgres_up`` is there, and 0."""

    def __init__(self, database_url: str, registry: CollectorRegistry) -> None:
        self._database_url = database_url
        registry.register(self)

    def describe(self) -> list[Metric]:
        """Nothing: registering asks no server."""
        return []

    def collect(self) -> Iterator[Metric]:
        """All samples."""
        try:
            with connect(self._database_url) as connection:
                state, rows = server_state(connection), queue_rows(connection)
        except (StoreError, SuyuanError, OSError) as error:
            _log.warning("the store says nothing of itself: %s", reason_of(error))
            yield _gauge("up", "1 while the store says something of itself", 0)
            return
        yield _gauge("up", "1 while the store says something of itself", 1)
        yield from _of_store(state, rows)


def _of_store(state: ServerState, rows: Mapping[str, int]) -> Iterator[Metric]:
    waiting = GaugeMetricFamily("suyuan_postgres_queue_rows", "rows of tables that are queues", labels=["queue"])
    for name, count in rows.items():
        waiting.add_metric([name], count)
    yield waiting
    yield _gauge("database_bytes", "size of the database", state.database_bytes)
    yield _gauge("connections", "connections to the database", state.connections)
    yield _gauge("connections_limit", "connections that the server takes", state.most_connections)
    yield _gauge("outbox_age_seconds", "how long the oldest scan has waited for a gateway", state.outbox_age)
    yield _gauge("archived_timestamp_seconds", "when the last segment was archived; 0: never", state.archived_at)
    yield _counter("commits", "transactions committed", state.commits)
    yield _counter("rollbacks", "transactions rolled back", state.rollbacks)
    yield _counter("blocks_hit", "blocks found in memory", state.blocks_in_memory)
    yield _counter("blocks_read", "blocks read from disk, or the system's cache", state.blocks_read)
    yield _counter("deadlocks", "deadlocks", state.deadlocks)
    yield _counter("temporary_bytes", "written to temporary files", state.temporary_bytes)
    yield _counter("archive_failures", "segments that could not be archived", state.archive_failures)


def _gauge(name: str, about: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"suyuan_postgres_{name}", about, value=value)


def _counter(name: str, about: str, value: float) -> CounterMetricFamily:
    return CounterMetricFamily(f"suyuan_postgres_{name}", about, value=value)
