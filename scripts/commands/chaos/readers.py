"""Readers with journals that scan during a fault, and the comparison of their scans with the stored events."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event as Flag
from threading import Thread
from typing import Self

from firmware_sim.device.journal import Journal
from firmware_sim.device.pacing import Limits
from firmware_sim.device.reader import Broker, Reader
from schemas.event import Event
from scripts.commands.chaos.result import Result
from scripts.system.embedded.port import LOOPBACK
from scripts.system.fixtures import KID, Device
from scripts.system.under_test import SystemUnderTest

LIMITS = Limits(events=20, age_s=0.2, resend_s=3, max_resend_s=10)

_TICK_S = 0.05
_NEXT = """
SELECT item_id, (extract(epoch FROM occurred_at) * 1000000)::bigint, count(*) FROM suyuan.event
WHERE reader_org = %s AND reader_id = %s GROUP BY 1, 2
"""


class ReaderGroup:
    """``devices`` with a journal each in ``folder``, spread over the system's ports."""

    def __init__(
        self, system: SystemUnderTest, devices: Sequence[Device], folder: Path, limits: Limits = LIMITS
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._system = system
        self._units = system.units()
        self._index = 0
        self._last = 0
        self.scanned: dict[int, list[Event]] = {number: [] for number in range(len(devices))}
        user, password = system.credentials()
        ports = system.mqtt_ports
        self.readers = [
            Reader(
                device.address,
                device.key,
                KID,
                Journal(folder / f"{device.address.reader_id}.sqlite", first_sequence=now()),
                Broker(LOOPBACK, ports[number % len(ports)], user, password),
                clock=now,
                limits=limits,
            )
            for number, device in enumerate(devices)
        ]

    def __enter__(self) -> Self:
        for reader in self.readers:
            reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        for reader in self.readers:
            reader.stop()
            reader.journal.close()

    def scan(self, number: int, count: int = 1) -> None:
        """Make reader ``number`` scan ``count`` new units."""
        events = []
        for _ in range(count):
            # Times are unique in the group: item and time identify a scan when it is compared with the store.
            self._last = max(now(), self._last + 1)
            events.append(Event(self._units.path(self._index), self._last, "inspecting"))
            self._index += 1
        self.report(number, *events)

    def report(self, number: int, *events: Event) -> None:
        """Make reader ``number`` scan ``events``."""
        self.readers[number].scan(*events)
        self.scanned[number] += events

    def work(self, rate: float, meanwhile: Callable[[], None]) -> None:
        """Scan at ``rate`` events a second over all readers for as long as ``meanwhile`` takes."""
        done = Flag()
        thread = Thread(target=self._keep_scanning, args=[rate, done], name="readers")
        thread.start()
        try:
            meanwhile()
        finally:
            done.set()
            thread.join()

    def settle(self, seconds: float = 90) -> bool:
        """Wait until every event batch has its receipt; False when one has none within ``seconds``."""
        deadline = time.monotonic() + seconds
        # A list, not a generator in all(): every reader is drained, also after one that is not done.
        drained = [reader.drain(max(0.0, deadline - time.monotonic())) for reader in self.readers]
        return all(drained)

    def result(self, note: str = "") -> Result:
        """Compare the scanned events with the stored ones."""
        total: Counter[str] = Counter()
        with self._system.owner() as owner:
            for number, reader in enumerate(self.readers):
                scanned = {(event.item.lstrip("/"), event.occurred_at) for event in self.scanned[number]}
                rows = owner.execute(_NEXT, [reader.address.org_id, reader.address.reader_id]).fetchall()
                stored = {(item, at) for item, at, _ in rows}
                total["sent"] += len(self.scanned[number])
                total["stored"] += sum(times for _, _, times in rows)
                total["lost"] += len(scanned - stored)
                total["doubled"] += sum(times - 1 for _, _, times in rows) + len(stored - scanned)
        return Result(total["sent"], total["stored"], total["doubled"], total["lost"], note=note)

    def _keep_scanning(self, rate: float, done: Flag) -> None:
        started, scanned = time.monotonic(), 0
        while not done.wait(_TICK_S):
            due = int((time.monotonic() - started) * rate) - scanned
            share, remainder = divmod(due, len(self.readers))
            for number in range(len(self.readers)):
                if count := share + (number < remainder):
                    self.scan(number, count)
            scanned += due


def now() -> int:
    """Microseconds since 1970."""
    return time.time_ns() // 1000
