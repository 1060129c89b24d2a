"""Counters that obey a law: received = stored + duplicate + rejected, in events, whenever no transaction is open."""

from collections import Counter
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Gauge, Histogram
from prometheus_client import Counter as Metric


@dataclass(slots=True)
class Tally:
    """What one transaction did, in events, counted apart from what receipts say."""

    received: int = 0
    stored: int = 0
    duplicate: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    messages: int = 0
    scans: int = 0

    def add(self, other: "Tally") -> None:
        """Count what ``other`` counted as well."""
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
        self.retries = self._counter("store_retries", "transactions tried again because the store could not take them")
        self.stale_acks = self._counter("stale_acknowledgements", "acknowledgements dropped after a reconnect")
        self.shed = self._counter("messages_shed", "messages let go because their reader had too many waiting")
        self.rule_failures = self._counter("rule_failures", "rules that raised, by rule", "rule")
        self.broker_up = Gauge("suyuan_broker_up", "1 while the broker answers", registry=self.registry)
        self.store_up = Gauge("suyuan_store_up", "1 while the store takes transactions", registry=self.registry)
        self.commit_seconds = Histogram(
            "suyuan_commit_seconds", "from taking a batch to its commit", registry=self.registry
        )

    def _counter(self, name: str, about: str, *labels: str) -> Metric:
        return Metric(f"suyuan_{name}", about, labelnames=labels, registry=self.registry)

    def committed(self, tally: Tally) -> None:
        """Count what a committed transaction did."""
        self.commits.inc()
        self.received.inc(tally.received)
        self.stored.inc(tally.stored)
        self.duplicate.inc(tally.duplicate)
        for reason, events in tally.rejected.items():
            self.rejected.labels(reason).inc(events)
        self.messages.inc(tally.messages)
        self.scans.inc(tally.scans)
