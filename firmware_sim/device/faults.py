"""What goes wrong between a reader and the gateway: damaged, lost and doubled messages, and a reader that equivocates.

Pure: the random generator is an argument.
"""

from collections.abc import Callable, Sequence
from random import Random

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from schemas import cose
from schemas.event import Event, decode_batch, encode_batch

Wire = Callable[[bytes], Sequence[bytes]]
"""A reader's message to the messages that are published instead: none when it is lost, two when it is doubled."""


def corrupted(message: bytes, rng: Random) -> bytes:
    """The message with one bit flipped."""
    damaged = bytearray(message)
    damaged[rng.randrange(len(damaged))] ^= 1 << rng.randrange(8)
    return bytes(damaged)


def same_sequence(message: bytes, events: tuple[Event, ...], kid: bytes, key: Ed25519PrivateKey) -> bytes:
    """A batch of other events under the sequence number of ``message``, validly signed: no honest reader sends one."""
    envelope = cose.open_envelope(message)
    batch = decode_batch(envelope.payload, envelope.content_type)
    payload = encode_batch(
        org_id=batch.org_id,
        reader_id=batch.reader_id,
        sequence=batch.sequence,
        sent_at=batch.sent_at,
        clock_bound_s=batch.clock_bound_s,
        events=events,
        content_type=batch.content_type,
    )
    return cose.sign(payload, content_type=envelope.content_type, kid=kid, key=key)


def faulty_wire(rng: Random, *, duplicate: float = 0.0, corrupt: float = 0.0, lose: float = 0.0) -> Wire:
    """A wire that doubles, damages or loses messages with these probabilities; each resend is drawn for again."""

    def carry(message: bytes) -> list[bytes]:
        if rng.random() < lose:
            return []
        carried = corrupted(message, rng) if rng.random() < corrupt else message
        return [carried, carried] if rng.random() < duplicate else [carried]

    return carry
