"""``python -m resolver privacy``: forget a person on demand, or everybody after a time."""

import argparse
import os
from datetime import UTC, datetime, timedelta

from resolver.access import handset
from resolver.scan import traffic_store
from resolver.settings import Settings, pepper
from resolver.store import Scope, Store
from schemas.errors import Misconfigured


def add_arguments(commands: argparse.ArgumentParser) -> None:
    """The command's own sub-commands."""
    actions = commands.add_subparsers(required=True, metavar="action")
    forget = actions.add_parser("forget", help="take one person out of all scans")
    forget.add_argument(
        "--handset", required=True, help="the install id: the value of the phone's cookie, or the app's"
    )
    forget.set_defaults(run=_forget)
    expire = actions.add_parser("expire", help="take all persons out of scans and reports older than the retention")
    expire.add_argument("--days", type=int, default=None, help="instead of SUYUAN_RETENTION_DAYS")
    expire.set_defaults(run=_expire)


def _forget(parsed: argparse.Namespace) -> int:
    settings = Settings.from_env(os.environ)
    pseudonym = handset.hashed(pepper(settings), handset.install_of(parsed.handset))
    with Store(settings.database_url, pool_size=1) as store, store.transaction(Scope()) as cursor:
        forgotten = traffic_store.forget_handset(cursor, pseudonym)
    print(f"{forgotten} scans no longer say whose they were")
    return 0


def _expire(parsed: argparse.Namespace) -> int:
    settings = Settings.from_env(os.environ)
    days = settings.retention_days if parsed.days is None else parsed.days
    if days < 1:
        raise Misconfigured("how long is kept? Set SUYUAN_RETENTION_DAYS, or give --days")
    with Store(settings.database_url, pool_size=1) as store, store.transaction(Scope()) as cursor:
        expired = traffic_store.expire_consumers(cursor, datetime.now(UTC) - timedelta(days=days))
    print(f"{expired} scans no longer say whose they were")
    return 0
