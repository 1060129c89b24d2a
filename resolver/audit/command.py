"""``python -m resolver audit``: whether the audit log is whole."""

import argparse
import os

from resolver.audit import store
from resolver.settings import Settings
from resolver.store import OPERATOR, Store


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Let the parser know the command."""
    parser.set_defaults(run=run)


def run(_: argparse.Namespace) -> int:
    """Check the chain; 1 when a row was changed, taken out or put in between."""
    settings = Settings.from_env(os.environ)
    with Store(settings.database_url, pool_size=1) as database, database.transaction(OPERATOR) as cursor:
        fault, head = store.fault(cursor), store.head(cursor)
    if fault is not None:
        print(f"the audit log is broken at number {fault}")
        return 1
    print("the audit log is empty" if head is None else f"whole up to number {head['number']}, digest {head['digest']}")
    return 0
