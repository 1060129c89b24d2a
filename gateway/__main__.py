"""``python -m gateway``: run a worker, replay dead letters, or list the settings."""

import argparse
import logging
import os
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import MISSING, fields

from gateway import monitoring
from gateway.batching import Limits
from gateway.inbox import Inbox
from gateway.metrics import Metrics
from gateway.replay import replay
from gateway.settings import PREFIX, Settings, read_seal_root
from gateway.slot import claim_slot
from gateway.store.connection import connect
from gateway.worker import Worker
from schemas.errors import BrokerUnavailable, Misconfigured, StoreUnavailable

_LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"


def main(arguments: Sequence[str]) -> int:
    """Do what the command line says; 0 when done, 2 when a person has to act first, 3 to be started anew."""
    parser = argparse.ArgumentParser(prog="python -m gateway", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="take events from the broker until SIGTERM or SIGINT")
    again = commands.add_parser("replay-dead", help="take dead letters in once more, as after a reader was enrolled")
    again.add_argument("--reason", help="only messages with a dead letter of this reason")
    commands.add_parser("settings", help="list the settings")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format=_LOG_FORMAT, stream=sys.stderr)
    try:
        if options.command == "settings":
            _list_settings()
        elif options.command == "replay-dead":
            _replay(Settings.from_env(os.environ), options.reason)
        else:
            _run(Settings.from_env(os.environ))
    except (Misconfigured, StoreUnavailable) as error:
        print(f"gateway: {error}", file=sys.stderr)
        return 2
    except BrokerUnavailable as error:
        print(f"gateway: {error}", file=sys.stderr)
        return 3
    return 0


def _clock() -> int:
    return time.time_ns() // 1000


def _run(settings: Settings) -> None:
    seal_root = read_seal_root(settings.seal_root_file)
    connection, slot_connection = connect(settings.database_url), connect(settings.database_url)
    slot = claim_slot(slot_connection, settings.slot)
    metrics = Metrics()
    inbox = Inbox(settings, slot)
    worker = Worker(
        inbox,
        connection,
        database_url=settings.database_url,
        seal_root=seal_root,
        limits=Limits(settings.batch_messages, settings.batch_bytes, settings.batch_age_ms / 1000),
        metrics=metrics,
        clock=_clock,
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stop())
    server = None
    if settings.metrics_port:
        server = monitoring.serve(
            settings.metrics_host,
            settings.metrics_port,
            metrics.registry,
            lambda: {"broker": inbox.connected, "store": worker.store_up},
        )
    inbox.start()
    try:
        worker.run()
    finally:
        inbox.stop()
        if server is not None:
            server.shutdown()


def _replay(settings: Settings, reason: str | None) -> None:
    tally = replay(connect(settings.database_url), read_seal_root(settings.seal_root_file), reason, _clock)
    print(
        f"{tally.messages} messages: {tally.stored} events stored, {tally.duplicate} duplicate, "
        f"{tally.rejected.total()} rejected again"
    )


def _list_settings() -> None:
    for each in fields(Settings):
        default = "required" if each.default is MISSING else f"default {each.default}"
        print(f"{PREFIX}{each.metadata['name']}: {each.metadata['about']} ({default})")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
