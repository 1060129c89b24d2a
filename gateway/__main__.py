"""``python -m gateway``: run workers, capture by HTTP, assess evidence, notify of cases, dead letters, settings."""

import argparse
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence

from gateway.assess.command import run_assessment
from gateway.assess.settings import AssessSettings
from gateway.capture.server import run_capture
from gateway.capture.settings import CaptureSettings
from gateway.dead_letter import command as dead_letter_command
from gateway.ingest.command import run_worker
from gateway.ingest.slot import SLOTS
from gateway.notify.command import notify
from gateway.notify.settings import NotifySettings
from gateway.settings import Settings
from gateway.supervise.command import supervise
from schemas import logs
from schemas.errors import BrokerUnavailable, Misconfigured, StoreUnavailable
from schemas.settings import default_text, setting_name

A_PERSON_HAS_TO_ACT = 2
RESTART = 3


def main(arguments: Sequence[str]) -> int:
    """Run one command; the exit code is 0, 2 when a person has to act first, or 3 when it should be restarted."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except Misconfigured as error:
        print(f"gateway: {error}", file=sys.stderr)
        return A_PERSON_HAS_TO_ACT
    except (BrokerUnavailable, StoreUnavailable) as error:
        print(f"gateway: {error}", file=sys.stderr)
        return RESTART
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m gateway", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)

    run = commands.add_parser("run", help="take events from the broker until SIGTERM or SIGINT")
    run.add_argument("--leave-with-parent", action="store_true", help="stop when standard input ends (supervise)")
    run.set_defaults(run=_run)

    several = commands.add_parser(
        "supervise", help="keep several workers running, on slots 0 and up; one page of metrics for all"
    )
    several.add_argument("--workers", type=int, required=True, metavar="N", help=f"how many, 1 to {SLOTS}")
    several.set_defaults(run=_supervise)

    capture = commands.add_parser(
        "capture", help="take batches by HTTP until SIGTERM or SIGINT, and serve the page for phones"
    )
    capture.set_defaults(run=_capture)

    notifying = commands.add_parser("notify", help="notify subscribers of cases, and escalate overdue ones")
    notifying.add_argument("--once", action="store_true", help="what is there now, then end")
    notifying.set_defaults(run=_notify)

    assessing = commands.add_parser("assess", help="weigh the evidence of what has changed, and report")
    assessing.add_argument("--once", action="store_true", help="what is there now, then end")
    assessing.set_defaults(run=_assess)

    listing = commands.add_parser("dead-letters", help="list what could not be used, the newest first")
    dead_letter_command.add_list_arguments(listing)
    listing.set_defaults(run=_list_dead_letters)

    replay = commands.add_parser("replay-dead", help="take dead letters in once more, as after a reader was enrolled")
    dead_letter_command.add_filters(replay)
    replay.set_defaults(run=_replay_dead_letters)

    settings = commands.add_parser("settings", help="list the settings")
    settings.set_defaults(run=_list_settings)
    return parser


def _run(options: argparse.Namespace) -> None:
    def on_stop(stop: Callable[[], None]) -> None:
        _stop_on_signal(stop)
        if options.leave_with_parent:
            threading.Thread(target=_stop_at_end_of_input, args=[stop], name="parent", daemon=True).start()

    run_worker(_settings(), _clock, on_stop)


def _supervise(options: argparse.Namespace) -> None:
    supervise(_settings(), options.workers, _stop_on_signal)


def _capture(_: argparse.Namespace) -> None:
    settings = CaptureSettings.from_env(os.environ)
    logs.configure(settings.log_format, settings.log_level)
    run_capture(settings, _clock, _stop_on_signal)


def _notify(options: argparse.Namespace) -> None:
    settings = NotifySettings.from_env(os.environ)
    logs.configure(settings.log_format, settings.log_level)
    notify(settings, _stop_on_signal, once=options.once)


def _assess(options: argparse.Namespace) -> None:
    settings = AssessSettings.from_env(os.environ)
    logs.configure(settings.log_format, settings.log_level)
    run_assessment(settings, _stop_on_signal, once=options.once)


def _list_dead_letters(options: argparse.Namespace) -> None:
    dead_letter_command.list_dead_letters(options, _settings())


def _replay_dead_letters(options: argparse.Namespace) -> None:
    dead_letter_command.replay_dead_letters(options, _settings(), _clock)


def _list_settings(_: argparse.Namespace) -> None:
    kinds = (AssessSettings, NotifySettings, CaptureSettings, Settings)
    declared = {setting_name(field): field for kind in kinds for field in kind.model_fields.values()}
    for name, field in declared.items():
        default = "required" if field.is_required() else f"default {default_text(field)}"
        print(f"{name}: {field.description} ({default})")


def _settings() -> Settings:
    settings = Settings.from_env(os.environ)
    logs.configure(settings.log_format, settings.log_level)
    return settings


def _clock() -> int:
    return time.time_ns() // 1000


def _stop_on_signal(stop: Callable[[], None]) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop())


def _stop_at_end_of_input(stop: Callable[[], None]) -> None:
    # Not by sys.stdin: its lock, held by a waiting thread, would break the interpreter's end.
    while os.read(0, 1024):
        pass
    stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
