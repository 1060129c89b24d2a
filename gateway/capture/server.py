"""``python -m gateway capture``: an HTTP server in one thread, the worker in the main one, the store behind both."""

import socket
import threading
from collections.abc import Callable

import uvicorn
from starlette.applications import Starlette

from gateway.capture.app import create_app
from gateway.capture.authorisation import ReaderAuthenticator
from gateway.capture.head_deadline import HeadDeadline
from gateway.capture.settings import CaptureSettings
from gateway.ingest.http_inbox import HttpInbox
from gateway.ingest.metrics import Metrics
from gateway.ingest.process import IngestProcess
from gateway.settings import read_seal_root
from gateway.store.connection import connect
from schemas.errors import Misconfigured


def run_capture(
    settings: CaptureSettings, clock: Callable[[], int], on_stop: Callable[[Callable[[], None]], None]
) -> None:
    """Take batches by HTTP until the function that ``on_stop`` receives is called. ``clock``: microseconds, UTC.

    :raises Misconfigured: a port is taken, or the store refuses the gateway.
    :raises BrokerUnavailable: the HTTP server ended by itself.
    """
    metrics = Metrics()
    inbox = HttpInbox(settings.waiting_bytes, settings.reader_messages)
    process = IngestProcess(
        settings,
        inbox,
        connect(settings.database_url),
        seal_root=read_seal_root(settings.seal_root_file),
        metrics=metrics,
        source="capture",
        claim_slot=lambda _: None,  # no broker session, so no slot
        clock=clock,
    )
    authenticator = ReaderAuthenticator(settings.database_url)
    app = create_app(inbox, authenticator, metrics.registry, wait_s=settings.capture_wait_s)
    server = _HttpServer(app, settings, on_end=inbox.end)
    on_stop(process.worker.stop)
    # The inbox stops first: it accepts no more, and answers every request that waits; then the server can end.
    process.run([server, inbox])


class _HttpServer:
    """Serves ``app`` in a thread of its own; ``on_end`` is called when the thread ends, for whatever reason."""

    def __init__(self, app: Starlette, settings: CaptureSettings, *, on_end: Callable[[], None]) -> None:
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                access_log=False,
                server_header=False,
                log_config=None,
                log_level="warning",
                http=HeadDeadline,
                limit_concurrency=settings.capture_connections,
                timeout_graceful_shutdown=5,
            )
        )
        self._listener = _listener(settings)
        self._on_end = on_end
        self._thread = threading.Thread(target=self._serve, name="capture", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(10)

    def _serve(self) -> None:
        try:
            self._server.run(sockets=[self._listener])
        finally:
            self._on_end()


def _listener(settings: CaptureSettings) -> socket.socket:
    try:
        listener = socket.create_server((settings.capture_host, settings.capture_port), backlog=1024)
    except OSError as error:
        raise Misconfigured(
            f"SUYUAN_CAPTURE_PORT: {settings.capture_host}:{settings.capture_port} can't be served: {error.strerror}"
        ) from None
    listener.set_inheritable(True)
    return listener
