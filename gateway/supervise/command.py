"""``python -m gateway supervise``: several workers on one machine, with their metrics on one page."""

import os
from collections.abc import Callable

from gateway import metrics_server
from gateway.ingest.slot import SLOTS
from gateway.settings import Settings
from gateway.supervise.metrics_rollup import Rollup
from gateway.supervise.supervisor import Supervisor
from schemas.errors import Misconfigured
from schemas.settings import PREFIX


def supervise(settings: Settings, workers: int, on_stop: Callable[[Callable[[], None]], None]) -> None:
    """Keep ``workers`` workers running until the function that ``on_stop`` receives is called.

    :raises Misconfigured: so many workers can't run with these settings, or one can't start.
    """
    if not 1 <= workers <= SLOTS:
        raise Misconfigured(f"--workers is {workers}; set it to 1 to {SLOTS}")
    if workers > 1 and settings.inbox == "mqtt" and settings.mqtt_protocol != "5":
        raise Misconfigured(
            "several workers need a broker that shares a subscription out: set SUYUAN_MQTT_PROTOCOL to 5,"
            " or SUYUAN_INBOX to jetstream"
        )
    if not settings.metrics_port:
        raise Misconfigured("SUYUAN_METRICS_PORT is 0; supervise needs it, and the ports above it for its workers")
    host, ports = settings.metrics_host, {slot: settings.metrics_port + 1 + slot for slot in range(workers)}
    supervisor = Supervisor(
        {
            slot: os.environ | {f"{PREFIX}GATEWAY_SLOT": str(slot), f"{PREFIX}METRICS_PORT": str(port)}
            for slot, port in ports.items()
        }
    )
    rollup = Rollup({slot: f"{host}:{port}" for slot, port in ports.items()}, supervisor)
    server = metrics_server.serve(host, settings.metrics_port, rollup.registry, rollup.readiness)
    on_stop(supervisor.stop)
    try:
        supervisor.run()
    finally:
        server.shutdown()
