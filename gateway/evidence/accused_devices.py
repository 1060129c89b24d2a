"""Devices that are accused instead of goods: sources that guess codes, readers with wrong clocks, sites."""

from collections import defaultdict
from collections.abc import Sequence

from gateway.evidence.clusters import Attempt, guessing
from gateway.evidence.reader_clocks import ClockFault, Stamp, clock_faults
from gateway.evidence.suspicion import Subject, SuspectedReader, SuspectedSite, SuspectedSource, Suspicion

_LAST = 200


class AccusedDevices:
    """Suspicions of sources, readers and sites, and what they follow from."""

    def __init__(self) -> None:
        self.suspicions: dict[Subject, Suspicion] = {}
        self.faults: dict[str, list[ClockFault]] = defaultdict(list)
        self._late: dict[str, list[Stamp]] = {}
        self._attempts: dict[str, list[Attempt]] = defaultdict(list)
        self._caught: set[str] = set()

    def tried(self, source: str, at: int, *, known: bool) -> None:
        """A source has scanned a code, a real one (``known``) or one that was never made; called in order of time."""
        if source in self._caught:
            return
        attempts = self._attempts[source]
        attempts.append(Attempt(at, known))
        if known or sum(not attempt.known for attempt in attempts[-60:]) < 10:
            return
        if guessing(attempts[-_LAST:]) is not None:
            self._caught.add(source)
            subject = SuspectedSource(source)
            self.suspicions[subject] = Suspicion(
                subject, "guessing", "alert", 10.0, at, details={"probes": len(attempts)}
            )

    def stamped(self, reader: str, stamps: Sequence[Stamp], bound_s: float, now: int) -> list[ClockFault]:
        """The faults of a reader's clock by the stamps of one day; called in order of days."""
        found, self._late[reader] = clock_faults(reader, stamps, bound_s, self._late.get(reader, ()))
        for fault in found:
            self.faults[reader].append(fault)
            self._accuse(SuspectedReader(reader), now, {"offset_s": fault.offset_s, "faults": len(self.faults[reader])})
        return found

    def arrived_early(self, site: str, items: int, now: int) -> None:
        """So many items came to a site faster than anything travels: its readers' clock or its position is wrong."""
        self._accuse(SuspectedSite(site), now, {"early_items": items})

    def _accuse(self, subject: SuspectedReader | SuspectedSite, now: int, details: dict[str, float]) -> None:
        before = self.suspicions.get(subject)
        since, known_details = (before.detected_at, before.details) if before is not None else (now, {})
        self.suspicions[subject] = Suspicion(
            subject, "device", "alert", 8.0, since, details={**known_details, **details}
        )
