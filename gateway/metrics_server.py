"""HTTP for operators: /metrics for Prometheus, /health (the process lives), /ready (broker and store answer)."""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from schemas.errors import Misconfigured

Readiness = Callable[[], dict[str, bool]]
"""What the gateway depends on, by name, and whether it answers."""


def serve(host: str, port: int, registry: CollectorRegistry, readiness: Readiness) -> ThreadingHTTPServer:
    """Serve in the background until the server is shut down.

    :raises Misconfigured: the port is taken.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/metrics":
                self._answer(200, CONTENT_TYPE_LATEST, generate_latest(registry))
            elif self.path in ("/health", "/ready"):
                parts = readiness()
                status = 200 if self.path == "/health" or all(parts.values()) else 503
                self._answer(status, "application/json", json.dumps({"ready": all(parts.values()), **parts}).encode())
            else:
                self._answer(404, "text/plain", b"try /metrics, /health or /ready\n")

        def _answer(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Probes come every few seconds and say nothing."""

    try:
        server = ThreadingHTTPServer((host, port), Handler)
    except OSError as error:
        raise Misconfigured(f"SUYUAN_METRICS_PORT: {host}:{port} can't be served: {error.strerror}") from None
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    return server
