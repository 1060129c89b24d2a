"""Of how many items enough strangers were heard for an alert from their word alone: what the bound on them costs."""

from collections.abc import Mapping

import numpy as np

from firmware_sim.population.columns import Step, Table
from gateway.evidence.item import Scan
from gateway.evidence.strangers import Witnesses, borne_out
from scripts.commands.evaluate.scan_values import scan_values


def sufficient(events: Table, until: Mapping[int, int]) -> int:
    """How many of these items so many networks, regions and days had looked at, up to a moment of arrival each.

    Alerts of other items need a pool, such as a lane, that joins them, or somebody who vouches for what was seen.
    """
    item, received = events.ints("item"), events.ints("received")
    rows = np.flatnonzero((events.ints("step") >= Step.SCAN) & np.isin(item, list(until)))
    in_time = [row for row in rows.tolist() if received[row] <= until[int(item[row])]]
    heard: dict[int, list[Scan]] = {}
    for of, scan in scan_values(events.take(np.array(in_time, dtype=np.int64))):
        heard.setdefault(of, []).append(scan)
    return sum(borne_out(scans, Witnesses()) for scans in heard.values())
