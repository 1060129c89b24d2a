"""The process of honest requests, as the siege starts it and reads what it measures."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

from scripts.commands.siege.honest_load import Errand
from scripts.commands.siege.measure import Sample
from scripts.commands.siege.stage import HONEST_UNITS, HTTP_READER, MAKER, MQTT_READER, PLANTS, Stage
from scripts.environment import ROOT

KINDS = ("page", "api", "capture", "mqtt")
_READY_S = 30.0
_RECOVERY_S = 30.0


class Honest:
    """Collects a sample a request while the process runs."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.samples: list[Sample] = []
        self._thread = Thread(target=self._read, name="honest samples", daemon=True)
        self._thread.start()

    def wait_for_all(self, since: float, seconds: float) -> float:
        """Return when a request of each kind that was sent after ``since`` was served, or ``seconds`` have passed.

        The value is how long that took.

        :raises RuntimeError: the process has ended.
        """
        while True:
            waited = time.monotonic() - since
            good = {sample.kind for sample in self.samples[-500:] if not sample.error and sample.sent_at >= since}
            if good >= set(KINDS) or waited > seconds:
                return waited
            if self._process.poll() is not None:
                raise RuntimeError("the honest requests ended; their last words are above")
            time.sleep(0.05)

    def ready(self) -> None:
        """Return when everybody is served.

        :raises RuntimeError: somebody is not.
        """
        if self.wait_for_all(time.monotonic(), _READY_S) > _READY_S:
            raise RuntimeError(f"honest requests are not served before any attack: {self.samples[-20:]}")

    def recovered(self) -> float:
        """Wait until everybody is served again, in so many seconds."""
        return self.wait_for_all(time.monotonic(), _RECOVERY_S)

    def _read(self) -> None:
        if self._process.stdout is not None:
            for line in self._process.stdout:
                self.samples.append(Sample(*json.loads(line)))


@contextmanager
def honest_load(stage: Stage, folder: Path) -> Iterator[Honest]:
    """Honest requests until the context ends."""
    stack = stage.stack
    http_reader, mqtt_reader = (f"{each.org_id}/{each.reader_id}" for each in (HTTP_READER, MQTT_READER))
    errand = Errand(
        base_url=stack.proxy.base_url,
        authority=str(stack.certificates.authority),
        capture_url=stack.capture_url,
        mqtt_port=stack.mosquitto.readers_port,
        token=stage.tokens[MAKER],
        codes=stage.codes[MAKER][:HONEST_UNITS],
        site=PLANTS[MAKER],
        http_reader=http_reader,
        http_key=stage.readers[HTTP_READER].key.private_bytes_raw().hex(),
        mqtt_reader=mqtt_reader,
        mqtt_key=stage.readers[MQTT_READER].key.private_bytes_raw().hex(),
        mqtt_password=stack.mosquitto.password(mqtt_reader),
    )
    file = folder / "honest.json"
    file.write_text(errand.to_json(), encoding="utf-8")
    command = [sys.executable, "-m", "scripts.commands.siege.honest_load", str(file)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        yield Honest(process)
    finally:
        process.terminate()
        process.wait(10)
