"""``python -m gateway run``: one worker on one slot, taking events from the broker."""

import gc
from collections.abc import Callable

from gateway.ingest.inbox_choice import open_inbox
from gateway.ingest.metrics import Metrics
from gateway.ingest.mqtt_reader_channel import ReaderChannel
from gateway.ingest.process import IngestProcess
from gateway.ingest.slot import claim_slot, reclaim_slot
from gateway.settings import Settings, read_seal_root
from gateway.store.connection import connect


def run_worker(settings: Settings, clock: Callable[[], int], on_stop: Callable[[Callable[[], None]], None]) -> None:
    """Take events until the function that ``on_stop`` receives is called. ``clock``: microseconds, UTC.

    :raises Misconfigured: broker or store refuse the gateway, or its slot or port is taken.
    :raises BrokerUnavailable: the network thread ended.
    """
    seal_root = read_seal_root(settings.seal_root_file)
    connection = connect(settings.database_url)
    slot = claim_slot(connection, settings.slot)
    inbox = open_inbox(settings, slot)
    process = IngestProcess(
        settings,
        inbox,
        connection,
        seal_root=seal_root,
        metrics=Metrics(),
        source="broker",
        claim_slot=lambda fresh: reclaim_slot(fresh, slot),
        clock=clock,
    )
    on_stop(process.worker.stop)
    collect_seldom()
    process.run([inbox, ReaderChannel(settings, clock)])


def collect_seldom() -> None:
    """Look for cycles among objects seldom, for as long as this process lives: a worker's own setting.

    A batch makes some hundred thousand objects and no cycles: looking for cycles among them took a sixth of the time.
    """
    gc.freeze()
    gc.set_threshold(200_000, 10, 10)
