"""The case of a reader whose power is cut while it journals."""

import json
import subprocess
import sys
import time
from pathlib import Path
from random import Random

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from schemas.event import Event
from scripts.commands.chaos.readers import Crew, now
from scripts.commands.chaos.result import Result
from scripts.commands.chaos.system import Site
from scripts.system.embedded.port import LOOPBACK
from scripts.system.fixtures import Device

_BATCH = 5_000


def reader_power_cut(folder: Path, rng: Random, *, quick: bool) -> Result:
    """A kill -9 of a reader that scans, journals, sends and settles; what its journal took must reach the store."""
    cuts = 2 if quick else 8
    with Site(folder, "nats") as site:
        device = site.enrol("unplugged")
        units = site.units()
        journals = folder / "journals"
        journals.mkdir()
        safe: list[Event] = []
        for life in range(cuts):
            items = [units.path(life * _BATCH + index) for index in range(_BATCH)]
            safe += _live_and_die(site, device, journals, items, rng.uniform(0.6, 1.6))
        with Crew(site, [device], journals) as crew:
            crew.scanned[0] = safe
            crew.settle()
            # The last scan of each life may be in the journal although nobody was told so any more.
            result = crew.result()
            untold = min(result.doubled, cuts)
            return Result(
                result.sent, result.stored, result.doubled - untold, result.lost, note=f"{cuts} lives, {untold} untold"
            )


def _live_and_die(site: Site, device: Device, journals: Path, items: list[str], seconds: float) -> list[Event]:
    """Let a reader live for ``seconds``; gives the scans that it said were safe."""
    user, password = site.credentials()
    asked = {
        "journal": str(journals / f"{device.address.reader_id}.sqlite"),
        "host": LOOPBACK,
        "port": site.mqtt_ports[0],
        "user": user,
        "password": password,
        "org": device.address.org_id,
        "reader": device.address.reader_id,
        "key": device.key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()).hex(),
        "first_sequence": now(),
        "items": items,
        "pause_s": 0.001,
    }
    child = subprocess.Popen(
        [sys.executable, "-m", "scripts.commands.chaos.scanner"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        if child.stdin is None or child.stdout is None:
            raise RuntimeError("a child without pipes")
        child.stdin.write(json.dumps(asked).encode())
        child.stdin.close()
        first = child.stdout.readline()
        time.sleep(seconds)
    finally:
        child.kill()
    told = (first + child.stdout.read()).split(b"\n")[:-1]  # what stands behind the last line end is half a line
    child.wait()
    return [Event(items[int(index)], int(at), "inspecting") for index, at in (line.split() for line in told if line)]
