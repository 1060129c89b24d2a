"""A population's items in columns: what their maker registered, and where they truly went."""

from dataclasses import dataclass, fields

import numpy as np

from firmware_sim.population.columns import Floats, Ints


@dataclass(frozen=True, slots=True)
class Items:
    """One row an item. Times are hours of the world, infinite for what never happens; places are site indexes.

    ``expires`` is infinite without a date. ``case`` is what the label says; ``dealer`` and ``shop`` are where the item
    truly came to; ``sold`` is infinite and ``household`` (who bought it) -1 for what is not sold. An item that was
    never made (a stolen label) has ``made`` infinite and its places -1.
    """

    gtin: Ints
    lot: Ints
    case: Ints
    made: Floats
    expires: Floats
    plant: Ints
    dc: Ints
    dealer: Ints
    shop: Ints
    arrived: Floats
    sold: Floats
    household: Ints

    def __len__(self) -> int:
        """How many items."""
        return len(self.gtin)

    def with_unused_labels(self, count: int) -> "Items":
        """These items and ``count`` codes of the last lot whose labels were printed but never used."""
        columns = {}
        for field in fields(Items):
            column = getattr(self, field.name)
            blank = np.inf if column.dtype == np.float64 else -1
            columns[field.name] = np.concatenate([column, np.full(count, blank, dtype=column.dtype)])
        for name in ("lot", "gtin"):
            columns[name][-count:] = columns[name][len(self) - 1]
        return Items(**columns)
