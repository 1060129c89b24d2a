"""Consumers' scans: how the resolver hands them to the gateway, which judges them like any other event."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from schemas.errors import InvalidEvent
from schemas.event import Action, Audience, Event, LocationSource
from schemas.geodesy import Position

READER_ORG = "consumers"
READER_ID = "web"
"""The origin that a consumer's scan is stored under; no reader can enrol with this organisation's name."""

BIZ_STEP = "inspecting"


@dataclass(frozen=True, slots=True)
class Scan:
    """One look at a code's page or verdict. ``scan_id`` becomes the event id; ``at`` is microseconds, UTC.

    ``handset`` is a keyed hash of the install id, never the id itself. ``source`` says where the position came from:
    the phone, when the person agreed to give it, or the sender's address. ``network`` is a keyed hash of that address's
    network (IPv4 /24, IPv6 /48), another one every quarter; ``operator`` is who runs the network. Both are None when
    unknown.
    """

    scan_id: UUID
    uri: str
    at: int
    handset: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    radius_m: float | None = None
    source: str | None = None
    network: str | None = None
    operator: str | None = None

    def to_fields(self) -> dict[str, Any]:
        """The JSON object of the outbox row."""
        return {
            "scan_id": str(self.scan_id),
            "uri": self.uri,
            "at": self.at,
            "handset": self.handset,
            "latitude": self.latitude,
            "longitude": self.longitude,
            "radius_m": self.radius_m,
            "source": self.source,
            "network": self.network,
            "operator": self.operator,
        }

    def to_event(self) -> Event:
        """The event that the scan is.

        :raises InvalidEvent: the position is not one.
        """
        position, source = None, None
        if self.latitude is not None and self.longitude is not None and self.radius_m is not None:
            try:
                source = LocationSource(self.source or "")
                position = Position(self.latitude, self.longitude, max(self.radius_m, source.least_radius_m))
            except ValueError as error:
                raise InvalidEvent("range", str(error), field="position") from None
        return Event(
            item=self.uri,
            occurred_at=self.at,
            biz_step=BIZ_STEP,
            action=Action.OBSERVE,
            position=position,
            source=source,
            audience=Audience.CONSUMER,
            handset=self.handset,
        )


def scan_from_fields(fields: dict[str, Any]) -> Scan:
    """The scan in an outbox row.

    :raises InvalidEvent: it is none.
    """
    try:
        return Scan(**(fields | {"scan_id": UUID(fields["scan_id"])}))
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise InvalidEvent("unreadable", f"not a scan: {error}"[:200], field="scan") from None
