"""``python -m firmware_sim``: readers under load, enrolment of a reader, and a summary of a demo world's plan."""

import argparse
import json
import os
import ssl
import sys
import tempfile
import time
from pathlib import Path
from random import Random

from firmware_sim.device.enrolment import enrol, rotate
from firmware_sim.device.faults import faulty_wire
from firmware_sim.device.keys import load_keys
from firmware_sim.device.load import Load, run_load
from firmware_sim.device.pacing import Limits
from firmware_sim.device.reader import Broker, Capture
from firmware_sim.world.attacks import samples, with_attacks
from firmware_sim.world.catalogue import build_catalogue
from firmware_sim.world.parameters import load_parameters
from firmware_sim.world.world import build_world
from schemas.errors import Misconfigured, SuyuanError
from schemas.topics import NAME, Address

TOKEN_VARIABLE = "SUYUAN_ENROLMENT_TOKEN"  # noqa: S105 -- the variable's name
PASSWORD_VARIABLE = "SUYUAN_BROKER_PASSWORD"  # noqa: S105 -- the variable's name


def main(arguments: list[str] | None = None) -> int:
    """Run a command; gives the exit status: 0 done, 1 not every batch got its receipt, 2 can't be done as asked."""
    chosen = _parser().parse_args(arguments)
    try:
        status: int = chosen.command(chosen)
    except (SuyuanError, OSError, ValueError) as error:
        print(f"firmware_sim: {error}", file=sys.stderr)
        return 2
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="firmware_sim", description="Simulated readers, phones and their world.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    run = commands.add_parser(
        "run",
        help="many readers at a steady rate against a broker and gateway",
        description="Readers scan at a steady rate, publish signed batches and wait for receipts. The last line is "
        f"JSON with the sums. The broker's password is read from {PASSWORD_VARIABLE}.",
    )
    run.add_argument("--keys", type=Path, required=True, help="folder of private keys, {org}/{reader}/{kid}.pem")
    run.add_argument("--readers", type=int, default=0, metavar="N", help="use the first N readers (default: all)")
    run.add_argument("--seconds", type=float, default=10.0, metavar="T", help="how long to scan (default: 10)")
    run.add_argument("--rate", type=float, default=100.0, metavar="R", help="events a second in all (default: 100)")
    run.add_argument("--drain", type=float, default=30.0, metavar="T", help="wait for the last receipts (default: 30)")
    run.add_argument("--host", default="127.0.0.1", help="the broker (default: 127.0.0.1)")
    run.add_argument("--port", type=int, default=1883, help="its MQTT port (default: 1883)")
    run.add_argument("--capture", metavar="URL", help="send by HTTP to the gateway's capture instead of a broker")
    run.add_argument("--username", help="the broker's user for readers (default: none)")
    run.add_argument("--tls-ca", type=Path, metavar="FILE", help="connect by TLS and trust this CA (PEM)")
    run.add_argument(
        "--journals", type=Path, metavar="FOLDER", help="keep the journals here (default: a temporary one)"
    )
    run.add_argument("--items", type=Path, metavar="FILE", help="codes to scan, one a line (default: example SSCCs)")
    run.add_argument("--batch", type=int, default=100, metavar="N", help="most events in a batch (default: 100)")
    run.add_argument("--age", type=float, default=1.0, metavar="T", help="seconds until a batch is cut (default: 1)")
    run.add_argument("--duplicate", type=float, default=0.0, metavar="P", help="share of messages sent twice")
    run.add_argument("--corrupt", type=float, default=0.0, metavar="P", help="share of messages with a flipped bit")
    run.add_argument("--lose", type=float, default=0.0, metavar="P", help="share of messages lost on the way")
    run.add_argument("--seed", type=int, default=0, help="of what is random (default: 0)")
    run.set_defaults(command=_run)
    _add_key_commands(commands)
    world = commands.add_parser(
        "world",
        help="summarise the plan of a seeded world with its attacks",
        description="Builds a world with its attacks and prints what is in it. The codes are placeholders.",
    )
    world.add_argument("--seed", type=int, default=0, help="the same seed gives the same world (default: 0)")
    world.add_argument("--parameters", type=Path, metavar="FILE", help="a TOML file (default: the demo's)")
    world.add_argument("--now", type=int, metavar="S", help="Unix time that ends the history (default: the clock's)")
    world.add_argument("--honest", action="store_true", help="leave the attacks out")
    world.add_argument("--json", action="store_true", help="print JSON")
    world.set_defaults(command=_world)
    return parser


def _add_key_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    enrolling = commands.add_parser(
        "enrol",
        help="make a key and enrol it with a one-time token",
        description=f"The token is read from {TOKEN_VARIABLE}. May be repeated when it was cut short.",
    )
    rotating = commands.add_parser(
        "rotate",
        help="put a new key in the place of a reader's newest one",
        description="The old key signs for the new one, and stays good until the operator revokes it.",
    )
    for parser, default in ((enrolling, "k1"), (rotating, None)):
        parser.add_argument(
            "--url",
            required=True,
            help="the resolver's API, such as https://id.example.com/api/v1"
            + (", or the gateway's HTTP capture" if parser is enrolling else ""),
        )
        parser.add_argument("--keys", type=Path, required=True, help="folder of private keys")
        parser.add_argument("--reader", required=True, metavar="ORG/READER", help="which reader")
        parser.add_argument("--kid", default=default, required=default is None, help="id of the new key")
    enrolling.set_defaults(command=_enrol)
    rotating.set_defaults(command=_rotate)


def _enrol(chosen: argparse.Namespace) -> int:
    token = os.environ.get(TOKEN_VARIABLE, "").strip()
    if not token:
        raise Misconfigured(f"{TOKEN_VARIABLE} is missing: set it to the one-time token")
    made = enrol(chosen.url, chosen.keys, _address(chosen.reader), chosen.kid.encode(), token)
    print(json.dumps({"reader": chosen.reader, "kid": made.kid.decode()}))
    return 0


def _rotate(chosen: argparse.Namespace) -> int:
    address = _address(chosen.reader)
    old = next((key for key in load_keys(chosen.keys) if key.address == address), None)
    if old is None:
        raise Misconfigured(f"--reader {chosen.reader}: {chosen.keys} has no key of it")
    made = rotate(chosen.url, chosen.keys, old, chosen.kid.encode())
    print(json.dumps({"reader": chosen.reader, "kid": made.kid.decode(), "old_kid": old.kid.decode()}))
    return 0


def _address(text: str) -> Address:
    org_id, _, reader_id = text.partition("/")
    if not (NAME.fullmatch(org_id) and NAME.fullmatch(reader_id)):
        raise Misconfigured(f"--reader {text!r}: use org/reader, each of lower-case letters, digits and hyphens")
    return Address(org_id, reader_id)


def _run(chosen: argparse.Namespace) -> int:
    if chosen.seconds <= 0 or chosen.rate <= 0:
        raise Misconfigured("--seconds and --rate must be above 0")
    keys = load_keys(chosen.keys)
    if not 0 <= chosen.readers <= len(keys):
        raise Misconfigured(f"--readers {chosen.readers}: {chosen.keys} has keys of {len(keys)} readers")
    items = tuple(chosen.items.read_text(encoding="utf-8").split()) if chosen.items else ()
    tls = ssl.create_default_context(cafile=chosen.tls_ca) if chosen.tls_ca else None
    broker: Broker | Capture = Broker(chosen.host, chosen.port, chosen.username, os.environ.get(PASSWORD_VARIABLE), tls)
    if chosen.capture:
        broker = Capture(chosen.capture, tls)
    limits = Limits(events=chosen.batch, age_s=chosen.age)
    load = Load(chosen.seconds, chosen.rate, chosen.drain, limits, items)
    rng = Random(chosen.seed)  # noqa: S311 -- a simulation has to be repeatable
    wire = faulty_wire(rng, duplicate=chosen.duplicate, corrupt=chosen.corrupt, lose=chosen.lose)
    with tempfile.TemporaryDirectory(prefix="suyuan-readers-") as temporary:
        result = run_load(load, keys[: chosen.readers or None], broker, chosen.journals or Path(temporary), rng, wire)
    print(json.dumps(result))
    return 0 if result["settled"] else 1


def _world(chosen: argparse.Namespace) -> int:
    parameters = load_parameters(chosen.parameters)
    now = (int(time.time()) if chosen.now is None else chosen.now) * 1_000_000
    rng = Random(chosen.seed)  # noqa: S311 -- a simulation has to be repeatable
    catalogue = build_catalogue(parameters, now, rng)
    gtins = {batch.lot: batch.gtin for batch in catalogue.batches}

    def placeholder(lot: str, index: int) -> str:
        return f"https://id.example.org/01/{gtins[lot]}/21/{lot}-{index}"

    plan = build_world(catalogue, parameters, placeholder, rng)
    if not chosen.honest:
        plan = with_attacks(plan, parameters, placeholder, rng)
    summary = {"seed": chosen.seed, "now": catalogue.now} | plan.summary() | {"samples": samples(plan)}
    if chosen.json:
        print(json.dumps(summary, indent=2))
    else:
        for name, value in summary.items():
            print(f"{name:12} {value}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
