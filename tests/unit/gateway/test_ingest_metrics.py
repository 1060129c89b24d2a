"""Counters of ingest: every event received is stored, a duplicate or rejected."""

from collections import Counter

from gateway.ingest.metrics import IngestCounters, Metrics


def test_counters_balance() -> None:
    metrics, total = Metrics(), IngestCounters()
    for counters in (
        IngestCounters(received=10, stored=7, duplicate=2, rejected=Counter(bad_signature=1), messages=3),
        IngestCounters(received=1, rejected=Counter(unreadable=1), messages=1),
    ):
        assert counters.balanced
        metrics.committed(counters)
        total.add(counters)
    assert total.balanced
    read = metrics.registry.get_sample_value
    assert read("suyuan_events_received_total") == total.received == 11
    assert read("suyuan_events_rejected_total", {"reason": "unreadable"}) == 1
    assert not IngestCounters(received=2, stored=1).balanced
