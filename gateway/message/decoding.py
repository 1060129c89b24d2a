"""From a message to what can be stored of it: opened, verified, decoded, each event checked. Pure.

The steps fail apart. A message that can't be opened is refused whole; a bad event is refused alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from schemas import code, cose, reading, topics
from schemas.errors import InvalidEvent, InvalidIdentifier, InvalidMessage, Rejected
from schemas.event import MAX_MESSAGE_BYTES, Event, decode_batch, event_ids, message_digest
from schemas.event_reader import read_event
from schemas.keys import Keyring
from schemas.receipt import Rejection


@dataclass(frozen=True, slots=True)
class ReaderKey:
    """A reader's public key, and whether it or the reader itself has been revoked."""

    public_key: Ed25519PublicKey
    revoked: bool


ReaderKeys = Mapping[topics.Address, Mapping[bytes, ReaderKey]]
"""The keys of every reader whose message is being decoded, by key id. An unknown reader is absent."""


class Taken(NamedTuple):
    """An event that can be stored. ``position`` is its place in the message; ``children`` are what it aggregates."""

    event_id: UUID
    position: int
    event: Event
    checked: code.Checked
    children: tuple[code.Checked, ...]


@dataclass(frozen=True, slots=True)
class Opened:
    """A message whose signature holds. ``size`` is the number of events that it carried, good and bad."""

    topic: str
    message: bytes
    digest: str
    kid: bytes
    address: topics.Address
    sequence: int
    sent_at: int
    firmware: str | None
    clock_bound_s: int
    taken: tuple[Taken, ...]
    rejections: tuple[Rejection, ...]

    @property
    def size(self) -> int:
        """How many events it carried."""
        return len(self.taken) + len(self.rejections)


@dataclass(frozen=True, slots=True)
class Refused:
    """A message that can't be used at all. It counts as one event. ``address`` is None when the topic names nobody."""

    topic: str
    message: bytes
    digest: str
    address: topics.Address | None
    rejection: Rejection


class CodeReader:
    """Checks codes against one keyring and remembers what it found: readers see the same code again and again."""

    def __init__(self, keyring: Keyring, remember: int = 100_000) -> None:
        self._keyring = keyring
        self._remember = remember
        self._known: dict[str, code.Checked] = {}

    def check(self, text: str) -> code.Checked:
        """What the code in ``text`` proves.

        :raises InvalidIdentifier: it is no code in any form that is read.
        """
        checked = self._known.get(text)
        if checked is None:
            checked = code.check(reading.read(text), self._keyring)
            if len(self._known) >= self._remember:
                self._known.clear()
            self._known[text] = checked
        return checked


def address_of(topic: str) -> topics.Address | None:
    """Whose topic it is, or None when no reader can have it."""
    try:
        return topics.parse(topic)
    except InvalidMessage:
        return None


def decode(topic: str, message: bytes, keys: ReaderKeys, codes: CodeReader, *, now: int) -> Opened | Refused:
    """What can be stored of ``message``. ``now`` is the gateway's time in microseconds, UTC."""
    digest = message_digest(message)
    address = address_of(topic)
    try:
        return _open(topic, message, digest, keys, codes, now)
    except Rejected as error:
        return Refused(topic, message, digest, address, Rejection(None, error.reason, error.detail))


def authenticate(address: topics.Address, message: bytes, keys: ReaderKeys) -> cose.Sign1:
    """The envelope of a message that the reader at ``address`` signed.

    :raises InvalidMessage: the reader or its key is unknown or revoked, or the signature does not hold.
    """
    if address not in keys:
        raise InvalidMessage("unknown_reader", f"{address.org_id}/{address.reader_id} is not enrolled")
    envelope = cose.open_envelope(message)
    key = keys[address].get(envelope.kid)
    if key is None:
        raise InvalidMessage("unknown_key", f"key id {envelope.kid.hex()[:64]} is not enrolled for this reader")
    envelope.verify(key.public_key)
    if key.revoked:
        raise InvalidMessage("revoked_key", "the key, or the reader, has been revoked")
    return envelope


def _open(topic: str, message: bytes, digest: str, keys: ReaderKeys, codes: CodeReader, now: int) -> Opened:
    address = topics.parse(topic)
    if len(message) > MAX_MESSAGE_BYTES:
        raise InvalidMessage("too_large", f"{len(message)} bytes; a message has at most {MAX_MESSAGE_BYTES}")
    envelope = authenticate(address, message, keys)
    batch = decode_batch(envelope.payload, envelope.content_type)
    if (batch.org_id, batch.reader_id) != (address.org_id, address.reader_id):
        raise InvalidMessage("address", f"signed as {batch.org_id}/{batch.reader_id}, sent as another reader"[:200])
    taken: list[Taken] = []
    rejections: list[Rejection] = []
    ids = event_ids(batch.org_id, batch.reader_id, batch.sequence, len(batch.events))
    for position, raw in enumerate(batch.events):
        try:
            event = read_event(raw, batch.content_type, now=now, clock_bound_s=batch.clock_bound_s)
            checked = codes.check(event.item)
            children = tuple(codes.check(child) for child in event.children)
        except (InvalidEvent, InvalidIdentifier) as error:
            rejections.append(Rejection(position, error.reason, error.detail))
        else:
            taken.append(Taken(ids[position], position, event, checked, children))
    return Opened(
        topic=topic,
        message=message,
        digest=digest,
        kid=envelope.kid,
        address=address,
        sequence=batch.sequence,
        sent_at=batch.sent_at,
        firmware=batch.firmware,
        clock_bound_s=batch.clock_bound_s,
        taken=tuple(taken),
        rejections=tuple(rejections),
    )
