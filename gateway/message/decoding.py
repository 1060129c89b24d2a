"""From a message to the events in it that can be stored: verified, decoded, each event checked. Pure.

A message that can't be verified or decoded is refused as a whole; an event that is not valid is refused alone.
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


class ReaderProfile(NamedTuple):
    """What is registered of a reader: the site where it stands, and its class (edge, till, inspector or kiosk)."""

    site_id: str | None = None
    reader_class: str = "edge"


@dataclass(frozen=True, slots=True)
class ReaderKey:
    """A reader's public key, whether it or the reader itself has been revoked, and whose it is."""

    public_key: Ed25519PublicKey
    revoked: bool
    reader: ReaderProfile = ReaderProfile()


ReaderKeys = Mapping[topics.Address, Mapping[bytes, ReaderKey]]
"""The keys of every reader whose message is being decoded, by key id. An unknown reader is absent."""


class CheckedEvent(NamedTuple):
    """An event that can be stored, with what its code and those of the items that it aggregates prove.

    ``position`` is its place in the message, from 0.
    """

    event_id: UUID
    position: int
    event: Event
    checked: code.Checked
    children: tuple[code.Checked, ...]


@dataclass(frozen=True, slots=True)
class VerifiedBatch:
    """An event batch whose signature holds. ``sent_at``: microseconds, UTC, by the reader's clock."""

    topic: str
    message: bytes
    digest: str
    kid: bytes
    address: topics.Address
    sequence: int
    sent_at: int
    firmware: str | None
    clock_bound_s: int
    events: tuple[CheckedEvent, ...]
    rejections: tuple[Rejection, ...]

    @property
    def size(self) -> int:
        """How many events it carried, valid or not."""
        return len(self.events) + len(self.rejections)


@dataclass(frozen=True, slots=True)
class RefusedMessage:
    """A message that can't be used at all; it counts as one event. ``address``: None when the topic names no reader."""

    topic: str
    message: bytes
    digest: str
    address: topics.Address | None
    rejection: Rejection


class CodeReader:
    """Checks codes against one keyring, with a cache of results: readers report the same codes repeatedly.

    Its size is counted in characters of codes: strangers write long ones.
    """

    def __init__(self, keyring: Keyring, max_cached: int = 100_000, max_characters: int = 8_000_000) -> None:
        self._keyring = keyring
        self._max_cached = max_cached
        self._max_characters = max_characters
        self._characters = 0
        self._cache: dict[str, code.Checked] = {}

    def check(self, text: str) -> code.Checked:
        """What the code in ``text`` proves.

        :raises InvalidIdentifier: it is no code in any form that is read.
        """
        checked = self._cache.get(text)
        if checked is None:
            checked = code.check(reading.read(text), self._keyring)
            self._characters += len(text)
            if len(self._cache) >= self._max_cached or self._characters > self._max_characters:
                self._cache.clear()
                self._characters = len(text)
            self._cache[text] = checked
        return checked


def address_of(topic: str) -> topics.Address | Rejection:
    """The reader whose topic it is, or why a message with this topic is rejected."""
    try:
        return topics.parse(topic)
    except InvalidMessage as error:
        return Rejection(None, error.reason, error.detail)


def decode(
    topic: str, address: topics.Address | Rejection, message: bytes, keys: ReaderKeys, codes: CodeReader, *, now: int
) -> VerifiedBatch | RefusedMessage:
    """What can be stored of ``message``. ``address``: of ``topic``; ``now``: microseconds, UTC."""
    digest = message_digest(message)
    if isinstance(address, Rejection):
        return RefusedMessage(topic, message, digest, None, address)
    try:
        return _verified(topic, address, message, digest, keys, codes, now)
    except Rejected as error:
        return RefusedMessage(topic, message, digest, address, Rejection(None, error.reason, error.detail))


def unknown_reader(address: topics.Address) -> InvalidMessage:
    """The error for an address at which no reader is enrolled."""
    return InvalidMessage("unknown_reader", f"{address.org_id}/{address.reader_id} is not enrolled")


def authenticate(address: topics.Address, message: bytes, keys: ReaderKeys) -> cose.Sign1:
    """The envelope of a message that the reader at ``address`` signed.

    :raises InvalidMessage: the reader or its key is unknown or revoked, or the signature does not hold.
    """
    if address not in keys:
        raise unknown_reader(address)
    envelope = cose.open_envelope(message)
    key = keys[address].get(envelope.kid)
    if key is None:
        raise InvalidMessage("unknown_key", f"key id {envelope.kid.hex()[:64]} is not enrolled for this reader")
    envelope.verify(key.public_key)
    if key.revoked:
        raise InvalidMessage("revoked_key", "the key, or the reader, has been revoked")
    return envelope


def _verified(
    topic: str,
    address: topics.Address,
    message: bytes,
    digest: str,
    keys: ReaderKeys,
    codes: CodeReader,
    now: int,
) -> VerifiedBatch:
    if len(message) > MAX_MESSAGE_BYTES:
        raise InvalidMessage("too_large", f"{len(message)} bytes; a message has at most {MAX_MESSAGE_BYTES}")
    envelope = authenticate(address, message, keys)
    batch = decode_batch(envelope.payload, envelope.content_type)
    if (batch.org_id, batch.reader_id) != (address.org_id, address.reader_id):
        raise InvalidMessage("address", f"signed as {batch.org_id}/{batch.reader_id}, sent as another reader"[:200])
    events: list[CheckedEvent] = []
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
            events.append(CheckedEvent(ids[position], position, event, checked, children))
    return VerifiedBatch(
        topic=topic,
        message=message,
        digest=digest,
        kid=envelope.kid,
        address=address,
        sequence=batch.sequence,
        sent_at=batch.sent_at,
        firmware=batch.firmware,
        clock_bound_s=batch.clock_bound_s,
        events=tuple(events),
        rejections=tuple(rejections),
    )
