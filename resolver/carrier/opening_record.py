"""A unit's opening: read from the store, or recorded there with what it proves."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid4, uuid5

from resolver.access.handset import Phone
from resolver.carrier import evidence_store, opening_store
from resolver.carrier.opening import Opened, is_pair
from resolver.scan.origin import Origin
from resolver.store import Cursor, Row
from schemas.code import Checked
from schemas.evidence import Clue, Evidence
from schemas.moment import to_microseconds

_PAIRS = UUID("6f0f6a8e-6f0e-5c5d-9d0f-2b0a8d6f4c11")
"""Our own namespace for ids by name (RFC 9562, section 5.5)."""


def open_state(cursor: Cursor, inner: Checked, *, phone: Phone | None) -> Opened:
    """What the store knows of the unit of a covert code. ``phone``: the one that scans it, if it has an install id."""
    batch = _batch(cursor, inner)
    if batch is None or inner.unit is None or inner.org_id is None:
        return Opened(lot=None)
    row = opening_store.find_opening(cursor, inner.org_id, inner.unit)
    return _opened(batch, row, fresh=row is None, phone=phone)


def record_opening(
    cursor: Cursor,
    inner: Checked,
    outer: Checked | None,
    *,
    phone: Phone | None,
    at: datetime,
    origin: Origin,
    voice: str,
) -> Opened:
    """Record a scan of a covert code as the unit's opening, or as a later one.

    ``outer``: the code outside the pack, when it was scanned as well; that of another unit is evidence of a copy, which
    names ``voice``, the pseudonym of the sender's network on this day. A pack has one outside: whoever has bought one
    holds its inner code against no further units.
    """
    batch = _batch(cursor, inner)
    if batch is None or inner.unit is None or inner.org_id is None:
        return Opened(lot=None)
    opening_id = uuid4()
    contradicted = None
    if outer is not None and outer.proof.is_authentic and not is_pair(inner, outer):
        contradicted = outer
    row = opening_store.note_opening(
        cursor,
        org_id=inner.org_id,
        unit=inner.unit,
        item_id=inner.item_id,
        opening_id=opening_id,
        at=at,
        phone=phone,
        origin=origin,
        matched=outer is not None and is_pair(inner, outer),
        contradicted=None if contradicted is None else contradicted.item_id,
    )
    if contradicted is not None and row["contradicted"] == contradicted.item_id:
        evidence_store.add_evidence(cursor, [_mismatch(inner, contradicted, row["opened_at"], voice)])
    return _opened(batch, row, fresh=row["opening_id"] == opening_id, phone=phone)


def _batch(cursor: Cursor, inner: Checked) -> Row | None:
    """The unit's batch; None when it is not registered, or has no such unit."""
    if inner.unit is None or inner.org_id is None:
        return None
    gtin = inner.item_id.split("/")[1]
    batch = opening_store.opened_batch(cursor, inner.org_id, gtin, inner.unit)
    return batch if batch is not None and inner.unit.index < batch["quantity"] else None


def _opened(batch: Row, row: Row | None, *, fresh: bool, phone: Phone | None) -> Opened:
    opened = Opened(batch["lot"], batch["revoked_at"], batch["recalled_at"])
    if row is None:
        return opened
    return replace(
        opened,
        opening_id=row["opening_id"],
        opened_at=row["opened_at"],
        fresh=fresh,
        same_phone=phone is not None and row["handset"] in phone.known,
        later=row["later"],
    )


def _mismatch(inner: Checked, outer: Checked, at: datetime, voice: str) -> Evidence:
    # Named by what it says, and timed by the opening: saying it again adds nothing.
    return Evidence(
        evidence_id=uuid5(_PAIRS, f"{inner.item_id}\n{outer.item_id}"),
        clue=Clue.PAIR_MISMATCH,
        item_id=outer.item_id,
        owner_org=outer.org_id or "",
        at=to_microseconds(at),
        details={"inner_of": inner.item_id, "network": voice},
    )
