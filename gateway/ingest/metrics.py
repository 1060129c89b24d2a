"""Counters of events: received = stored + duplicate + rejected, whenever no transaction is open."""

from collections import Counter
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Gauge, Histogram
from prometheus_client import Counter as Metric


@dataclass(slots=True)
class IngestCounters:
    """What one transaction did, in events, counted independently of what receipts say."""

    received: int = 0
    stored: int = 0
    duplicate: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    messages: int = 0
    scans: int = 0

    def add(self, other: "IngestCounters") -> None:
        """Add what ``other`` counted."""
        self.received += other.received
        self.stored += other.stored
        self.duplicate += other.duplicate
        self.rejected += other.rejected
        self.messages += other.messages
        self.scans += other.scans

    @property
    def balanced(self) -> bool:
        """True when nothing was lost on the way."""
        return self.received == self.stored + self.duplicate + self.rejected.total()


class Metrics:
    """The gateway's metrics, for Prometheus."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.received = self._counter("events_received", "events taken in, by MQTT or as consumers' scans")
        self.stored = self._counter("events_stored", "events stored")
        self.duplicate = self._counter("events_duplicate", "events that had been stored before")
        self.rejected = self._counter("events_rejected", "events dead-lettered, by reason", "reason")
        self.messages = self._counter("messages", "MQTT messages taken in")
        self.scans = self._counter("consumer_scans", "consumers' scans taken from the outbox")
        self.commits = self._counter("commits", "transactions committed")
        self.retries = self._counter("store_retries", "transactions retried because the store could not take them")
        self.stale_acks = self._counter("stale_acknowledgements", "acknowledgements dropped after a reconnect")
        self.dropped_unread = self._counter(
            "messages_shed", "messages dropped unread because their reader exceeded its queue limit"
        )
        self.rule_failures = self._counter("rule_failures", "rules that raised, by rule", "rule")
        self.broker_up = Gauge("suyuan_broker_up", "1 while the broker answers", registry=self.registry)
        self.store_up = Gauge("suyuan_store_up", "1 while the store takes transactions", registry=self.registry)
        self.commit_seconds = Histogram(
            "suyuan_commit_seconds", "from taking a batch to its commit", registry=self.registry
        )

    def _counter(self, name: str, about: str, *labels: str) -> Metric:
        return Metric(f"suyuan_{name}", about, labelnames=labels, registry=self.registry)

    def committed(self, counters: IngestCounters) -> None:
        """Count what a committed transaction did."""
        self.commits.inc()
        self.received.inc(counters.received)
        self.stored.inc(counters.stored)
        self.duplicate.inc(counters.duplicate)
        for reason, events in counters.rejected.items():
            self.rejected.labels(reason).inc(events)
        self.messages.inc(counters.messages)
        self.scans.inc(counters.scans)
