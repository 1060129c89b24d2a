"""The metrics of assessing, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class AssessMetrics:
    """What the worker counts. ``active``: 1 while it is the leader."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.items = Counter("suyuan_assessed_items", "changed items read", registry=self.registry)
        self.passes = Counter("suyuan_assessment_passes", "passes over an owner's goods", registry=self.registry)
        self.failures = Counter(
            "suyuan_assessment_failures", "parts of assessing that raised", ["part"], registry=self.registry
        )
        self.active = Gauge("suyuan_assessor_active", "1 while this assessor holds the lock", registry=self.registry)
        self.seconds = Histogram(
            "suyuan_assessment_seconds",
            "time of a pass",
            buckets=(0.01, 0.1, 1, 10, 60, 600),
            registry=self.registry,
        )

        self.weighing = Histogram(
            "suyuan_changed_items_seconds",
            "time of weighing an owner's changed items between two passes",
            buckets=(0.01, 0.1, 1, 10, 60),
            registry=self.registry,
        )

    def weighed(self, seconds: float) -> None:
        """Count that changed items were weighed between two passes."""
        self.weighing.observe(seconds)

    def passed(self, seconds: float) -> None:
        """Count a pass."""
        self.passes.inc()
        self.seconds.observe(seconds)
