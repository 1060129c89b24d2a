"""The batch that a request names, and the units of it."""

from typing import Annotated

from fastapi import Query

from resolver.errors import Conflict, Invalid, NotFound
from resolver.store import Row

Gtin = Annotated[str | None, Query(pattern="^[0-9]{14}$", description="Tells batches of the same lot apart.")]


def the_one(found: list[Row], reference: str) -> Row:
    """The one batch that was found.

    :raises NotFound: when there is none.
    :raises Conflict: when there are several.
    """
    if not found:
        raise NotFound("unknown_batch", f"You have no batch {reference!r}.", "GET /api/v1/batches lists them.")
    if len(found) > 1:
        raise Conflict("ambiguous", f"Several batches have lot or number {reference!r}.", "Add ?gtin=…", field="gtin")
    return found[0]


def require_range(batch: Row, first: int, count: int) -> None:
    """Check that a batch has these units.

    :raises Invalid: when it has not.
    """
    if count < 1 or first + count > batch["quantity"]:
        raise Invalid(
            "range",
            f"The batch has {batch['quantity']} units, indexes 0 to {batch['quantity'] - 1}.",
            "Name units within it.",
            field="first",
        )
