"""The latency that scripts/bench judge prints."""

from scripts.commands.bench.judge import quantile


def test_every_event_waits_for_its_whole_transaction():
    latencies = [(0.010, 98), (0.050, 1), (0.900, 1)]
    assert quantile(latencies, 0.5) == 0.010
    assert quantile(latencies, 0.99) == 0.050
    assert quantile(latencies, 1.0) == 0.900
