"""Codes that are about to be made: of an issue, or as a preview of a batch.

An issue is reserved in the ledger before its first byte. The ledger's row has everything that the bytes depend on, so
that the same issue gives the same bytes whenever it is streamed: after a crash, on another machine, after the platform
has moved to another host name.
"""

from dataclasses import dataclass
from datetime import datetime

from resolver.batch.lookup import unit_range
from resolver.issue import store as issue_store
from resolver.issue.reservation import require_usable
from resolver.mint.issuer import BatchToMint, Issuer
from resolver.mint.mint import Layer, Mint
from resolver.store import Cursor, Row
from schemas.errors import Conflict, Invalid, Misconfigured, NotFound

MAX_PREVIEW = 1_000
"""Codes that may be shown without being issued."""


@dataclass(frozen=True, slots=True)
class CodeRange:
    """Units of a batch, by index, and the mint of their codes.

    ``issue_id`` is None for a preview. ``continued``: the range begins within its issue.
    """

    batch: Row
    mint: Mint
    indexes: range
    issue_id: str | None = None
    continued: bool = False

    @property
    def layer(self) -> Layer:
        """Which of the units' codes."""
        return self.mint.recipe.layer

    @property
    def title(self) -> str:
        """What files of these codes are about: GTIN and lot with their AIs."""
        return f"(01){self.batch['gtin']}(10){self.batch['lot']}"


def issued_range(
    issuer: Issuer, cursor: Cursor, batch: Row, issue_id: str, first: int | None, *, now: datetime
) -> CodeRange:
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
    # A key that expired after the reservation may finish what was reserved; one that was revoked may not.
    require_usable(cursor, batch, row["requested_at"])
    issue_store.note_stream(cursor, batch["org_id"], issue_id, now)
    mint = mint_of(issuer, batch, Layer(row["layer"]), row["base_url"])
    return CodeRange(batch, mint, range(start, end), issue_id, continued=start > row["first"])


def preview_range(issuer: Issuer, batch: Row, layer: Layer, first: int, count: int) -> CodeRange:
    """Some codes to inspect, which are not issued by that.

    :raises Invalid: the range is not the batch's, or too long for a preview.
    """
    units = unit_range(batch, first, count)
    if count > MAX_PREVIEW:
        raise Invalid(
            "not_issued",
            f"Without an issue at most {MAX_PREVIEW:,} codes are shown.",
            "POST /api/v1/batches/{reference}/issues with the range, then add ?issue= with its id.",
            field="count",
        )
    return CodeRange(batch, mint_of(issuer, batch, layer, None), units)


def mint_of(issuer: Issuer, batch: Row, layer: Layer, base_url: str | None) -> Mint:
    """The mint of a batch's codes.

    :raises Conflict: its private key is not present.
    """
    to_mint = BatchToMint(batch["org_id"], batch["batch_number"], batch["gtin"], batch["key_number"], batch["kid"])
    try:
        return issuer.mint(to_mint, layer, base_url)
    except Misconfigured:
        raise Conflict("no_signing_key", f"The private key {batch['kid']} is not here.", "Tell the operator.") from None
