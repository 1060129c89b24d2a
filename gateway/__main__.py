"""``python -m gateway``: run workers, capture by HTTP, assess evidence, tell of cases, dead letters, settings."""

import argparse
import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import MISSING, fields

from gateway import logs, metrics_server
from gateway.assess.command import run_assessment
from gateway.assess.settings import AssessSettings
from gateway.capture.server import run_capture
from gateway.capture.settings import CaptureSettings
from gateway.dead_letter import command as dead_letter_command
from gateway.ingest.batching import Limits
from gateway.ingest.inbox_choice import open_inbox
from gateway.ingest.metrics import Metrics
from gateway.ingest.reader_channel import Fleet
from gateway.ingest.worker import Worker
from gateway.notify.command import notify
from gateway.notify.settings import NotifySettings
from gateway.settings import PREFIX, Settings, read_seal_root
from gateway.store.connection import connect
from gateway.supervise.metrics_rollup import Rollup
from gateway.supervise.slot import SLOTS, claim_slot, reclaim_slot
from gateway.supervise.supervisor import Supervisor
from schemas.errors import BrokerUnavailable, Misconfigured, StoreUnavailable


def main(arguments: Sequence[str]) -> int:
    """Do what the command line says; 0 when done, 2 when a person has to act first, 3 to be started anew."""
    parser = argparse.ArgumentParser(prog="python -m gateway", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="take events from the broker until SIGTERM or SIGINT")
    run.add_argument("--leave-with-parent", action="store_true", help="stop when standard input ends (supervise)")
    several = commands.add_parser(
        "supervise", help="keep several workers running, on slots 0 and up; one page of metrics for all"
    )
    several.add_argument("--workers", type=int, required=True, metavar="N", help=f"how many, 1 to {SLOTS}")
    commands.add_parser("capture", help="take batches by HTTP until SIGTERM or SIGINT, and serve the page for phones")
    notify_command = commands.add_parser("notify", help="tell subscribers of cases, and escalate overdue ones")
    notify_command.add_argument("--once", action="store_true", help="what is there now, then end")
    assess_command = commands.add_parser("assess", help="weigh the evidence of what has changed, and report")
    assess_command.add_argument("--once", action="store_true", help="what is there now, then end")
    dead_letter_command.add_commands(commands)
    commands.add_parser("settings", help="list the settings")
    options = parser.parse_args(arguments)
    try:
        own: dict[str, Callable[[], None]] = {
            "settings": _list_settings,
            "capture": _capture,
            "notify": lambda: _notify(once=options.once),
            "assess": lambda: _assess(once=options.once),
        }
        if options.command in own:
            own[options.command]()
            return 0
        settings = Settings.from_env(os.environ)
        logs.configure(settings.log_format, settings.log_level)
        if options.command in dead_letter_command.COMMANDS:
            for line in dead_letter_command.run(options, settings, _clock):
                print(line)
        elif options.command == "supervise":
            _supervise(settings, options.workers)
        else:
            _run(settings, leave_with_parent=options.leave_with_parent)
    except Misconfigured as error:
        print(f"gateway: {error}", file=sys.stderr)
        return 2
    except (BrokerUnavailable, StoreUnavailable) as error:
        print(f"gateway: {error}", file=sys.stderr)
        return 3
    return 0


def _clock() -> int:
    return time.time_ns() // 1000


def _run(settings: Settings, *, leave_with_parent: bool) -> None:
    seal_root = read_seal_root(settings.seal_root_file)
    connection = connect(settings.database_url)
    slot = claim_slot(connection, settings.slot)
    metrics = Metrics()
    inbox = open_inbox(settings, slot)
    worker = Worker(
        inbox,
        connection,
        database_url=settings.database_url,
        seal_root=seal_root,
        limits=Limits(settings.batch_messages, settings.batch_bytes, settings.batch_age_ms / 1000),
        metrics=metrics,
        clock=_clock,
        claim_slot=lambda fresh: reclaim_slot(fresh, slot),
    )
    _stop_on_signal(worker.stop)
    if leave_with_parent:
        threading.Thread(target=_stop_at_end_of_input, args=[worker.stop], name="parent", daemon=True).start()
    server = None
    if settings.metrics_port:
        server = metrics_server.serve(
            settings.metrics_host,
            settings.metrics_port,
            metrics.registry,
            lambda: {"broker": inbox.connected, "store": worker.store_up},
        )
    fleet = Fleet(settings, _clock)
    _collect_seldom()
    inbox.start()
    fleet.start()
    try:
        worker.run()
    finally:
        fleet.stop()
        inbox.stop()
        if server is not None:
            server.shutdown()


def _collect_seldom() -> None:
    # A batch makes some hundred thousand objects and no cycles: looking for cycles among them took a sixth of the time.
    gc.freeze()
    gc.set_threshold(200_000, 10, 10)


def _supervise(settings: Settings, workers: int) -> None:
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
    _stop_on_signal(supervisor.stop)
    try:
        supervisor.run()
    finally:
        server.shutdown()


def _stop_on_signal(stop: Callable[[], None]) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop())


def _stop_at_end_of_input(stop: Callable[[], None]) -> None:
    # Not by sys.stdin: its lock, held by a waiting thread, would break the interpreter's end.
    while os.read(0, 1024):
        pass
    stop()


def _capture() -> None:
    settings = CaptureSettings.from_env(os.environ)
    logs.configure(settings.log_format, settings.log_level)
    run_capture(settings, _clock)


def _notify(*, once: bool) -> None:
    settings = NotifySettings.from_env(os.environ)
    logs.configure(settings.log_format, settings.log_level)
    notify(settings, _stop_on_signal, once=once)


def _assess(*, once: bool) -> None:
    settings = AssessSettings.from_env(os.environ)
    logs.configure(settings.log_format, settings.log_level)
    run_assessment(settings, _stop_on_signal, once=once)


def _list_settings() -> None:
    kinds = (AssessSettings, NotifySettings, CaptureSettings, Settings)
    declared = {each.metadata["name"]: each for kind in kinds for each in fields(kind)}
    for each in declared.values():
        default = "required" if each.default is MISSING else f"default {each.default}"
        print(f"{PREFIX}{each.metadata['name']}: {each.metadata['about']} ({default})")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
