"""``python -m resolver bundle verify FILE``: whether an evidence bundle is what was signed."""

import argparse
import json
import sys
from pathlib import Path

from resolver.case.bundle import BrokenBundle, verify
from schemas.errors import Misconfigured


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The action and its arguments."""
    actions = parser.add_subparsers(required=True, metavar="action")
    check = actions.add_parser("verify", help="check hashes and signature; nothing else is needed")
    check.add_argument("file", type=Path, help="the ZIP file")
    check.add_argument(
        "--keys",
        type=Path,
        help="a saved /.well-known/http-message-signatures-directory, to know whose signature it is",
    )
    check.set_defaults(run=run)


def run(parsed: argparse.Namespace) -> int:
    """0 when it holds, 1 when not; one line says which part."""
    try:
        verified = verify(_read(parsed.file), None if parsed.keys is None else _read(parsed.keys))
    except BrokenBundle as error:
        print(json.dumps({"holds": False, "reason": error.reason, "detail": error.detail}))
        return 1
    print(
        json.dumps(
            {"holds": True, "files": verified.files, "key": verified.key_id, "key_published": verified.published}
        )
    )
    if not verified.published:
        print("resolver: whose key that is, only --keys can tell", file=sys.stderr)
    return 0


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Misconfigured(f"can't read {path} ({error.strerror})") from None
