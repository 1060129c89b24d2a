"""Events: what, when, where, why and who looked, in the words of EPCIS 2.0 and CBV 2.0.

The inner form is per item and compact. On the wire a reader sends batches of them, signed as a whole
(:mod:`schemas.cose`); ``docs/protocol.md`` gives the same for readers in other languages.
"""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from reprlib import repr as short
from typing import Any, Protocol, Self

import cbor2

from schemas import cose
from schemas.errors import InvalidMessage
from schemas.geodesy import Position

VERSION = 1
MAX_MESSAGE_BYTES = 1 << 20
MAX_EVENTS = 1000
MAX_CHILDREN = 1000
MAX_FIRMWARE_CHARACTERS = 64


class Action(StrEnum):
    """EPCIS 2.0, section 7.3.2: how the event relates to the life of object or aggregation."""

    ADD = "ADD"
    OBSERVE = "OBSERVE"
    DELETE = "DELETE"


class Audience(StrEnum):
    """Who looked. Each audience is counted apart: an inspector must not use up a consumer's first scan."""

    EDGE = "edge"
    DEALER = "dealer"
    INSPECTOR = "inspector"
    CONSUMER = "consumer"


class LocationSource(StrEnum):
    """Where a position comes from; it bounds how small its error may be said to be."""

    SITE = "site"
    GPS = "gps"
    COARSE = "coarse"
    FIXED_IP = "fixed_ip"
    MOBILE_IP = "mobile_ip"

    @property
    def least_radius_m(self) -> float:
        """The smallest 95 % radius in metres that this source can honestly claim."""
        return _LEAST_RADIUS_M[self]


_LEAST_RADIUS_M = {
    LocationSource.SITE: 100.0,
    LocationSource.GPS: 100.0,
    LocationSource.COARSE: 3_000.0,
    LocationSource.FIXED_IP: 25_000.0,
    LocationSource.MOBILE_IP: 300_000.0,
}

NETWORK_SOURCES = frozenset({LocationSource.FIXED_IP, LocationSource.MOBILE_IP})
"""Sources that tell where a network's address is registered: a VPN or a roaming phone is anywhere else."""

BIZ_STEPS = frozenset(
    """accepting arriving assembling collecting commissioning consigning creating_class_instance cycle_counting
    decommissioning departing destroying disassembling dispensing encoding entering_exiting holding inspecting
    installing killing loading other packing picking receiving removing repackaging repairing replacing reserving
    retail_selling sampling sensor_reporting shipping staging_outbound stock_taking stocking storing transporting
    unloading unpacking void_shipping""".split()
)
"""CBV 2.0, section 7.1: business steps as bare words."""

DISPOSITIONS = frozenset(
    """active available completeness_inferred completeness_verified conformant container_closed container_open
    damaged destroyed dispensed disposed encoded expired in_progress in_transit inactive mismatch_class
    mismatch_instance mismatch_quantity needs_replacement no_pedigree_match non_conformant non_sellable_other
    partially_dispensed recalled reserved retail_sold returned sellable_accessible sellable_not_accessible stolen
    unavailable unknown""".split()
)
"""CBV 2.0, section 7.2: dispositions as bare words."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to one item.

    ``item`` is the code as it was read: a Digital Link URI, or its path. ``occurred_at`` is microseconds since 1970 in
    UTC by the device's clock; ``offset_minutes`` its local time zone. An aggregation names its contents in
    ``children`` and has ``action`` ADD (packed) or DELETE (unpacked); ``item`` is then the container. A shipment says
    in ``destination`` whom it is addressed to: a site's id, or an organisation's (EPCIS 2.0, destinationList).
    """

    item: str
    occurred_at: int
    biz_step: str
    action: Action = Action.OBSERVE
    disposition: str | None = None
    offset_minutes: int = 0
    read_point: str | None = None
    position: Position | None = None
    source: LocationSource | None = None
    audience: Audience = Audience.EDGE
    handset: str | None = None
    children: tuple[str, ...] = ()
    destination: str | None = None


@dataclass(frozen=True, slots=True)
class EventBatch:
    """What a reader signs: its own name, a sequence number that it never uses twice, and events in order.

    ``clock_bound_s`` is the largest error in seconds that the reader admits for its clock; ``firmware`` the version of
    its program, where it tells one. ``events`` are raw: each is
    read on its own (:func:`schemas.event_reader.read_event`), so that a bad one does not harm its neighbours.
    """

    org_id: str
    reader_id: str
    sequence: int
    sent_at: int
    clock_bound_s: int
    events: tuple[object, ...]
    content_type: int = cose.CBOR
    firmware: str | None = None


# CBOR map keys, as docs/protocol.md publishes them. A number once given is never given again.
BATCH_KEYS = {
    1: "version",
    2: "org",
    3: "reader",
    4: "sequence",
    5: "sent_at",
    6: "clock_bound_s",
    7: "events",
    8: "firmware",
}
OPTIONAL_BATCH_FIELDS = frozenset({"firmware"})
EVENT_KEYS = {
    1: "item",
    2: "occurred_at",
    3: "biz_step",
    4: "action",
    5: "disposition",
    6: "offset_minutes",
    7: "read_point",
    8: "latitude",
    9: "longitude",
    10: "radius_m",
    11: "source",
    12: "audience",
    13: "handset",
    14: "children",
    15: "destination",
}
_EVENT_NUMBERS = {name: number for number, name in EVENT_KEYS.items()}


def event_fields(event: Event) -> dict[str, Any]:
    """The wire fields of an event by name, absent and default ones left out."""
    fields: dict[str, Any] = {
        "item": event.item,
        "occurred_at": event.occurred_at,
        "biz_step": event.biz_step,
    }
    if event.action is not Action.OBSERVE:
        fields["action"] = event.action.value
    if event.disposition is not None:
        fields["disposition"] = event.disposition
    if event.offset_minutes:
        fields["offset_minutes"] = event.offset_minutes
    if event.read_point is not None:
        fields["read_point"] = event.read_point
    if event.position is not None and event.source is not None:
        fields["latitude"] = event.position.latitude
        fields["longitude"] = event.position.longitude
        fields["radius_m"] = event.position.radius_m
        fields["source"] = event.source.value
    if event.audience is not Audience.EDGE:
        fields["audience"] = event.audience.value
    if event.handset is not None:
        fields["handset"] = event.handset
    if event.children:
        fields["children"] = list(event.children)
    if event.destination is not None:
        fields["destination"] = event.destination
    return fields


def encode_batch(
    *,
    org_id: str,
    reader_id: str,
    sequence: int,
    sent_at: int,
    clock_bound_s: int,
    events: tuple[Event, ...],
    content_type: int = cose.CBOR,
    firmware: str | None = None,
) -> bytes:
    """The payload of a batch, to be signed with :func:`schemas.cose.sign`."""
    header: dict[str, Any] = {
        "version": VERSION,
        "org": org_id,
        "reader": reader_id,
        "sequence": sequence,
        "sent_at": sent_at,
        "clock_bound_s": clock_bound_s,
    }
    named = [event_fields(event) for event in events]
    numbered = [{_EVENT_NUMBERS[name]: value for name, value in fields.items()} for fields in named]
    header["events"] = named if content_type == cose.JSON else numbered
    if firmware is not None:
        header["firmware"] = firmware
    if content_type == cose.JSON:
        return json.dumps(header, allow_nan=False).encode()
    return cbor2.dumps({number: header[name] for number, name in BATCH_KEYS.items() if name in header})


def decode_batch(payload: bytes, content_type: int) -> EventBatch:
    """The batch in a payload whose signature holds. Its events stay raw.

    :raises InvalidMessage: ``unreadable``, ``unsupported`` (another version) or ``too_many_events``.
    """
    fields = _batch_fields(payload, content_type)
    version = fields.get("version")
    if type(version) is not int or version != VERSION:
        raise InvalidMessage("unsupported", f"version {short(version)}; this gateway reads {VERSION}")
    match fields:
        case {
            "org": str(org),
            "reader": str(reader),
            "sequence": int(sequence),
            "sent_at": int(sent_at),
            "clock_bound_s": int(clock_bound_s),
            "events": list() | tuple() as events,
        } if bool not in map(type, (sequence, sent_at, clock_bound_s)) and (
            0 <= sequence < 1 << 63 and 0 <= sent_at < 1 << 63 and 0 <= clock_bound_s <= 86_400
        ):
            pass
        case _:
            raise InvalidMessage("unreadable", "a batch field is missing, of another type or out of range")
    if len(events) > MAX_EVENTS:
        raise InvalidMessage("too_many_events", f"{len(events)} events; a batch has at most {MAX_EVENTS}")
    firmware = _firmware(fields)
    return EventBatch(org, reader, sequence, sent_at, clock_bound_s, tuple(events), content_type, firmware)


def _firmware(fields: Mapping[str, Any]) -> str | None:
    firmware = fields.get("firmware")
    if firmware is None:
        return None
    if not isinstance(firmware, str) or not (0 < len(firmware) <= MAX_FIRMWARE_CHARACTERS and firmware.isprintable()):
        raise InvalidMessage("unreadable", f"firmware is not 1 to {MAX_FIRMWARE_CHARACTERS} printable characters")
    return firmware


def _batch_fields(payload: bytes, content_type: int) -> Mapping[str, Any]:
    if content_type == cose.CBOR:
        numbered = cose.decode(payload)
        if not isinstance(numbered, dict):
            raise InvalidMessage("unreadable", "the payload is not a map")
        return {BATCH_KEYS[number]: value for number, value in numbered.items() if number in BATCH_KEYS}
    try:
        named = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise InvalidMessage("unreadable", f"not JSON: {error}") from None
    if not isinstance(named, dict):
        raise InvalidMessage("unreadable", "the payload is not an object")
    return named


def message_digest(message: bytes) -> str:
    """The SHA-256 of a whole message in hexadecimal: how reader and receipt name a batch, readable or not."""
    return sha256(message).hexdigest()


class Hash(Protocol):
    """A hash in the making, as :mod:`hashlib` gives it."""

    def copy(self) -> Self:
        """The same, to go on from here."""

    def update(self, data: bytes, /) -> None:
        """Take in more."""

    def digest(self) -> bytes:
        """The hash of what was taken in."""


def event_id(org_id: str, reader_id: str, sequence: int, position: int) -> uuid.UUID:
    """The id of the event at ``position`` (from 0) of a batch: the same however often and by whomever it is taken in.

    A version 8 UUID (RFC 9562) over the name of the batch and the position.
    """
    return _position_id(_batch_hash(org_id, reader_id, sequence), position)


def event_ids(org_id: str, reader_id: str, sequence: int, events: int) -> list[uuid.UUID]:
    """The ids of a batch's ``events`` events, in order; each as :func:`event_id` gives it."""
    start = _batch_hash(org_id, reader_id, sequence)
    return [_position_id(start, position) for position in range(events)]


# RFC 9562, section 5.8: version 8 in bits 48 to 51, variant 0b10 in bits 64 and 65, counted from the first.
_OURS = (1 << 128) - 1 ^ 0xF << 76 ^ 0b11 << 62
_VERSION_8 = 8 << 76 | 0b10 << 62


def _batch_hash(org_id: str, reader_id: str, sequence: int) -> Hash:
    return sha256(f"suyuan/v1/event\n{org_id}\n{reader_id}\n{sequence}\n".encode())


def _position_id(start: Hash, position: int) -> uuid.UUID:
    digest = start.copy()
    digest.update(b"%d" % position)
    return uuid.UUID(int=int.from_bytes(digest.digest()[:16]) & _OURS | _VERSION_8)
