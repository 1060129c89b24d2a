"""``python -m gateway dead-letters`` and ``replay-dead``: list messages that could not be used, and replay them."""

import argparse
from collections.abc import Callable
from datetime import UTC, datetime

from gateway.dead_letter.replay import replay
from gateway.settings import Settings, read_seal_root
from gateway.store.connection import connect
from gateway.store.dead_letters import Choice, listing
from schemas.topics import EVENTS, NAME, Address


def add_list_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what ``dead-letters`` takes."""
    parser.add_argument("--limit", type=int, default=50, metavar="N", help="at most so many lines (default: 50)")
    add_filters(parser)


def add_filters(parser: argparse.ArgumentParser) -> None:
    """Declare which dead letters are meant."""
    parser.add_argument("--reason", help="only messages with a dead letter of this reason")
    parser.add_argument("--reader", type=_reader, metavar="ORG/READER", help="only messages of this reader")
    parser.add_argument("--since", type=_moment, metavar="TIME", help="received at or after this time (ISO 8601)")
    parser.add_argument("--until", type=_moment, metavar="TIME", help="received before this time (ISO 8601)")


def list_dead_letters(options: argparse.Namespace, settings: Settings) -> None:
    """Print the chosen dead letters, newest first, one line for each message and reason."""
    for listed in listing(connect(settings.database_url), _choice(options), options.limit):
        replayed = " (replayed)" if listed.replayed_at else " (cut: can't be replayed)" if listed.cut else ""
        print(
            f"{listed.received_at:%Y-%m-%dT%H:%M:%SZ} {listed.topic} {listed.digest.hex()[:16]} {listed.size} bytes: "
            f"{listed.letters} x {listed.reason}: {listed.detail}{replayed}"
        )


def replay_dead_letters(options: argparse.Namespace, settings: Settings, clock: Callable[[], int]) -> None:
    """Replay the chosen messages, and print what came of them. ``clock``: microseconds, UTC."""
    connection = connect(settings.database_url)
    counters = replay(connection, read_seal_root(settings.seal_root_file), _choice(options), clock)
    print(
        f"{counters.messages} messages: {counters.stored} events stored, {counters.duplicate} duplicate, "
        f"{counters.rejected.total()} rejected again"
    )


def _choice(options: argparse.Namespace) -> Choice:
    topic = options.reader.topic(EVENTS) if options.reader else None
    return Choice(options.reason, topic, options.since, options.until)


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
