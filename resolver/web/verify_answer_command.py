"""``python -m resolver verify-answer``: whether a saved answer bears the resolver's signature."""

import argparse
import json
from http.client import parse_headers
from io import BytesIO
from pathlib import Path

from resolver.web.signatures import Exchange, UnprovenAnswer, read_directory, verify
from schemas.errors import Misconfigured


def add_arguments(command: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    command.add_argument("uri", help="the address that was asked, query and all")
    command.add_argument("--answer", required=True, type=Path, help="the answer as curl -i wrote it")
    command.add_argument("--keys", required=True, type=Path, help="a saved http-message-signatures-directory")
    command.add_argument("--method", default="GET")
    command.set_defaults(run=_verify)


def _verify(parsed: argparse.Namespace) -> int:
    try:
        saved, keys = parsed.answer.read_bytes(), parsed.keys.read_bytes()
    except OSError as error:
        raise Misconfigured(f"can't read {error.filename} ({error.strerror})") from None
    stream = BytesIO(saved)
    status_line = stream.readline().split()
    if len(status_line) < 2 or not status_line[0].startswith(b"HTTP/") or not status_line[1].isdigit():
        raise Misconfigured(f"{parsed.answer} does not begin with a status line; save the answer with curl -i")
    headers = {name.lower(): value for name, value in parse_headers(stream).items()}
    kind = headers.get("content-type", "")
    exchange = Exchange(parsed.method, parsed.uri, int(status_line[1]), kind, stream.read())
    try:
        at = verify(exchange, headers, read_directory(keys))
    except UnprovenAnswer as error:
        print(json.dumps({"signed": False, "reason": error.reason, "detail": error.detail}))
        return 1
    print(json.dumps({"signed": True, "at": at.isoformat()}))
    return 0
