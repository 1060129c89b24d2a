"""How often each fact of the evidence was seen: the counts that honest rates follow from. Pure."""

from collections import Counter
from dataclasses import dataclass, field

from gateway.evidence.features import Reading

PlaceKey = tuple[int, int, int]
"""Fix, state and distance of a first phone (:class:`gateway.evidence.features.Place`)."""
LinkKey = tuple[int, int, int, int]
"""Fix, distance, gap and zone of a further household's phone (:class:`gateway.evidence.features.Link`)."""


@dataclass(slots=True)
class FactCounts:
    """Counts of items by the facts that they show. ``households``: items by their number of households."""

    places: Counter[PlaceKey] = field(default_factory=Counter)
    links: Counter[LinkKey] = field(default_factory=Counter)
    households: Counter[int] = field(default_factory=Counter)

    def add(self, reading: Reading, times: int = 1) -> None:
        """Count an item's reading. One whose photo went round is no example of anything."""
        if reading.burst or not reading.places:
            return
        first = reading.places[0]
        self.places[first.fix, first.state, first.bin] += times
        self.households[len(reading.links) + 1] += times
        for link in reading.links[:1]:  # an item is one example, however many phones look at it
            self.links[link.fix, link.km_bin, link.gap_bin, link.zone] += times

    def remove(self, reading: Reading) -> None:
        """Take back what was counted of a reading."""
        self.add(reading, -1)

    def update(self, other: "FactCounts") -> None:
        """Add the counts of other items."""
        self.places.update(other.places)
        self.links.update(other.links)
        self.households.update(other.households)
