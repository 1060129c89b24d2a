"""A reader as a process of its own, to be killed: ``python -m scripts.commands.chaos.scanner``.

Reads one JSON object from standard input: journal, host, port, user, password, org, reader, key (hexadecimal), items.
Scans one item after the other, and writes ``{index} {occurred_at}`` once the journal has it.
"""

import json
import sys
import time
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmware_sim.device.journal import Journal
from firmware_sim.device.reader import Broker, Reader
from schemas.event import Event
from schemas.topics import Address
from scripts.commands.chaos.readers import LIMITS, now
from scripts.system.fixtures import KID


def main() -> None:
    """Scan until there is nothing left, or this process is no more."""
    asked = json.load(sys.stdin)
    reader = Reader(
        Address(asked["org"], asked["reader"]),
        Ed25519PrivateKey.from_private_bytes(bytes.fromhex(asked["key"])),
        KID,
        Journal(Path(asked["journal"]), first_sequence=asked["first_sequence"]),
        Broker(asked["host"], asked["port"], asked["user"], asked["password"]),
        clock=now,
        limits=LIMITS,
    )
    with reader:
        for index, item in enumerate(asked["items"]):
            at = now()
            reader.scan(Event(item, at, "inspecting"))
            print(index, at, flush=True)
            time.sleep(asked["pause_s"])
        time.sleep(60)


if __name__ == "__main__":
    main()
