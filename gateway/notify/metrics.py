"""The notifier's metrics, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge


class NotifyMetrics:
    """What the notifier counts. ``active``: 1 while it is the leader."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.delivered = Counter(
            "suyuan_notices_told", "notices taken by subscribers", ["channel"], registry=self.registry
        )
        self.undelivered = Counter(
            "suyuan_notices_undelivered", "attempts that failed, to be repeated", ["channel"], registry=self.registry
        )
        self.escalated = Counter("suyuan_cases_escalated", "cases past their deadline", registry=self.registry)
        self.active = Gauge("suyuan_notifier_active", "1 while this notifier holds the lock", registry=self.registry)
