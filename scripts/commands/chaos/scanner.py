"""A reader in a process of its own, which can be killed: ``python -m scripts.commands.chaos.scanner``.

Reads one JSON object from standard input: journal, host, port, user, password, org, reader, key (hexadecimal), items.
Scans one item after the other, and writes a line ``{index} {occurred_at}`` once the journal has the scan.
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
    """Scan until all items are scanned or the process is killed."""
    task = json.load(sys.stdin)
    reader = Reader(
        Address(task["org"], task["reader"]),
        Ed25519PrivateKey.from_private_bytes(bytes.fromhex(task["key"])),
        KID,
        Journal(Path(task["journal"]), first_sequence=task["first_sequence"]),
        Broker(task["host"], task["port"], task["user"], task["password"]),
        clock=now,
        limits=LIMITS,
    )
    with reader:
        for index, item in enumerate(task["items"]):
            at = now()
            reader.scan(Event(item, at, "inspecting"))
            print(index, at, flush=True)
            time.sleep(task["pause_s"])
        time.sleep(60)


if __name__ == "__main__":
    main()
