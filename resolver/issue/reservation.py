"""Reserving a range of codes in the ledger, once, before its first byte."""

from datetime import datetime
from uuid import uuid4

from resolver.batch.lookup import unit_range
from resolver.issue import store as issue_store
from resolver.issue.models import NewIssue
from resolver.key import store as key_store
from resolver.store import Cursor, Row
from schemas.errors import Conflict


def reserve(cursor: Cursor, batch: Row, request: NewIssue, *, base_url: str, token_label: str, now: datetime) -> Row:
    """The issue that ``request`` describes, reserved now or before; ``new`` says which.

    :raises Conflict: the batch or its keys are revoked, or a part of the range was issued before.
    :raises Invalid: the range is not the batch's.
    """
    units = unit_range(batch, request.first, request.count)
    issue_id = request.issue_id or uuid4().hex
    if issue_store.find(cursor, batch["org_id"], issue_id) is None:
        require_usable(cursor, batch, now)
    row, is_new = issue_store.reserve(
        cursor,
        batch,
        issue_id=issue_id,
        layer=request.layer.value,
        first=units.start,
        count=len(units),
        base_url=base_url,
        reason=request.reason,
        token_label=token_label,
        now=now,
    )
    return row | {"new": is_new}


def require_usable(cursor: Cursor, batch: Row, at: datetime) -> None:
    """Check that a batch's codes may be issued at a time.

    :raises Conflict: the batch or one of its keys has been revoked, or its signing key has expired.
    """
    if batch["revoked_at"] is not None:
        raise Conflict("revoked_batch", f"Batch {batch['lot']} has been revoked.", "Register the goods as a new batch.")
    fault = key_store.fault_of_keys(cursor, batch, at)
    if fault is not None:
        raise Conflict(*fault, "Register the goods as a new batch: it gets the newest keys.")
