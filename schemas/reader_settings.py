"""What an operator sets for a reader from afar: a retained message on its settings topic, JSON."""

import json
from dataclasses import asdict, dataclass, fields

from schemas.errors import InvalidMessage
from schemas.event import MAX_EVENTS, MAX_MESSAGE_BYTES

RANGES = {
    "batch_events": (1, MAX_EVENTS),
    "batch_bytes": (1_000, MAX_MESSAGE_BYTES),
    "batch_age_ms": (0, 3_600_000),
    "in_flight": (1, 100),
    "resend_s": (1, 3_600),
}
"""Least and most of each setting."""


@dataclass(frozen=True, slots=True)
class ReaderSettings:
    """Settings of one reader. ``revision`` grows with each change; None leaves a value to the reader.

    ``batch_events``, ``batch_bytes`` and ``batch_age_ms`` say when a batch is cut, ``in_flight`` how many wait for a
    receipt at a time, ``resend_s`` how long for the first time.
    """

    revision: int
    batch_events: int | None = None
    batch_bytes: int | None = None
    batch_age_ms: int | None = None
    in_flight: int | None = None
    resend_s: int | None = None

    def to_json(self) -> bytes:
        """The payload of the settings topic."""
        given = {name: value for name, value in asdict(self).items() if value is not None}
        return json.dumps(given, separators=(",", ":")).encode()


def from_json(payload: bytes) -> ReaderSettings:
    """The settings in a payload. Fields that a later version adds are passed over.

    :raises InvalidMessage: ``unreadable``: a reader goes on with the settings that it has.
    """
    try:
        given = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise InvalidMessage("unreadable", f"settings are not JSON: {error}") from None
    if not isinstance(given, dict) or type(given.get("revision")) is not int:
        raise InvalidMessage("unreadable", "settings are no object with an integer revision")
    known = {each.name: given[each.name] for each in fields(ReaderSettings) if given.get(each.name) is not None}
    for name, (least, most) in RANGES.items():
        if name in known and (type(known[name]) is not int or not least <= known[name] <= most):
            raise InvalidMessage("unreadable", f"settings: {name} is an integer from {least} to {most}")
    return ReaderSettings(**known)
