"""All workers' metrics and readiness on one page: each worker's samples, with the label ``slot``."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from gateway.supervise.supervisor import Supervisor

_TIMEOUT_S = 2.0


class Rollup(Collector):
    """Reads the metrics of each worker at ``addresses`` (slot to host:port) when it is read itself.

    A worker that does not answer is left out.
    """

    def __init__(self, addresses: Mapping[int, str], supervisor: Supervisor) -> None:
        self._addresses = addresses
        self._supervisor = supervisor
        self.registry = CollectorRegistry()
        self.registry.register(self)

    def collect(self) -> Iterator[Metric]:
        """Every worker's samples, and the supervisor's own."""
        merged: dict[str, Metric] = {}
        for slot, address in self._addresses.items():
            for family in text_string_to_metric_families(_get(f"http://{address}/metrics") or ""):
                whole = merged.setdefault(family.name, Metric(family.name, family.documentation, family.type))
                for sample in family.samples:
                    whole.add_sample(sample.name, sample.labels | {"slot": str(slot)}, sample.value)
        yield from merged.values()
        restarts = CounterMetricFamily("suyuan_worker_restarts", "workers started anew, by slot", labels=["slot"])
        running = GaugeMetricFamily("suyuan_worker_running", "1 while a worker is on the slot", labels=["slot"])
        for supervised in self._supervisor.slots:
            restarts.add_metric([str(supervised.number)], supervised.restarts)
            running.add_metric([str(supervised.number)], supervised.process is not None)
        yield restarts
        yield running

    def describe(self) -> list[Metric]:
        """Nothing: which metrics workers have is known only once they are read."""
        return []

    def readiness(self) -> dict[str, bool]:
        """Whether each worker reaches broker and store."""
        return {f"slot {slot}": self._ready(slot) for slot in self._addresses}

    def _ready(self, slot: int) -> bool:
        text = _get(f"http://{self._addresses[slot]}/ready")
        return text is not None and bool(json.loads(text)["ready"])


def _get(url: str) -> str | None:
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_S) as answer:  # noqa: S310 -- a worker of ours, by http
            text: str = answer.read().decode()
            return text
    except (OSError, urllib.error.URLError):
        return None
