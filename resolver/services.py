"""What the request handlers work with, put together once a process."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Depends, Request

from resolver.issuer import Issuer
from resolver.keyring import LiveKeyring
from resolver.rate import RateLimit
from resolver.scan_queue import ScanQueue
from resolver.settings import Settings, pepper, seal_root
from resolver.store import Store, consumer
from resolver.store.session import PUBLIC

REPORTS_PER_MINUTE = 6


@dataclass(frozen=True, slots=True)
class Services:
    """The parts of a running resolver. ``clock`` gives the time, aware and in UTC."""

    settings: Settings
    store: Store
    keyring: LiveKeyring
    issuer: Issuer
    scans: ScanQueue
    reports: RateLimit
    pepper: bytes
    clock: Callable[[], datetime]

    def start(self) -> None:
        """Connect, and begin the work in the background."""
        self.store.open()
        self.keyring.start()
        self.scans.start()

    def stop(self) -> None:
        """Write what waits, then let go of the store."""
        self.keyring.stop()
        self.scans.stop()
        self.store.close()


def build_services(settings: Settings, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Services:
    """The services that ``settings`` describe, not started yet.

    :raises Misconfigured: a secret can't be read.
    """
    root = seal_root(settings)
    store = Store(settings.database_url, pool_size=settings.pool_size)

    def write(scans: Sequence[dict[str, Any]]) -> None:
        with store.transaction(PUBLIC) as cursor:
            consumer.add_scans(cursor, scans)

    return Services(
        settings=settings,
        store=store,
        keyring=LiveKeyring(store, root, interval_s=settings.keyring_refresh_s),
        issuer=Issuer(root, settings.signing_key_dir, settings.base_url),
        scans=ScanQueue(write, capacity=settings.scan_queue),
        reports=RateLimit(REPORTS_PER_MINUTE, per_s=60),
        pepper=pepper(settings),
        clock=clock,
    )


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


With = Annotated[Services, Depends(_services)]
"""The parameter type by which a handler asks for the services."""
