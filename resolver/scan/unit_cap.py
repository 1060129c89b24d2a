"""How many scans of one unit become events: the others are counted, so that no unit's history grows without bound."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from resolver.access.limits import LimitFactory
from resolver.verdict.proof import SEALED_HERE
from schemas.code import Checked

NETWORK_A_DAY = 20
"""Scans of a unit from one network: in a short time it is one voice, whatever it repeats, and the evidence of a
unit keeps 32 phones in all."""
UNIT_A_DAY = 1000
"""Scans of a unit from everywhere: a photo that goes round says what it says with the first hundreds."""
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

    def __init__(self, make: LimitFactory, *, network: int = NETWORK_A_DAY, unit: int = UNIT_A_DAY) -> None:
        self._network = make("unit-network", network / _DAY_S, network)
        self._unit = make("unit", unit / _DAY_S, unit)

    def repeated(self, checked: Checked, network: str | None, at: datetime) -> RepeatedScan | None:
        """The scan as it is counted when it is beyond a cap; None: it becomes an event.

        ``network``: as it is stored; None where it is nobody's, and then only the cap of all together counts. False
        codes have no history, and are counted anyway. ``at``: aware, in UTC.
        """
        if checked.proof not in SEALED_HERE or checked.org_id is None:
            return None
        now, item = at.timestamp(), checked.item_id
        beyond = network is not None and self._network.wait_s(f"{network} {item}", now) > 0
        # What the network's cap holds back must not use up what is left for others.
        if beyond or self._unit.wait_s(item, now) > 0:
            return RepeatedScan(item, checked.org_id, at)
        return None
