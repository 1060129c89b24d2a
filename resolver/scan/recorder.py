"""Recording consumers' scans: for the gateway, which judges them, and in the counts that makers see."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from resolver.access import handset
from resolver.access.handset import Phone
from resolver.scan.count import NOWHERE, count_of
from resolver.scan.origin import Origins, ScanPlace
from resolver.scan.queue import ScanQueue
from resolver.scan.unit_cap import UnitCap
from resolver.verdict.inspection import Inspection
from schemas.code import Checked, Proof
from schemas.moment import to_datetime, to_microseconds
from schemas.scan import Scan


@dataclass(frozen=True, slots=True)
class ScanRecorder:
    """The queues that a scan goes to; a request waits for none. ``clock``: aware, in UTC."""

    scans: ScanQueue
    counts: ScanQueue
    repeats: ScanQueue
    cap: UnitCap
    origins: Origins
    pepper: bytes
    clock: Callable[[], datetime]

    def phone_of(self, install: str, checked: Checked) -> Phone:
        """The phone of an install id as scans of this code's organisation name it."""
        return handset.phone_of(self.pepper, install, checked.org_id, self.clock())

    def record_scan(
        self,
        uri: str,
        checked: Checked,
        *,
        install: str | None,
        at: int | None = None,
        place: ScanPlace | None = None,
        address: str | None = None,
    ) -> UUID | None:
        """Queue the scan of ``uri`` for the gateway; its id, or None when the queue is full.

        ``install``: the phone's install id, of which a pseudonym is stored. ``at``: microseconds since 1970; None: now.
        ``place``: what the phone says of it; without one, that of the network counts. ``address``: the sender's, of
        which only the network is kept, hashed. A scan of another platform's code gets an id and is not stored: the
        gateway can't judge it. One beyond the unit's cap gets an id and is only counted; a history that is played has
        no cap.
        """
        when = self.clock() if at is None else to_datetime(at)
        origin = self.origins.of(address, when, place)
        where = origin.place
        scan = Scan(
            scan_id=uuid4(),
            uri=uri,
            at=to_microseconds(when),
            handset=None if install is None else handset.pseudonym(self.pepper, install, checked.org_id or "", when),
            latitude=None if where is None else where.latitude,
            longitude=None if where is None else where.longitude,
            radius_m=None if where is None else where.radius_m,
            source=None if where is None else where.source,
            network=origin.network,
            operator=origin.operator,
        )
        repeated = self.cap.repeated(checked, origin.network, when) if at is None else None
        if repeated is not None:
            self.repeats.put(repeated)
            return scan.scan_id
        queued = checked.proof is Proof.FOREIGN or self.scans.put(scan)
        return scan.scan_id if queued else None

    def count_scan(self, inspection: Inspection, language: str, market: str = NOWHERE) -> None:
        """Count a recorded scan for the maker; codes of no organisation here are not counted."""
        count = count_of(inspection, self.clock(), language, market)
        if count is not None:
            self.counts.put(count)
