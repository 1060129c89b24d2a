"""The state of a pool of connections, for the metrics."""

from typing import Any

from psycopg_pool import ConnectionPool

from resolver.watch.metrics import PoolState


def pool_state(pool: ConnectionPool[Any]) -> PoolState:
    """Connections, idle ones, and requests that wait, as the pool counts them."""
    stats = pool.get_stats()
    return PoolState(stats.get("pool_size", 0), stats.get("pool_available", 0), stats.get("requests_waiting", 0))
