"""What scoring needs beside the evidence: the network of dealers and markets, and the goods. Pure.

Items are numbers here: the caller (a store, or memory) numbers them, in an order that does not depend on arrival.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.evidence.features import Reading
from gateway.evidence.item import ItemEvidence, Mark, Scan

NOBODY = -1
"""No dealer, no market, or not known well enough."""


SITE_KINDS = ("plant", "dc", "dealer", "shop")
"""The kinds of site that goods pass on their way to a consumer."""


@dataclass(frozen=True, slots=True)
class SupplySite:
    """A registered site that goods pass: its id, kind (one of :data:`SITE_KINDS`) and position in degrees (WGS 84)."""

    site: str
    kind: str
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Network:
    """Dealers and markets by index: the markets that each dealer serves, and kilometres from these to all markets.

    ``dealer_of_site`` leads from a dealer's own site, and from a shop to the dealer that supplies it.
    """

    homes: Sequence[frozenset[int]]
    km: Sequence[Sequence[float]]
    dealer_of_site: Mapping[str, int]

    def dealer_of(self, reading: Reading) -> int:
        """The dealer that had custody of the item when it was first scanned; :data:`NOBODY` when none had."""
        for place in reading.places:
            if place.holder is not None and place.holder.kind in ("shop", "dealer"):
                return self.dealer_of_site.get(place.holder.site, NOBODY)
        return NOBODY


class Goods(Protocol):
    """The items' evidence and what their makers registered. Times are microseconds since 1970, UTC."""

    def evidence(self, item: int) -> ItemEvidence:
        """The item's evidence."""

    def marks(self, item: int) -> Sequence[Mark]:
        """The item's custody marks alone."""

    def faulty(self, item: int) -> float:
        """The share of the item's custody marks that come from a reader while it had a fault."""

    def market(self, item: int, scan: Scan) -> int:
        """The market that a scan fell into; :data:`NOBODY` when none, or not known well enough."""

    def made(self, item: int) -> bool:
        """Whether the item was ever reported as made."""

    def expires(self, item: int) -> int | None:
        """When the item expires; None when it doesn't."""

    def lot(self, item: int) -> str:
        """The item's lot."""

    def index(self, item: int) -> int:
        """The item's place in its lot."""

    def product(self, item: int) -> str:
        """What the item is one of (a GTIN): its price is compared with theirs; empty when unknown."""

    def case(self, item: int) -> int:
        """The case that the item was packed in; any number that items of one case share."""
