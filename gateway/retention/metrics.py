"""The metrics of retention, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge


class RetentionMetrics:
    """What the worker counts, in the registry of the process that it runs in."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.rows = Counter("suyuan_retention_rows", "rows that a person was taken out of, by age", registry=registry)
        self._done = Gauge(
            "suyuan_retention_done_timestamp_seconds",
            "when the last run found nothing more that is too old; 0: not since the start",
            registry=registry,
        )

    def done(self, at: float) -> None:
        """Note that nothing too old is left at ``at`` (seconds since 1970)."""
        self._done.set(at)
