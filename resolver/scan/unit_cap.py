"""How many scans of one unit become events: the others are counted, so that no unit's history grows without bound."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from resolver.access.limits import LimitFactory, RateLimit
from resolver.verdict.proof import SEALED_HERE
from schemas.code import Checked

NETWORK_A_DAY = 20
"""Scans of a unit from one network: in a short time it is one voice, whatever it repeats, and the evidence of a
unit keeps 32 networks in all."""
UNIT_A_DAY = 1000
"""Scans of a unit from everywhere: a photo that goes round says what it says with the first hundreds."""
FIRST_SCANS_A_DAY = 600
"""Of these, what is kept for each network's first scan of the day: what few networks repeat takes no place from it."""
NOBODYS_A_DAY = 100
"""Scans of a unit that come from nobody's network (behind a misconfigured proxy: all of them)."""
_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class RepeatedScan:
    """A scan beyond the cap, as it is counted."""

    item_id: str
    owner_org: str
    at: datetime

    def to_fields(self) -> dict[str, Any]:
        """The row that it adds to."""
        return {"item_id": self.item_id, "day": self.at.date().isoformat(), "owner_org": self.owner_org, "scans": 1}


class UnitCap:
    """The caps, as token buckets: so many scans at once, and so many a day in the long run."""

    def __init__(
        self,
        make: LimitFactory,
        *,
        network: int = NETWORK_A_DAY,
        unit: int = UNIT_A_DAY,
        first_scans: int = FIRST_SCANS_A_DAY,
        nobodys: int = NOBODYS_A_DAY,
    ) -> None:
        def daily(name: str, scans: int) -> RateLimit:
            return make(name, scans / _DAY_S, scans)

        self._network, self._today = daily("unit-network", network), daily("unit-network-first", 1)
        self._nobodys = daily("unit-nobodys", nobodys)
        self._first_scans, self._others = daily("unit-first-scans", first_scans), daily("unit", unit - first_scans)

    def repeated(self, checked: Checked, network: str | None, at: datetime) -> RepeatedScan | None:
        """The scan as it is counted when it is beyond a cap; None: it becomes an event.

        ``network``: as it is stored; None where it is nobody's: all of these are one. False codes have no history, and
        are counted anyway. ``at``: aware, in UTC.
        """
        if checked.proof not in SEALED_HERE or checked.org_id is None:
            return None
        if self._admits(checked.item_id, network, at.timestamp()):
            return None
        return RepeatedScan(checked.item_id, checked.org_id, at)

    def _admits(self, item: str, network: str | None, now: float) -> bool:
        # What a sender's own cap holds back must not use up what is left for others.
        if network is None:
            return not self._nobodys.wait_s(item, now) and not self._others.wait_s(item, now)
        sender = f"{network} {item}"
        if self._network.wait_s(sender, now):
            return False
        first = not self._today.wait_s(sender, now)
        return (first and not self._first_scans.wait_s(item, now)) or not self._others.wait_s(item, now)
