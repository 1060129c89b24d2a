"""``python -m resolver keys``: what is done about the keys of signed answers."""

import argparse
import os
from pathlib import Path

from resolver.key import answer_key_store
from resolver.settings import Settings
from resolver.store import Scope, Store
from resolver.web.signatures import read_directory
from schemas.errors import Misconfigured


def add_arguments(keys: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The commands ``revoke-answer`` and ``add-former-answer``."""
    revoke = keys.add_parser("revoke-answer", help="revoke a key of signed answers; it can't be undone")
    revoke.add_argument("--key", required=True, metavar="ID", help="as the directory of keys names it")
    revoke.add_argument("--reason", required=True)
    revoke.set_defaults(run=_revoke)
    former = keys.add_parser("add-former-answer", help="publish keys that signed answers before there was a history")
    former.add_argument("--keys", required=True, type=Path, help="a saved http-message-signatures-directory")
    former.set_defaults(run=_add_former)


def _revoke(parsed: argparse.Namespace) -> int:
    with _store() as store, store.transaction(Scope()) as cursor:
        answer_key_store.revoke(cursor, parsed.key, parsed.reason)
    print(f"revoked: {parsed.key}; give the resolver another one in SUYUAN_ANSWER_KEY_FILE")
    return 0


def _add_former(parsed: argparse.Namespace) -> int:
    try:
        keys = read_directory(parsed.keys.read_bytes())
    except OSError as error:
        raise Misconfigured(f"can't read {parsed.keys} ({error.strerror})") from None
    with _store() as store, store.transaction(Scope()) as cursor:
        for key_id, key in keys.items():
            added = answer_key_store.add_former(cursor, key_id, key.public_key.public_bytes_raw())
            print(f"{'added' if added else 'there already'}: {key_id}")
    return 0


def _store() -> Store:
    return Store(Settings.from_env(os.environ).database_url, pool_size=1)
