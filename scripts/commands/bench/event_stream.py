"""A stream of events to judge: pallets of genuine units from the plant to the sale, and some consumers' scans.

Twenty units make a pallet: each is commissioned, packed, shipped in the pallet, unpacked, received at the shop and
sold; three in ten are scanned by a consumer. That is 72 events for 20 units, in the order of time.
"""

from collections.abc import Iterator, Sequence

from schemas import cose, topics
from schemas.event import Action, Audience, Event, LocationSource, encode_batch, message_digest
from schemas.geodesy import Position
from scripts.commands.bench.mqtt_publisher import SignedMessage
from scripts.system.fixtures import KID, Device, Units, sscc_path

UNITS = 20
SCANS = 6
EVENTS_A_PALLET = UNITS + 1 + 4 + 1 + 2 * UNITS + SCANS
STAGES = 7
"""How many kinds of readers report a pallet. The number of devices must be a multiple: each kind has equally many."""

_PLANT = Position(27.7300, 106.9300, 100)
_CENTRE = Position(29.6000, 106.5000, 100)
_SHOP = Position(30.6000, 114.3000, 100)
_HOUR = 3_600_000_000
_SECOND = 1_000_000


class EventStream:
    """Events without end: no unit, pallet or sequence number comes twice. ``start``: the first one, in microseconds."""

    def __init__(self, devices: Sequence[Device], units: Units, start: int) -> None:
        if len(devices) % STAGES:
            raise ValueError(f"{len(devices)} devices do not serve {STAGES} stages evenly")
        self._devices, self._units, self._start = devices, units, start
        self._pallets = 0
        self._sequence = 0

    def messages(self, events: int, size: int) -> list[SignedMessage]:
        """At least ``events`` events in signed event batches of ``size``, in the order in which they would be sent."""
        pallets = -(-events // EVENTS_A_PALLET)
        wave = max(1, min(100, pallets // 4))
        messages: list[SignedMessage] = []
        for first in range(0, pallets, wave):
            journeys = [self._journey() for _ in range(min(wave, pallets - first))]
            for stage in range(STAGES):
                messages += self._batches(stage, [event for journey in journeys for event in journey[stage]], size)
        return messages

    def _batches(self, stage: int, events: Sequence[Event], size: int) -> Iterator[SignedMessage]:
        devices_per_stage = len(self._devices) // STAGES
        for number, first in enumerate(range(0, len(events), size)):
            device = self._devices[stage * devices_per_stage + number % devices_per_stage]
            yield self._signed(device, tuple(events[first : first + size]))

    def _signed(self, device: Device, events: tuple[Event, ...]) -> SignedMessage:
        self._sequence += 1
        payload = encode_batch(
            org_id=device.address.org_id,
            reader_id=device.address.reader_id,
            sequence=self._sequence,
            sent_at=events[-1].occurred_at,
            clock_bound_s=2,
            events=events,
        )
        message = cose.sign(payload, content_type=cose.CBOR, kid=KID, key=device.key)
        return SignedMessage(device.address.topic(topics.EVENTS), message, message_digest(message), len(events))

    def _journey(self) -> tuple[list[Event], ...]:
        """One pallet's events by stage."""
        number = self._pallets
        self._pallets += 1
        start = self._start + number * _SECOND
        box = sscc_path(number)
        units = [self._units.path(number * UNITS + index) for index in range(UNITS)]

        def seen(item: str, hours: float, step: str, where: Position) -> Event:
            return Event(item, start + int(hours * _HOUR), step, position=where, source=LocationSource.SITE)

        def scan(item: str, hours: float, handset: str) -> Event:
            return Event(
                item,
                start + int(hours * _HOUR),
                "inspecting",
                position=_SHOP,
                source=LocationSource.GPS,
                audience=Audience.CONSUMER,
                handset=handset,
            )

        return (
            [seen(unit, 0, "commissioning", _PLANT) for unit in units],
            [
                Event(box, start + _HOUR, "packing", Action.ADD, children=tuple(units)),
                seen(box, 2, "shipping", _PLANT),
            ],
            [seen(box, 14, "receiving", _CENTRE), seen(box, 20, "shipping", _CENTRE)],
            [
                seen(box, 44, "receiving", _SHOP),
                Event(box, start + 45 * _HOUR, "unpacking", Action.DELETE, children=tuple(units)),
            ],
            [seen(unit, 46, "receiving", _SHOP) for unit in units],
            [seen(unit, 60 + index, "retail_selling", _SHOP) for index, unit in enumerate(units)],
            [scan(unit, 90 + index, f"handset-{number}-{index}") for index, unit in enumerate(units[:SCANS])],
        )
