"""``python -m gateway notify``."""

import time
from collections.abc import Callable

from gateway import metrics_server
from gateway.notify.mail import Mail
from gateway.notify.metrics import NotifyMetrics
from gateway.notify.mqtt import Topics
from gateway.notify.notifier import Notifier
from gateway.notify.settings import NotifySettings
from gateway.notify.webhook import Webhooks
from gateway.settings import read_root


def notify(settings: NotifySettings, on_stop: Callable[[Callable[[], None]], None], *, once: bool) -> None:
    """Deliver notices until the function that ``on_stop`` receives is called; ``once``: only those that are due now."""
    topics = Topics(settings)
    webhooks = Webhooks(
        read_root(settings.webhook_root_file, "WEBHOOK_ROOT_FILE"),
        lambda: int(time.time()),
        private=settings.private_webhooks,
    )
    metrics = NotifyMetrics()
    notifier = Notifier(
        settings.database_url,
        {"webhook": webhooks, "email": Mail(settings), "mqtt": topics},
        metrics,
        senders=settings.notify_senders,
        turn_s=settings.notify_turn_ms / 1000,
    )
    server = None
    try:
        if once:
            notifier.run_once()
            return
        if settings.metrics_port:
            server = metrics_server.serve(
                settings.metrics_host, settings.metrics_port, metrics.registry, lambda: {"notifier": True}
            )
        on_stop(notifier.stop)
        notifier.run()
    finally:
        topics.close()
        if server is not None:
            server.shutdown()
