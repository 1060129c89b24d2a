"""A world's columns as what the gateway takes in: verified event batches of readers, scans in the outbox, openings.

Each of a world's messages carries one event, as its sequence numbers say. Shipments name whom they are addressed to, as
honest devices do.
"""

from typing import NamedTuple
from uuid import UUID

import numpy as np
from typing_extensions import override

from firmware_sim.population.columns import Ints, Pair, Source, Step, Table
from firmware_sim.population.network import DC, DEALER, PLANT
from firmware_sim.population.world import World
from gateway.message.decoding import CheckedEvent, CodeReader, VerifiedBatch
from schemas.code import Checked, Proof
from schemas.event import Event, LocationSource
from schemas.event_reader import FUTURE_TOLERANCE_S
from schemas.evidence import Clue, Evidence
from schemas.keys import Keyring
from schemas.moment import to_datetime
from schemas.scan import Scan
from schemas.serial import UnitNumber
from schemas.topics import EVENTS, Address
from scripts.commands.evaluate.gateway_path_store import gtin_text, site_id, site_org
from scripts.commands.evaluate.judge_protocol import Registry
from scripts.system.fixtures import MAKER

_STEPS = {Step.SHIPPING: "shipping", Step.RECEIVING: "receiving", Step.SELLING: "retail_selling"}
_SOURCES = {
    Source.GPS: LocationSource.GPS,
    Source.COARSE: LocationSource.COARSE,
    Source.FIXED_IP: LocationSource.FIXED_IP,
    Source.MOBILE_IP: LocationSource.MOBILE_IP,
}
_NOWHERE = -1

_Where = tuple[float | None, float | None, float | None, str | None]
"""Latitude, longitude, radius in metres, and where they come from."""


class Arrivals(NamedTuple):
    """What arrived of a table's rows, each with its row's number; ``refused``: rows that a gateway doesn't take."""

    batches: list[tuple[int, VerifiedBatch]]
    scans: list[tuple[int, dict[str, object]]]
    openings: list[tuple[int, tuple[object, ...]]]
    refused: list[int]


class WorldCodes(CodeReader):
    """The world's codes by number in place of their serials: what a code proves is known without its seal."""

    def __init__(self, registry: Registry) -> None:
        super().__init__(Keyring({}, {}))
        self._lot = registry.lot.tolist()
        self._gtin = [gtin_text(number) for number in registry.gtin.tolist()]
        starts = {lot: item for item, lot in reversed(list(enumerate(self._lot)))}
        self._index = [item - starts[lot] for item, lot in enumerate(self._lot)]

    def path(self, item: int) -> str:
        """The item's code, as a path without its first slash: the item's id."""
        return f"01/{self._gtin[item]}/21/{item:020}"

    def guess(self, number: int) -> str:
        """A code that nobody made, by a number that stands for its serial."""
        return f"01/{self._gtin[0]}/21/X{number & (1 << 63) - 1:019}"

    def of(self, item: int) -> Checked:
        """What the item's code proves."""
        return Checked(Proof.SEALED, self.path(item), MAKER, self.unit(item))

    def unit(self, item: int) -> UnitNumber:
        """The batch of an item and its place in it."""
        return UnitNumber(0, self._lot[item], self._index[item])

    @override
    def check(self, text: str) -> Checked:
        serial = text.rpartition("/")[2]
        return Checked(Proof.FORGED, text.lstrip("/"), MAKER) if serial.startswith("X") else self.of(int(serial))


class WorldEvents:
    """Turns rows of a world's events, in order of arrival, into what the gateway takes in."""

    def __init__(self, world: World, registry: Registry) -> None:
        self.codes = WorldCodes(registry)
        self._sites = len(world.sites.kind)
        self._orgs = [site_org(world, site) for site in range(self._sites)]
        self._destinations = _destinations(world).tolist()
        self._row = 0

    def take(self, events: Table) -> Arrivals:
        """The next rows."""
        arrivals = Arrivals([], [], [], [])
        names = ("item", "at", "received", "device", "sequence", "digest", "step", "site", "source", "handset", "pair")
        columns = [events.ints(name).tolist() for name in (*names, "clock_bound_s", "network", "operator")]
        places = [events.floats(name).tolist() for name in ("lat", "lon", "radius_m")]
        for row in zip(*columns, *places, strict=True):
            item, at, received, device, sequence, digest, step, site, *phone = row
            if device >= 0:
                batch = None
                if device < 2 * self._sites and at <= received + (phone[3] + FUTURE_TOLERANCE_S) * 1_000_000:
                    batch = self._batch(item, at, device, sequence, digest, step, site, phone[3])
                if batch is None:
                    arrivals.refused.append(self._row)
                else:
                    arrivals.batches.append((self._row, batch))
            else:
                self._add_phone(arrivals, item, at, digest, step, phone)
            self._row += 1
        return arrivals

    def _batch(
        self, item: int, at: int, device: int, sequence: int, digest: int, step: int, site: int, bound: int
    ) -> VerifiedBatch:
        address = Address(self._orgs[device % self._sites], f"{'t' if device >= self._sites else 'r'}{site_id(device)}")
        checked = self.codes.of(item)
        to = self._destinations[self._row]
        event = Event(
            "/" + checked.item_id,
            at,
            _STEPS[Step(step)],
            read_point=site_id(site),
            destination=site_id(to) if step == Step.SHIPPING and to != _NOWHERE else None,
        )
        return VerifiedBatch(
            topic=address.topic(EVENTS),
            message=b"",
            digest=f"{digest & (1 << 64) - 1:064x}",
            kid=b"k1",
            address=address,
            sequence=sequence,
            sent_at=at,
            firmware=None,
            clock_bound_s=bound,
            events=(CheckedEvent(event_id(digest), 0, event, checked, ()),),
            rejections=(),
        )

    def _add_phone(
        self, arrivals: Arrivals, item: int, at: int, digest: int, step: int, phone: list[int | float]
    ) -> None:
        source, handset, pair, _, network, operator, latitude, longitude, radius_m = phone
        placed = _SOURCES.get(Source(int(source)))
        where: _Where = (None, None, None, None)
        if placed is not None:
            where = latitude, longitude, max(radius_m, placed.least_radius_m), placed.value
        who = f"{int(handset):x}" if handset >= 0 else None
        net = f"{int(network):x}" if network >= 0 else None
        runs = f"operator {int(operator)}" if operator >= 0 else None
        if step == Step.SCAN:
            path = self.codes.path(item) if item >= 0 else self.codes.guess(digest)
            scan = Scan(event_id(digest), "/" + path, at, who, *where, net, runs)
            arrivals.scans.append((self._row, scan.to_fields()))
        if item >= 0 and pair == Pair.MISMATCHED:
            clue = Evidence(event_id(digest), Clue.PAIR_MISMATCH, self.codes.path(item), MAKER, at)
            arrivals.scans.append((self._row, clue.to_fields()))
        if item >= 0 and (step == Step.OPENING or pair == Pair.MATCHED):
            unit, moment = self.codes.unit(item), to_datetime(at)
            opened = (MAKER, unit.batch_number, unit.index, self.codes.path(item), event_id(digest), moment, moment)
            arrivals.openings.append((self._row, (*opened, who, net, runs, *where, pair == Pair.MATCHED)))


def event_id(digest: int) -> UUID:
    """The id of the event in a message, by the message's digest: a message that is sent again is the same event."""
    return UUID(int=digest & (1 << 64) - 1)


def _destinations(world: World) -> Ints:
    """By row of the events the site that a shipment goes to: where it was received next, else by the item's own way."""
    events, items, sites = world.events, world.items, world.sites
    item, site, step = events.ints("item"), events.ints("site"), events.ints("step")
    target = np.full(len(events), _NOWHERE, dtype=np.int64)
    shipped = np.flatnonzero((step == Step.SHIPPING) & (item >= 0) & (site >= 0))
    kind = sites.kind[site[shipped]]
    for tier, column in ((PLANT, items.dc), (DC, items.dealer), (DEALER, items.shop)):
        rows = shipped[kind == tier]
        target[rows] = column[item[rows]]
    custody = np.flatnonzero(((step == Step.SHIPPING) | (step == Step.RECEIVING)) & (item >= 0))
    order = custody[np.lexsort((step[custody], events.ints("true_at")[custody], item[custody]))]
    first, then = order[:-1], order[1:]
    handed = (item[first] == item[then]) & (step[first] == Step.SHIPPING) & (step[then] == Step.RECEIVING)
    target[first[handed]] = site[then[handed]]
    return target
