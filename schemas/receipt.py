"""Receipts: what the gateway promises once a batch's transaction has committed.

A reader may forget a batch when, and only when, a receipt names its digest. Counts are events:
``stored + duplicate + rejected`` is all that the batch held (1 for a message that could not be read).
"""

import json
from dataclasses import dataclass

from schemas.errors import InvalidMessage

_FIELDS = ("digest", "sequence", "stored", "duplicate", "rejected", "recorded_at")


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why one event (by position), or the whole message (position None), was not stored."""

    position: int | None
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer to one message. ``digest`` is its SHA-256 in hexadecimal; ``recorded_at`` microseconds, UTC.

    ``sequence`` is None when the message could not be read that far.
    """

    digest: str
    sequence: int | None
    stored: int
    duplicate: int
    rejected: int
    recorded_at: int
    rejections: tuple[Rejection, ...] = ()

    def to_json(self) -> bytes:
        """The payload of the receipt topic."""
        rejections = [
            {"position": each.position, "reason": each.reason, "detail": each.detail} for each in self.rejections
        ]
        fields = {name: getattr(self, name) for name in _FIELDS} | {"rejections": rejections}
        return json.dumps(fields, separators=(",", ":")).encode()


def from_json(payload: bytes) -> Receipt:
    """The receipt in a payload. Fields that a later version adds are passed over.

    :raises InvalidMessage: ``unreadable``.
    """
    try:
        fields = json.loads(payload)
        rejections = tuple(Rejection(each["position"], each["reason"], each["detail"]) for each in fields["rejections"])
        receipt = Receipt(**{name: fields[name] for name in _FIELDS}, rejections=rejections)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise InvalidMessage("unreadable", f"not a receipt: {type(error).__name__}: {error}") from None
    counts = (receipt.stored, receipt.duplicate, receipt.rejected, receipt.recorded_at)
    if not isinstance(receipt.digest, str) or any(type(count) is not int or count < 0 for count in counts):
        raise InvalidMessage("unreadable", "not a receipt: a field is of another type")
    return receipt
