"""The case of a reader that loses power while it writes its journal."""

import json
import subprocess
import sys
import time
from pathlib import Path
from random import Random

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from schemas.event import Event
from scripts.commands.chaos.readers import ReaderGroup, now
from scripts.commands.chaos.result import Result
from scripts.system.embedded.port import LOOPBACK
from scripts.system.fixtures import Device
from scripts.system.under_test import SystemUnderTest

_BATCH = 5_000


def reader_power_cut(folder: Path, rng: Random, *, quick: bool) -> Result:
    """A kill -9 of a reader that scans, journals and sends; what is in its journal must reach the store."""
    cuts = 2 if quick else 8
    with SystemUnderTest(folder, "nats") as system:
        device = system.enrol("unplugged")
        units = system.units()
        journals = folder / "journals"
        journals.mkdir()
        safe: list[Event] = []
        for cut in range(cuts):
            items = [units.path(cut * _BATCH + index) for index in range(_BATCH)]
            safe += _scan_until_killed(system, device, journals, items, rng.uniform(0.6, 1.6))
        with ReaderGroup(system, [device], journals) as group:
            group.scanned[0] = safe
            group.settle()
            # The last scan before each kill may be in the journal although it was not reported on standard output.
            result = group.result()
            unreported = min(result.doubled, cuts)
            return Result(
                result.sent,
                result.stored,
                result.doubled - unreported,
                result.lost,
                note=f"{cuts} kills, {unreported} unreported",
            )


def _scan_until_killed(
    system: SystemUnderTest, device: Device, journals: Path, items: list[str], seconds: float
) -> list[Event]:
    """Run a reader and kill it after ``seconds``; returns the scans that it reported as journalled."""
    user, password = system.credentials()
    task = {
        "journal": str(journals / f"{device.address.reader_id}.sqlite"),
        "host": LOOPBACK,
        "port": system.mqtt_ports[0],
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
        child.stdin.write(json.dumps(task).encode())
        child.stdin.close()
        first = child.stdout.readline()
        time.sleep(seconds)
    finally:
        child.kill()
    lines = (first + child.stdout.read()).split(b"\n")[:-1]  # after the last line end there is half a line at most
    child.wait()
    return [Event(items[int(index)], int(at), "inspecting") for index, at in (line.split() for line in lines if line)]
