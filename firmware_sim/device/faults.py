"""What goes wrong between a reader and the gateway, as transformations. Pure: randomness is an argument."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random
from typing import TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from schemas import cose
from schemas.event import MAX_MESSAGE_BYTES, Event, decode_batch, encode_batch
from schemas.topics import Address

_Thing = TypeVar("_Thing")
Timed = tuple[int, _Thing]
"""A time in microseconds and what happens or is delivered then."""


def duplicated(things: Sequence[_Thing], share: float, rng: Random) -> list[_Thing]:
    """Each thing, and with probability ``share`` once more at once, as QoS 1 may deliver it."""
    return [each for thing in things for each in ([thing, thing] if rng.random() < share else [thing])]


def reordered(things: Sequence[_Thing], window: int, rng: Random) -> list[_Thing]:
    """The same things, none more than ``window`` places from where it was."""
    places = sorted((position + rng.uniform(0, window), position) for position in range(len(things)))
    return [things[position] for _, position in places]


def offline(things: Sequence[Timed[_Thing]], since: int, until: int) -> list[Timed[_Thing]]:
    """A reader without network from ``since`` to before ``until``: what it would have sent comes in one burst then."""
    moved = [(until if since <= at < until else at, thing) for at, thing in things]
    return sorted(moved, key=lambda each: each[0])


def skewed(event: Event, seconds: float) -> Event:
    """The event by a clock that is ``seconds`` fast (slow when negative)."""
    return replace(event, occurred_at=event.occurred_at + round(seconds * 1_000_000))


def drifting(events: Sequence[Event], minutes_per_day: float) -> list[Event]:
    """Events in order by a clock that was right at the first and gains ``minutes_per_day`` from then on."""
    first = events[0].occurred_at if events else 0
    return [skewed(event, (event.occurred_at - first) / 1_000_000 * minutes_per_day * 60 / 86_400) for event in events]


def corrupted(message: bytes, rng: Random) -> bytes:
    """The message with one bit flipped."""
    damaged = bytearray(message)
    damaged[rng.randrange(len(damaged))] ^= 1 << rng.randrange(8)
    return bytes(damaged)


def truncated(message: bytes, rng: Random) -> bytes:
    """The message without its end."""
    return message[: rng.randrange(len(message))]


def garbage(size: int, rng: Random) -> bytes:
    """Random bytes."""
    return rng.randbytes(size)


def oversize(rng: Random) -> bytes:
    """More bytes than a message may have."""
    return rng.randbytes(MAX_MESSAGE_BYTES + 1)


def resigned(message: bytes, kid: bytes, key: Ed25519PrivateKey) -> bytes:
    """The same batch signed by another key, which its reader never enrolled."""
    envelope = cose.open_envelope(message)
    return cose.sign(envelope.payload, content_type=envelope.content_type, kid=kid, key=key)


def same_sequence(message: bytes, events: tuple[Event, ...], kid: bytes, key: Ed25519PrivateKey) -> bytes:
    """Other events under the sequence number of ``message``, properly signed: what no honest reader ever sends."""
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


def unknown_reader(
    address: Address, events: tuple[Event, ...], at: int, key: Ed25519PrivateKey, *, sequence: int = 1
) -> tuple[str, bytes]:
    """Topic and message of a device that was never enrolled."""
    payload = encode_batch(
        org_id=address.org_id,
        reader_id=address.reader_id,
        sequence=sequence,
        sent_at=at,
        clock_bound_s=2,
        events=events,
    )
    return address.topic("events"), cose.sign(payload, content_type=cose.CBOR, kid=b"unknown", key=key)


Wire = Callable[[bytes], Sequence[bytes]]
"""What a reader's message becomes on its way: the messages that are published instead."""


def faulty_wire(rng: Random, *, duplicate: float = 0.0, corrupt: float = 0.0, lose: float = 0.0) -> Wire:
    """A wire that doubles, damages or loses messages with these probabilities; a resend gets a new chance."""

    def carry(message: bytes) -> list[bytes]:
        if rng.random() < lose:
            return []
        carried = corrupted(message, rng) if rng.random() < corrupt else message
        return [carried, carried] if rng.random() < duplicate else [carried]

    return carry
