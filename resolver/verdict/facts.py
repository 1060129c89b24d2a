"""What the store knows of one unit, as values: the basis of the verdict, the provenance chain and the page. Pure.

Times are aware datetimes in UTC. Names come in English (``name``) and Chinese (``name_zh``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Organisation:
    """A maker, dealer, regulator or operator."""

    org_id: str
    name: str
    name_zh: str


@dataclass(frozen=True, slots=True)
class Site:
    """A read point: ``kind`` is plant, dc, dealer, shop or other; degrees are WGS 84."""

    site_id: str
    name: str
    name_zh: str
    kind: str
    latitude: float
    longitude: float
    owner: Organisation


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One event of a unit, its own or one that happened to a container while the unit was in it.

    ``via`` is that container's item id, and None for the unit's own events. The position is the event's, or else that
    of its read point; ``radius_m`` holds the truth in 95 of 100 cases. ``site`` is None when no read point was named
    or it is not registered (``read_point`` still says what the reader wrote). Vocabulary is bare CBV words.
    ``children`` are the contents that an aggregation event named. ``handset`` is the hashed install id of a consumer's
    phone, ``reader`` the organisation of the reader as far as its name is at hand (``reader_org`` is its id).
    """

    event_id: UUID
    item_id: str
    occurred_at: datetime
    recorded_at: datetime
    offset_minutes: int
    biz_step: str
    action: str
    disposition: str | None
    read_point: str | None
    site: Site | None
    latitude: float | None
    longitude: float | None
    radius_m: float | None
    source: str | None
    audience: str
    reader_org: str
    reader_id: str
    owner_org: str
    proof: str
    clock_bound_s: int
    via: str | None = None
    children: tuple[str, ...] = ()
    handset: str | None = None
    reader: Organisation | None = None


@dataclass(frozen=True, slots=True)
class Signature:
    """The signature over the batch that an event came in, verified by the gateway before anything was stored.

    ``kid`` (the reader's key) and ``digest`` (SHA-256 of the message) are hexadecimal; ``kid`` is None where it was not
    kept. ``sequence`` is the batch's number among its reader's.
    """

    kid: str | None
    sequence: int
    digest: str


@dataclass(frozen=True, slots=True)
class FindingRow:
    """One standing finding (withdrawn ones are left out). ``evidence`` holds ``events`` (ids) and ``details``."""

    finding_id: bytes
    rule: str
    kind: str
    level: str
    subject: str
    occurred_at: datetime
    detected_at: datetime
    confidence: float
    evidence: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Product:
    """A trade item: ``gtin`` has 14 digits."""

    gtin: str
    name: str
    name_zh: str
    category: str


@dataclass(frozen=True, slots=True)
class Market:
    """An area in which goods are meant to be sold."""

    market_id: str
    name: str
    name_zh: str


@dataclass(frozen=True, slots=True)
class Batch:
    """A maker's batch. ``territory`` empty means that it may be sold anywhere."""

    org_id: str
    batch_number: int
    gtin: str
    lot: str
    quantity: int
    grade: str
    produced_on: date
    expires_on: date | None
    territory: tuple[Market, ...]
    revoked_at: datetime | None
    recalled_at: datetime | None
    recall_reason: str | None
    recall_reason_zh: str | None
    revocation_reason: str | None = None
    revocation_reason_zh: str | None = None


@dataclass(frozen=True, slots=True)
class FirstScan:
    """Where a unit's first consumer session was: the dealer site it came through, the market it was seen in."""

    dealer_id: str
    market_id: str
    off_territory: bool
    occurred_at: datetime
    market: Market | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """A case about the unit, closed as a confirmed counterfeit: by whom (``by``: where it is named), and when."""

    org_id: str
    at: datetime
    case_id: str
    by: Organisation | None = None


@dataclass(frozen=True, slots=True)
class UnitFacts:
    """All that the store knows of one authentic code. Read for codes whose proof holds or whose key was revoked.

    ``batch`` None: nobody registered such a batch. ``registered``: the index lies within the batch's quantity.
    ``commissioned_at`` None: the unit's index was never commissioned. ``scans`` counts consumers' scans so far, this
    one not among them; ``lane_incident`` says whether the lane of ``first_scan`` has an open incident,
    ``lane_confirmed`` whether its case was closed as a confirmed diversion. ``now`` is the time of the request, so that
    expiry is judged without a clock. ``first_seen`` and ``last_seen`` are the times of the unit's own first and last
    event, None while nothing was recorded. ``decision``: somebody entitled has confirmed copies of the unit.
    ``history_cut``: there is more than ``history`` holds.
    """

    now: datetime
    maker: Organisation | None
    product: Product | None
    batch: Batch | None
    registered: bool
    commissioned_at: datetime | None
    history: tuple[HistoryRow, ...] = ()
    findings: tuple[FindingRow, ...] = ()
    first_scan: FirstScan | None = None
    lane_incident: bool = False
    lane_confirmed: bool = False
    scans: int = 0
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    decision: Decision | None = None
    history_cut: bool = False
