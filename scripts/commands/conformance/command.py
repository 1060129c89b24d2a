"""Check a resolver against the GS1-Conformant resolver standard: a running one, or one started with sample links."""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain

from schemas.errors import SuyuanError
from scripts.commands.conformance.beyond_suite import further_checks
from scripts.commands.conformance.check import FAIL, Result, Subject, run
from scripts.commands.conformance.raw_http import RawClient
from scripts.commands.conformance.subjects import register
from scripts.commands.conformance.suite import official
from scripts.commands.conformance.tls_front import TlsFront
from scripts.commands.up import state as demo_state
from scripts.commands.up.command import DEFAULT_STATE
from scripts.system.embedded.port import LOOPBACK, free_port
from scripts.system.stack import temporary_stack

USAGE_ERROR = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the checks; 0 when none failed."""
    parsed = _parser().parse_args(arguments)
    try:
        if parsed.url:
            uris = parsed.uri or _demo_uris(parsed.url)
            if not uris:
                print("conformance: name what to test by --uri, such as --uri BASE/01/09521234000013", file=sys.stderr)
                return USAGE_ERROR
            return _report(parsed.url.rstrip("/"), uris, parsed.ca, as_json=parsed.json)
        with _own_stack() as (base, uris, certificate):
            return _report(base, uris, certificate, as_json=parsed.json)
    except SuyuanError as error:
        print(f"conformance: {error}", file=sys.stderr)
        return USAGE_ERROR


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/conformance", description=__doc__)
    kinds = parser.add_subparsers(required=True, metavar="what")
    resolver = kinds.add_parser(
        "resolver", help="the GS1-Conformant resolver standard 1.2.0, and checks beyond its test suite"
    )
    resolver.add_argument(
        "--json", action="store_true", help="print a JSON object for each check, and a summary as the last line"
    )
    resolver.add_argument("--url", default="", help="a running resolver's root; one is started when this is left out")
    resolver.add_argument("--uri", action="append", default=[], help="a Digital Link URI to test (may be repeated)")
    resolver.add_argument(
        "--ca", default=None, help="file of CA certificates to trust besides, for --url with a private CA"
    )
    return parser


def _report(base: str, uris: Sequence[str], certificate: str | None, *, as_json: bool) -> int:
    counts = {"passed": 0, "failed": 0, "warned": 0}
    for result in _results(base, uris, certificate):
        outcome = "passed" if result.passed else "failed" if result.level == FAIL else "warned"
        counts[outcome] += 1
        if as_json:
            print(result.to_json().decode(), flush=True)
        else:
            print(f"{outcome:7} {result.id:22} {result.uri}  {result.detail}", flush=True)
    print(json.dumps(counts) if as_json else ", ".join(f"{count} {name}" for name, count in counts.items()))
    return 1 if counts["failed"] else 0


def _results(base: str, uris: Sequence[str], certificate: str | None) -> Iterator[Result]:
    with RawClient(base, trust=certificate) as client:
        for uri in uris:
            subject = Subject(client, uri)
            yield from run(chain(official(subject), further_checks(subject)), subject)


@contextmanager
def _own_stack() -> Iterator[tuple[str, list[str], str]]:
    """A resolver behind TLS with sample links; its root, the URIs to test and the certificate to trust."""
    port = free_port()
    base = f"https://{LOOPBACK}:{port}"
    with temporary_stack() as stack:
        stack.start_store()
        stack.start_resolver(base_url=base, network_rate="0", code_rate="0")
        with TlsFront(stack.state, port=port, behind=stack.http_port) as front:
            yield base, register(stack, base), str(front.certificate)


def _demo_uris(url: str) -> list[str]:
    """The genuine code of the demo, where ``scripts/up`` is what runs at ``url``."""
    state = demo_state.load(DEFAULT_STATE) if DEFAULT_STATE.exists() else None
    if state is None or not state.samples or not url.rstrip("/").endswith(f":{state.http_port}"):
        return []
    return [url.rstrip("/") + "/01/" + state.samples["genuine"].partition("/01/")[2]]
