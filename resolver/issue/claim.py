"""Issuing: a range of codes is claimed in the ledger before its first byte, and streamed from the claim.

The claim holds everything that the bytes depend on, so that the same issue gives the same bytes whenever it is asked
for again: after a crash, on another machine, after the platform has moved to another host name.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from resolver.batch.reference import require_range
from resolver.errors import Conflict, Invalid, NotFound
from resolver.issue import store as issue_store
from resolver.issue.models import NewIssue
from resolver.key import store as key_store
from resolver.mint.issuer import BatchToMint, Issuer
from resolver.mint.mint import Layer, Mint
from resolver.store import Cursor, Row, Scope, Store
from schemas.errors import Misconfigured, StoreUnavailable

_log = logging.getLogger(__name__)

PREVIEW = 1_000
"""Codes that may be looked at without being issued."""


@dataclass(frozen=True, slots=True)
class Run:
    """Codes that are about to be made. ``issue_id`` None: a look. ``continued``: it begins within its issue."""

    batch: Row
    mint: Mint
    indexes: range
    issue_id: str | None = None
    continued: bool = False

    @property
    def layer(self) -> Layer:
        """Which of the units' codes."""
        return self.mint.recipe.layer


def claim(cursor: Cursor, batch: Row, asked: NewIssue, *, base_url: str, token_label: str, now: datetime) -> Row:
    """The issue that ``asked`` describes, claimed now or before; ``new`` says which.

    :raises Conflict: the batch or its keys are revoked, or a part of the range was issued before.
    :raises Invalid: the range is not the batch's.
    """
    count = batch["quantity"] - asked.first if asked.count is None else asked.count
    require_range(batch, asked.first, count)
    issue_id = asked.issue_id or uuid4().hex
    if issue_store.find(cursor, batch["org_id"], issue_id) is None:
        _require_good(cursor, batch, now)
    row, new = issue_store.claim(
        cursor,
        batch,
        issue_id=issue_id,
        layer=asked.layer.value,
        first=asked.first,
        count=count,
        base_url=base_url,
        reason=asked.reason,
        token_label=token_label,
        now=now,
    )
    return row | {"new": new}


def issued_run(issuer: Issuer, cursor: Cursor, batch: Row, issue_id: str, first: int | None, *, now: datetime) -> Run:
    """The codes of an issue, from index ``first`` on (all, when it is None). Counts as one more stream of it.

    :raises NotFound: there is no such issue of this batch.
    :raises Invalid: the issue does not have index ``first``.
    :raises Conflict: the batch or its keys have been revoked since.
    """
    row = issue_store.find(cursor, batch["org_id"], issue_id)
    if row is None or row["batch_number"] != batch["batch_number"]:
        raise NotFound(
            "unknown_issue",
            f"The batch has no issue {issue_id!r}.",
            "POST /api/v1/batches/{reference}/issues makes one.",
            field="issue",
        )
    end = row["first"] + row["count"]
    start = row["first"] if first is None else first
    if not row["first"] <= start < end:
        raise Invalid("range", f"The issue has indexes {row['first']} to {end - 1}.", "Begin within it.", field="first")
    # A key that expired after the claim may finish what was claimed; one that was revoked may not.
    _require_good(cursor, batch, row["requested_at"])
    issue_store.note_stream(cursor, batch["org_id"], issue_id, now)
    mint = the_mint(issuer, batch, Layer(row["layer"]), row["base_url"])
    return Run(batch, mint, range(start, end), issue_id, continued=start > row["first"])


def preview_run(issuer: Issuer, batch: Row, layer: Layer, first: int, count: int) -> Run:
    """Some codes to look at, which are not issued by that.

    :raises Invalid: the range is not the batch's, or too long for a preview.
    """
    require_range(batch, first, count)
    if count > PREVIEW:
        raise Invalid(
            "not_issued",
            f"Without an issue at most {PREVIEW:,} codes are shown.",
            "POST /api/v1/batches/{reference}/issues with the range, then add ?issue= with its id.",
            field="count",
        )
    return Run(batch, the_mint(issuer, batch, layer, None), range(first, first + count))


def the_mint(issuer: Issuer, batch: Row, layer: Layer, base_url: str | None) -> Mint:
    """What makes a batch's codes.

    :raises Conflict: when its private key is not here.
    """
    to_mint = BatchToMint(batch["org_id"], batch["batch_number"], batch["gtin"], batch["key_number"], batch["kid"])
    try:
        return issuer.mint(to_mint, layer, base_url)
    except Misconfigured:
        raise Conflict("no_signing_key", f"The private key {batch['kid']} is not here.", "Tell the operator.") from None


def noted(store: Store, run: Run, pieces: Iterable[bytes], clock: Callable[[], datetime]) -> Iterator[bytes]:
    """The pieces of a run's stream; after the last one the ledger says that the issue was handed over."""
    yield from pieces
    if run.issue_id is None:
        return
    try:
        with store.transaction(Scope(run.batch["org_id"])) as cursor:
            issue_store.note_end(cursor, run.batch["org_id"], run.issue_id, clock())
    except StoreUnavailable as error:
        _log.warning("issue %s was handed over, and the ledger does not say so: %s", run.issue_id, error)


def _require_good(cursor: Cursor, batch: Row, at: datetime) -> None:
    if batch["revoked_at"] is not None:
        raise Conflict("revoked_batch", f"Batch {batch['lot']} has been revoked.", "Register the goods as a new batch.")
    fault = key_store.fault_of_keys(cursor, batch, at)
    if fault is not None:
        raise Conflict(*fault, "Register the goods as a new batch: it gets the newest keys.")
