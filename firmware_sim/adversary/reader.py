"""A reader with a key of its own that signs whatever it is told to, and posts it to the gateway's HTTP capture."""

import time
from dataclasses import dataclass, field
from itertools import count

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from schemas import cose, receipt
from schemas.event import MAX_EVENTS, Event, encode_batch
from schemas.receipt import Receipt
from schemas.topics import Address

KID = b"k1"


@dataclass(frozen=True, slots=True)
class Refusal:
    """The gateway took no batch: the HTTP status and the reason of the problem document."""

    status: int
    reason: str


@dataclass(slots=True)
class HostileReader:
    """Enrolled under ``address``. Nothing keeps it honest: events, times, places and names are its own choice."""

    capture_url: str
    address: Address
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    _sequence: "count[int]" = field(default_factory=lambda: count(1))

    @property
    def public_key(self) -> bytes:
        """What is enrolled of it: 32 bytes."""
        return self.key.public_key().public_bytes_raw()

    def message(self, *events: Event, clock_bound_s: int = 2) -> bytes:
        """A signed batch under the next sequence number."""
        payload = encode_batch(
            org_id=self.address.org_id,
            reader_id=self.address.reader_id,
            sequence=next(self._sequence),
            sent_at=time.time_ns() // 1000,
            clock_bound_s=clock_bound_s,
            events=events,
        )
        return cose.sign(payload, content_type=cose.CBOR, kid=KID, key=self.key)

    def post(self, message: bytes, address: Address | None = None) -> Receipt | Refusal:
        """Post a message, under another reader's ``address`` where one is given."""
        to = address or self.address
        answer = httpx.post(f"{self.capture_url}/capture/{to.org_id}/{to.reader_id}", content=message, timeout=60)
        if answer.status_code == httpx.codes.OK:
            return receipt.from_json(answer.content)
        return Refusal(answer.status_code, str(answer.json().get("reason", "")))

    def send(self, *events: Event) -> list[Receipt | Refusal]:
        """Send events in batches of the size that the gateway takes; one answer a batch."""
        return [
            self.post(self.message(*events[start : start + MAX_EVENTS])) for start in range(0, len(events), MAX_EVENTS)
        ]
