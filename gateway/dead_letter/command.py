"""``python -m gateway dead-letters`` and ``replay-dead``: what could not be used, and once more when it can."""

import argparse
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from gateway.dead_letter.replay import replay
from gateway.settings import Settings, read_seal_root
from gateway.store.connection import connect
from gateway.store.dead_letters import Choice, listing
from schemas.topics import EVENTS, NAME, Address

COMMANDS = ("dead-letters", "replay-dead")


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare both commands with their filters."""
    shown = commands.add_parser("dead-letters", help="list what could not be used, the newest first")
    again = commands.add_parser("replay-dead", help="take dead letters in once more, as after a reader was enrolled")
    shown.add_argument("--limit", type=int, default=50, metavar="N", help="at most so many lines (default: 50)")
    for parser in (shown, again):
        parser.add_argument("--reason", help="only messages with a dead letter of this reason")
        parser.add_argument("--reader", type=_reader, metavar="ORG/READER", help="only messages of this reader")
        parser.add_argument("--since", type=_moment, metavar="TIME", help="received at or after this time (ISO 8601)")
        parser.add_argument("--until", type=_moment, metavar="TIME", help="received before this time (ISO 8601)")


def run(options: argparse.Namespace, settings: Settings, clock: Callable[[], int]) -> Iterator[str]:
    """Do what the parsed options say; gives what to print, line by line."""
    topic = options.reader.topic(EVENTS) if options.reader else None
    choice = Choice(options.reason, topic, options.since, options.until)
    connection = connect(settings.database_url)
    if options.command == "replay-dead":
        counters = replay(connection, read_seal_root(settings.seal_root_file), choice, clock)
        yield (
            f"{counters.messages} messages: {counters.stored} events stored, {counters.duplicate} duplicate, "
            f"{counters.rejected.total()} rejected again"
        )
        return
    for each in listing(connection, choice, options.limit):
        replayed = " (replayed)" if each.replayed_at else ""
        yield (
            f"{each.received_at:%Y-%m-%dT%H:%M:%SZ} {each.topic} {each.digest.hex()[:16]} {each.size} bytes: "
            f"{each.letters} x {each.reason}: {each.detail}{replayed}"
        )


def _reader(text: str) -> Address:
    org_id, _, reader_id = text.partition("/")
    if not (NAME.fullmatch(org_id) and NAME.fullmatch(reader_id)):
        raise argparse.ArgumentTypeError(f"{text!r} is not org/reader")
    return Address(org_id, reader_id)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time of ISO 8601, such as 2026-03-01T08:00:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
