"""``python -m gateway capture``: the HTTP server in one thread, the loop in the main one, and the store behind both."""

import signal
import socket
import threading
from collections.abc import Callable

import uvicorn

from gateway import metrics_server
from gateway.capture.app import create_app
from gateway.capture.authorisation import ReaderAuthenticator
from gateway.capture.settings import CaptureSettings
from gateway.ingest.batching import Limits
from gateway.ingest.http_inbox import HttpInbox
from gateway.ingest.metrics import Metrics
from gateway.ingest.worker import Worker
from gateway.settings import read_seal_root
from gateway.store.connection import connect
from schemas.errors import Misconfigured


def run_capture(settings: CaptureSettings, clock: Callable[[], int]) -> None:
    """Take batches by HTTP until SIGTERM or SIGINT.

    :raises Misconfigured: a port is taken, or the store refuses the gateway.
    :raises BrokerUnavailable: the HTTP server ended by itself.
    """
    metrics = Metrics()
    inbox = HttpInbox(settings.held_bytes, settings.reader_messages)
    worker = Worker(
        inbox,
        connect(settings.database_url),
        database_url=settings.database_url,
        seal_root=read_seal_root(settings.seal_root_file),
        limits=Limits(settings.batch_messages, settings.batch_bytes, settings.batch_age_ms / 1000),
        metrics=metrics,
        clock=clock,
        claim_slot=lambda _: None,  # no broker session, so no slot
    )
    app = create_app(
        inbox, ReaderAuthenticator(settings.database_url), metrics.registry, wait_s=settings.capture_wait_s
    )
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            access_log=False,
            server_header=False,
            log_level="warning",
            limit_concurrency=settings.capture_connections,
            timeout_graceful_shutdown=5,
        )
    )
    listener = _listener(settings)

    def serve() -> None:
        try:
            server.run(sockets=[listener])
        finally:
            inbox.end()

    thread = threading.Thread(target=serve, name="capture", daemon=True)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stop())
    metrics_http = None
    if settings.metrics_port:
        metrics_http = metrics_server.serve(
            settings.metrics_host,
            settings.metrics_port,
            metrics.registry,
            lambda: {"capture": inbox.connected, "store": worker.store_up},
        )
    inbox.start()
    thread.start()
    try:
        worker.run()
    finally:
        # First no new ones and a word to those that wait, then the server.
        inbox.stop()
        server.should_exit = True
        thread.join(10)
        if metrics_http is not None:
            metrics_http.shutdown()


def _listener(settings: CaptureSettings) -> socket.socket:
    try:
        listener = socket.create_server((settings.capture_host, settings.capture_port), backlog=1024)
    except OSError as error:
        raise Misconfigured(
            f"SUYUAN_CAPTURE_PORT: {settings.capture_host}:{settings.capture_port} can't be served: {error.strerror}"
        ) from None
    listener.set_inheritable(True)
    return listener
