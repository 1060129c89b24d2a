"""``python -m resolver privacy``: forget a person on demand. What is too old is taken out by the assessor."""

import argparse
import os
from datetime import UTC, datetime

from resolver.access import handset
from resolver.privacy.names import names_of
from resolver.privacy.store import forget_steps, organisations
from resolver.settings import Settings, pepper
from resolver.store import Store


def add_arguments(commands: argparse.ArgumentParser) -> None:
    """The command's own sub-commands."""
    actions = commands.add_subparsers(required=True, metavar="action")
    forget = actions.add_parser("forget", help="take one person out of all scans and reports")
    forget.add_argument(
        "--handset", required=True, help="the install id: the value of the phone's cookie, or the app's"
    )
    forget.set_defaults(run=_forget)


def _forget(parsed: argparse.Namespace) -> int:
    settings = Settings.from_env(os.environ)
    install = handset.install_of(parsed.handset)
    with Store(settings.database_url, pool_size=1) as store:
        orgs = organisations(store)
        names = names_of(pepper(settings), install, orgs, settings.retention_days, datetime.now(UTC))
        forgotten = sum(forget_steps(store, names))
    print(f"{forgotten} scans and reports no longer say whose they were")
    return 0
