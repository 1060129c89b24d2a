"""What rules are given: an item with its registered facts, and all that was observed of it, in event time. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from schemas.code import Proof
from schemas.event import Action, Audience
from schemas.geodesy import Position

MICROSECONDS = 1_000_000

MIN_CLOCK_BOUND_S = 120
"""Minimum error bound of a device's clock in seconds, whatever it claims."""

USABLE_RADIUS_M = 50_000.0
"""Positions with a larger 95 % radius (mostly those of mobile networks' addresses) are evidence of nothing."""


FALSE_PROOFS = frozenset({Proof.FORGED, Proof.BAD_SIGNATURE, Proof.UNKNOWN_KEY, Proof.REVOKED_KEY})
"""Proofs that say the code was not made, or may no longer be used, by the GTIN's owner."""


@dataclass(frozen=True, slots=True)
class Market:
    """An area in which goods are sold: a centre and a radius in kilometres."""

    market_id: str
    centre: Position
    radius_km: float


@dataclass(frozen=True, slots=True)
class DealerTerritories:
    """The markets that dealers may sell an owner's goods in by contract, by the dealer's site.

    A dealer without a contract may sell anywhere. ``digest`` tells two of these apart.
    """

    by_dealer: Mapping[str, tuple[Market, ...]]
    digest: str


NO_CONTRACTS = DealerTerritories({}, "")


@dataclass(frozen=True, slots=True)
class BatchFacts:
    """What the maker registered. Times are microseconds, UTC. An empty ``territory`` means anywhere.

    The saved state of an item has a digest of this record's ``repr``: a renamed field re-evaluates every item once.
    """

    quantity: int
    expires_at: int | None
    recalled_at: int | None
    revoked: bool
    territory: tuple[Market, ...]
    dealers: DealerTerritories = field(default=NO_CONTRACTS, repr=False)
    """They count where the batch has no territory of its own."""

    def territory_of(self, dealer_id: str) -> tuple[Market, ...]:
        """Where units may be sold that this dealer had last; empty: anywhere."""
        return self.territory or self.dealers.by_dealer.get(dealer_id, ())


class Unit(NamedTuple):
    """The item that is judged. Batch number and index are None where its code has no serial made by this system.

    ``batch`` is None where nothing was registered: containers, foreign and forged codes, unregistered batches.
    """

    item_id: str
    owner_org: str
    proof: Proof
    index: int | None = None  # type: ignore[assignment] # hides tuple.index, which a unit does not need
    batch_number: int | None = None
    batch: BatchFacts | None = None
    commissioned_at: int | None = None


class Sighting(NamedTuple):
    """One event in an item's history, its own or that of a container that it was in (``via``).

    ``observer`` names the reader or handset; None when that is not known, so that no other observer counts as a
    different one. ``bound`` bounds the error of ``occurred_at``; both are microseconds (:func:`bound_of`).
    ``by_network``: the position is that of a network's address, not the device's own.
    ``network``: that of a consumer's scan, where it is known. ``recorded_at``: when it was stored, in microseconds.
    ``site_org`` has the read point; a shipment is ``addressed`` to an organisation. ``claim``: the kind of statement
    (:mod:`gateway.authority`) where it is known not to be a fact about the item.
    """

    event_id: str
    occurred_at: int
    biz_step: str
    action: Action
    disposition: str | None
    audience: Audience
    observer: str | None
    read_point: str | None
    site_kind: str | None
    position: Position | None
    bound: int
    via: str | None = None
    by_network: bool = False
    reader_org: str = ""
    reader_id: str = ""
    site_org: str | None = None
    addressed: str | None = None
    claim: str | None = None
    network: str | None = None
    recorded_at: int = 0

    @property
    def is_attested(self) -> bool:
        """Whether an enrolled reader vouches for it. A consumer's phone is anybody's, and says what it likes."""
        return self.audience is not Audience.CONSUMER

    @property
    def usable_position(self) -> Position | None:
        """The position, if it is precise enough to conclude anything from."""
        return self.position if self.position is not None and self.position.radius_m <= USABLE_RADIUS_M else None

    @property
    def place_in_order(self) -> tuple[int, str]:
        """The key by which a history is sorted."""
        return self.occurred_at, self.event_id


def bound_of(clock_bound_s: int) -> int:
    """The error in microseconds that is allowed for a clock whose own bound is ``clock_bound_s`` seconds."""
    return max(clock_bound_s, MIN_CLOCK_BOUND_S) * MICROSECONDS


History = tuple[Sighting, ...]
"""Sightings sorted by (occurred_at, event_id), so that no conclusion depends on the order of arrival."""


def in_order(sightings: list[Sighting]) -> History:
    """The history made of ``sightings``."""
    if len(sightings) == 1:
        return (sightings[0],)
    return tuple(sorted(sightings, key=lambda sighting: (sighting.occurred_at, sighting.event_id)))


def observer_of(audience: Audience, handset: str | None, reader_org: str, reader_id: str) -> str | None:
    """The handset or reader that observed; None for a consumer's phone without an installation id.

    A reader is one observer, whatever handsets it names: or else one reader could be two that contradict each other.
    """
    if audience is not Audience.CONSUMER:
        return f"{reader_org}/{reader_id}"
    return None if handset is None else f"handset/{handset}"
