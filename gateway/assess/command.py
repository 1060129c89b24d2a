"""``python -m gateway assess``: assessing, and retention beside it."""

from collections.abc import Callable
from datetime import timedelta

from gateway import metrics_server
from gateway.assess.metrics import AssessMetrics
from gateway.assess.process import AssessmentWorker, Pace
from gateway.assess.settings import AssessSettings
from gateway.assess.store_metrics import StoreMetrics
from gateway.retention.metrics import RetentionMetrics
from gateway.retention.process import RetentionWorker


def run_assessment(settings: AssessSettings, on_stop: Callable[[Callable[[], None]], None], *, once: bool) -> None:
    """Assess until the function that ``on_stop`` receives is called; ``once``: one pass over all goods."""
    pace = Pace(
        settings.assess_turn_ms / 1000,
        settings.assess_batch,
        settings.assess_share,
        timedelta(days=settings.assess_window_days),
    )
    metrics = AssessMetrics()
    process = AssessmentWorker(settings.database_url, pace, metrics)
    limit = timedelta(days=settings.retention_days) if settings.retention_days else None
    retention = RetentionWorker(settings.database_url, limit, RetentionMetrics(metrics.registry))
    if once:
        retention.run_once()
        process.run_once()
        return
    server = None
    if settings.metrics_port:
        StoreMetrics(settings.database_url, metrics.registry)
        server = metrics_server.serve(
            settings.metrics_host, settings.metrics_port, metrics.registry, lambda: {"assessor": True}
        )
    on_stop(process.stop)
    try:
        with retention.running():
            process.run()
    finally:
        if server is not None:
            server.shutdown()
