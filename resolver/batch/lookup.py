"""The batch that a request names, and its units. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from schemas.errors import Conflict, Invalid, NotFound

_Batch = TypeVar("_Batch", bound=Mapping[str, Any])


def find_one(batches: Sequence[_Batch], reference: str) -> _Batch:
    """The only one of ``batches``, which are those whose lot or number is ``reference``.

    :raises NotFound: there is none.
    :raises Conflict: there are several.
    """
    if not batches:
        raise NotFound("unknown_batch", f"You have no batch {reference!r}.", "GET /api/v1/batches lists them.")
    if len(batches) > 1:
        raise Conflict("ambiguous", f"Several batches have lot or number {reference!r}.", "Add ?gtin=…", field="gtin")
    return batches[0]


def unit_range(batch: Mapping[str, Any], first: int, count: int | None) -> range:
    """The indexes of ``count`` units from ``first`` on; all that follow, when ``count`` is None.

    :raises Invalid: the batch does not have these units.
    """
    end = batch["quantity"] if count is None else first + count
    if end <= first or end > batch["quantity"]:
        raise Invalid(
            "range",
            f"The batch has {batch['quantity']} units, indexes 0 to {batch['quantity'] - 1}.",
            "Name units within it.",
            field="first",
        )
    return range(first, end)
