"""The provenance chain of one unit: what happened to it, in event order, and where the record has gaps. Pure.

Rows may come in any order and twice; the chain depends on their event times alone. Consumers' scans are counted apart:
they say where a code was seen, not who had the goods.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from resolver.text import formats
from resolver.text.reasons import Language, say, step_name
from resolver.verdict.facts import HistoryRow, Organisation, Signature, Site
from schemas.geodesy import Position

SENT = frozenset(("shipping", "departing", "consigning"))
RECEIVED = frozenset(("receiving", "arriving", "accepting", "collecting"))
ON_THE_WAY = frozenset(("transporting", "loading", "unloading", "entering_exiting", "sensor_reporting", "inspecting"))
"""Steps that may be seen anywhere between sending and receipt without a change of custody."""

_LIFE = (
    "encoding commissioning packing storing staging_outbound picking loading shipping consigning departing "
    "transporting arriving unloading receiving accepting unpacking stocking retail_selling dispensing decommissioning "
    "destroying"
).split()
_RANK = {step: rank for rank, step in enumerate(_LIFE)}

Signatures = Mapping[UUID, Signature]
"""What is known of the signatures over steps' batches, by event id."""
NO_SIGNATURES: Signatures = {}


def signature_json(signature: Signature | None) -> dict[str, Any]:
    """What a step says of its signature: ``verified`` by the gateway as it took the batch in, or ``not_on_record``."""
    if signature is None:
        return {"status": "not_on_record"}
    return {
        "status": "verified",
        "algorithm": "EdDSA",
        "kid": signature.kid,
        "batch": {"sequence": signature.sequence, "sha256": signature.digest},
    }


@dataclass(frozen=True, slots=True)
class Step:
    """One recorded event.

    ``who`` is the read point's owner; without one the reader's organisation, as far as its name is at hand. ``org_id``
    names the reader's in any case. ``via`` is the item id of the container that the event happened to while the
    unit was in it.
    """

    event_id: UUID
    item_id: str
    occurred_at: datetime
    recorded_at: datetime
    biz_step: str
    action: str
    disposition: str | None
    audience: str
    who: Organisation | None
    org_id: str
    site: Site | None
    read_point: str | None
    where: Position | None
    source: str | None
    via: str | None
    reader_id: str = ""
    clock_bound_s: int = 0

    @property
    def is_custody(self) -> bool:
        """Whether it tells who had the goods: an inspector only looked at them."""
        return self.audience in ("edge", "dealer")

    @property
    def place_key(self) -> str | None:
        """What tells two steps' places apart, or None when the place was not recorded."""
        return self.site.site_id if self.site is not None else self.read_point

    @property
    def reader_name(self) -> str:
        """The reader as people write it."""
        return f"{self.org_id}/{self.reader_id}"

    def to_json(self, language: Language, signatures: Signatures) -> dict[str, Any]:
        """The step for programs: who, what, where, when, by which reader, signed with which key."""
        return {
            "event_id": str(self.event_id),
            "item_id": self.item_id,
            "occurred_at": self.occurred_at.isoformat(),
            "recorded_at": self.recorded_at.isoformat(),
            "biz_step": self.biz_step,
            "biz_step_name": step_name(self.biz_step, language),
            "action": self.action,
            "disposition": self.disposition,
            "organisation": formats.name_of(self.who, language) if self.who else self.org_id,
            "organisation_id": self.who.org_id if self.who else self.org_id,
            "read_point": self.read_point,
            "site": formats.name_of(self.site, language) if self.site else None,
            "position": _position_json(self.where),
            "via": self.via,
            "reader": {"organisation_id": self.org_id, "reader_id": self.reader_id},
            "clock_bound_s": self.clock_bound_s,
            "signature": signature_json(signatures.get(self.event_id)),
        }


class GapKind(StrEnum):
    """What the record lacks."""

    NO_ORIGIN = "no_origin"
    """The first thing recorded is not the unit's commissioning."""
    NOT_RECEIVED = "not_received"
    """It was sent, and next seen without a receipt."""
    NOT_SENT = "not_sent"
    """It arrived, and nobody recorded that it was sent."""
    UNRECORDED_MOVE = "unrecorded_move"
    """It was somewhere else, and neither sending nor receipt was recorded."""
    IN_TRANSIT = "in_transit"
    """It was sent, and nothing has been recorded since: it may be on its way."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that should stand between two steps and does not. ``until`` is None when nothing followed."""

    kind: GapKind
    after: Step | None
    before: Step | None
    until: datetime | None

    def to_json(self, language: Language) -> dict[str, Any]:
        """The gap for programs."""
        return {
            "kind": self.kind.value,
            "text": say(f"gap.{self.kind}", language),
            "after": str(self.after.event_id) if self.after else None,
            "before": str(self.before.event_id) if self.before else None,
            "until": self.until.isoformat() if self.until else None,
        }


@dataclass(frozen=True, slots=True)
class ConsumerScan:
    """A consumer's scan of the code. ``where`` is the position that the person gave, as given.

    ``handset`` is the phone's hashed install id, None where it has none.
    """

    event_id: UUID
    occurred_at: datetime
    where: Position | None
    handset: str | None = None


@dataclass(frozen=True, slots=True)
class ProvenanceChain:
    """Steps and consumers' scans, oldest first, and the gaps between the steps."""

    steps: tuple[Step, ...] = ()
    gaps: tuple[Gap, ...] = ()
    scans: tuple[ConsumerScan, ...] = ()

    @property
    def unexplained(self) -> tuple[Gap, ...]:
        """The gaps that time alone will not close."""
        return tuple(gap for gap in self.gaps if gap.kind is not GapKind.IN_TRANSIT)

    def to_json(self, language: Language = "en", signatures: Signatures = NO_SIGNATURES) -> dict[str, Any]:
        """The chain for programs. Consumers' scans are summarised: where single people were is not published."""
        return {
            "steps": [step.to_json(language, signatures) for step in self.steps],
            "gaps": [gap.to_json(language) for gap in self.gaps],
            "consumer_scans": {
                "count": len(self.scans),
                "first_at": self.scans[0].occurred_at.isoformat() if self.scans else None,
                "last_at": self.scans[-1].occurred_at.isoformat() if self.scans else None,
                "signature": {"status": "unsigned"},
            },
        }


def build_chain(rows: Iterable[HistoryRow]) -> ProvenanceChain:
    """The chain that ``rows`` tell, whatever their order. An event that is given twice counts once."""
    unique: dict[UUID, HistoryRow] = {}
    for row in sorted(rows, key=_order):
        unique.setdefault(row.event_id, row)
    ordered = list(unique.values())
    scans = tuple(
        ConsumerScan(row.event_id, row.occurred_at, _position(row), row.handset)
        for row in ordered
        if row.audience == "consumer"
    )
    steps = tuple(_step(row) for row in ordered if row.audience != "consumer")
    return ProvenanceChain(steps, _gaps(steps, scans), scans)


def _order(row: HistoryRow) -> tuple[datetime, int, UUID, str]:
    # Events of one instant (a line that commissions and packs at once) stand in the order of a unit's life.
    return row.occurred_at, _RANK.get(row.biz_step, len(_LIFE)), row.event_id, row.via or ""


def _step(row: HistoryRow) -> Step:
    return Step(
        event_id=row.event_id,
        item_id=row.item_id,
        occurred_at=row.occurred_at,
        recorded_at=row.recorded_at,
        biz_step=row.biz_step,
        action=row.action,
        disposition=row.disposition,
        audience=row.audience,
        who=row.site.owner if row.site is not None else row.reader,
        org_id=row.reader_org,
        site=row.site,
        read_point=row.read_point,
        where=_position(row),
        source=row.source,
        via=row.via,
        reader_id=row.reader_id,
        clock_bound_s=row.clock_bound_s,
    )


def _position(row: HistoryRow) -> Position | None:
    if row.latitude is None or row.longitude is None:
        return None
    return Position(row.latitude, row.longitude, row.radius_m or 0.0)


def _position_json(where: Position | None) -> dict[str, float] | None:
    if where is None:
        return None
    return {"latitude": where.latitude, "longitude": where.longitude, "radius_m": where.radius_m}


def _gaps(steps: tuple[Step, ...], scans: tuple[ConsumerScan, ...]) -> tuple[Gap, ...]:
    custody = [step for step in steps if step.is_custody]
    gaps: list[Gap] = []
    if custody and not any(step.biz_step == "commissioning" for step in custody):
        gaps.append(Gap(GapKind.NO_ORIGIN, None, custody[0], custody[0].occurred_at))
    sent: Step | None = None
    last: Step | None = None
    for step in custody:
        if step.biz_step in ON_THE_WAY:
            continue
        gap = _gap_before(step, sent, last)
        if gap is not None:
            gaps.append(gap)
        if step.biz_step in SENT:
            sent = step
        elif step.biz_step in RECEIVED or (sent is not None and _elsewhere(sent, step)):
            sent = None
        last = step if step.place_key is not None else last
    if sent is not None:
        seen = next((scan.occurred_at for scan in scans if scan.occurred_at > sent.occurred_at), None)
        gaps.append(Gap(GapKind.IN_TRANSIT if seen is None else GapKind.NOT_RECEIVED, sent, None, seen))
    return tuple(gaps)


def _gap_before(step: Step, sent: Step | None, last: Step | None) -> Gap | None:
    if sent is not None:
        if step.biz_step not in RECEIVED and _elsewhere(sent, step):
            return Gap(GapKind.NOT_RECEIVED, sent, step, step.occurred_at)
        return None
    if last is None or not _elsewhere(last, step):
        return None
    kind = GapKind.NOT_SENT if step.biz_step in RECEIVED else GapKind.UNRECORDED_MOVE
    return Gap(kind, last, step, step.occurred_at)


def _elsewhere(one: Step, other: Step) -> bool:
    return one.place_key is not None and other.place_key is not None and one.place_key != other.place_key
