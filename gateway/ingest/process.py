"""A process that ingests: an inbox, the worker that takes from it, and the metrics of both."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Protocol

from gateway import metrics_server
from gateway.ingest.batching import Limits
from gateway.ingest.inbox import Inbox
from gateway.ingest.metrics import Metrics
from gateway.ingest.worker import Worker
from gateway.store.connection import Connection


class WorkerSettings(Protocol):
    """The settings that every process with a worker has, whatever its inbox."""

    @property
    def database_url(self) -> str:
        """Connection string of PostgreSQL."""

    @property
    def batch_messages(self) -> int:
        """Maximum messages in one transaction."""

    @property
    def batch_bytes(self) -> int:
        """Maximum bytes of messages in one transaction."""

    @property
    def batch_age_ms(self) -> int:
        """How long a message may wait for more, in milliseconds."""

    @property
    def metrics_host(self) -> str:
        """Address of the metrics server."""

    @property
    def metrics_port(self) -> int:
        """Its port; 0: no metrics server."""


class Part(Protocol):
    """Something that runs beside the worker, in threads of its own."""

    def start(self) -> None:
        """Begin."""

    def stop(self) -> None:
        """End, and wait for it."""


class IngestProcess:
    """The parts of ``run`` and of ``capture`` that are the same.

    ``source`` names the inbox in ``/ready``; ``claim_slot``: as in :class:`Worker`; ``clock``: microseconds, UTC.
    """

    def __init__(
        self,
        settings: WorkerSettings,
        inbox: Inbox,
        connection: Connection,
        *,
        seal_root: bytes,
        metrics: Metrics,
        source: str,
        claim_slot: Callable[[Connection], None],
        clock: Callable[[], int],
    ) -> None:
        self._settings = settings
        self._inbox = inbox
        self._metrics = metrics
        self._source = source
        self.worker = Worker(
            inbox,
            connection,
            database_url=settings.database_url,
            seal_root=seal_root,
            limits=Limits(settings.batch_messages, settings.batch_bytes, settings.batch_age_ms / 1000),
            metrics=metrics,
            clock=clock,
            claim_slot=claim_slot,
        )

    def run(self, parts: Sequence[Part]) -> None:
        """Serve metrics, start the parts in order, and ingest until the worker is stopped; then stop them in reverse.

        :raises Misconfigured: a port is taken, or broker or store refuse the gateway.
        :raises BrokerUnavailable: the inbox's thread has ended.
        """
        with ExitStack() as running:
            if self._settings.metrics_port:
                server = metrics_server.serve(
                    self._settings.metrics_host, self._settings.metrics_port, self._metrics.registry, self._readiness
                )
                running.callback(server.shutdown)
            for part in parts:
                part.start()
                running.callback(part.stop)
            self.worker.run()

    def _readiness(self) -> dict[str, bool]:
        return {self._source: self._inbox.connected, "store": self.worker.store_up}
