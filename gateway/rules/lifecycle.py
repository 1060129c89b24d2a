"""Rules on the order of an item's life: commissioned, sold, ended; recalled and expired. Pure."""

from collections.abc import Iterable, Mapping, Sequence

from typing_extensions import override

from gateway.rules.fold import Card, Conclusion, Fold, Manner, State, finding, witness
from gateway.rules.history import MICROSECONDS, Sighting, Unit
from schemas.event import Audience
from schemas.finding import Kind, Level
from schemas.geodesy import Position, certain_distance_km

SALE = "retail_selling"
_ENDS = frozenset({"destroying", "decommissioning"})
RETURNS = frozenset({"accepting", "receiving", "returned"})
_TILL_RETRY_US = 10 * 60 * MICROSECONDS
_PRECISE_M = 5000.0
"""The 95 % radius up to which a phone's own position says that it is in a plant."""
_PLANT_KM = 1.0
"""Nearer to a plant than this is in it: premises are larger than their point."""
_TIME_ZONE_GRACE_US = 24 * 3600 * MICROSECONDS


class BeforeCommissioning(Fold):
    """The first sighting outside a plant, when it certainly precedes the unit's commissioning, or there is none.

    A phone that says by itself, and precisely, that it is at a plant of the owner's is in it: somebody tries a label.
    State: True once that sighting has come.
    """

    final = True

    card = Card(
        "before_commissioning",
        Kind.EARLY,
        "Seen outside the plant before the unit was commissioned: labels may have been stolen.",
        "a commissioning report that is late or covers too small a range; line tests outside the plant",
    )

    def __init__(self, plants: Mapping[str, Sequence[Position]]) -> None:
        """``plants``: where they are, by owner of goods."""
        self._plants = plants

    @override
    def concerns(self, unit: Unit) -> bool:
        return unit.batch is not None

    @override
    def wakes(self, manner: Manner) -> bool:
        return manner.site_kind != "plant" and manner.biz_step != "commissioning"

    @override
    def step(self, unit: Unit, state: State, sighting: Sighting) -> tuple[State, Iterable[Conclusion]]:
        if state is True or unit.batch is None or unit.index is None or unit.index >= unit.batch.quantity:
            return state, ()
        if sighting.site_kind == "plant" or sighting.biz_step == "commissioning":
            return state, ()
        commissioned_at = unit.commissioned_at
        if commissioned_at is not None and sighting.occurred_at + sighting.bound >= commissioned_at:
            return True, ()
        if self._is_in_plant(unit, sighting):
            return state, ()
        evidence = [witness(sighting)]
        return True, (finding(self.card, Level.ALERT, unit, evidence, 0.9, commissioned_at=commissioned_at),)

    def _is_in_plant(self, unit: Unit, sighting: Sighting) -> bool:
        where = sighting.position
        if where is None or where.radius_m > _PRECISE_M or sighting.by_network:
            return False
        return any(certain_distance_km(where, plant) <= _PLANT_KM for plant in self._plants.get(unit.owner_org, ()))


class AfterEnd(Fold):
    """Every sighting that certainly follows the unit's destruction or decommissioning.

    State: event id, time, clock bound in microseconds and business step of the end.
    """

    card = Card(
        "after_end",
        Kind.ENDED,
        "Seen again after the unit was destroyed or decommissioned.",
        "the wrong unit was reported destroyed; a curious look at a code kept as a sample",
    )

    @override
    def concerns(self, _: Unit) -> bool:
        return True

    @override
    def wakes(self, manner: Manner) -> bool:
        return manner.biz_step in _ENDS

    @override
    def step(self, unit: Unit, state: State, sighting: Sighting) -> tuple[State, Iterable[Conclusion]]:
        ends = sighting.biz_step in _ENDS
        if state is None:
            return [*witness(sighting), sighting.bound, sighting.biz_step] if ends else None, ()
        event_id, at, bound, step = state
        if ends or sighting.occurred_at - sighting.bound <= at + bound:
            return state, ()
        evidence = [(event_id, at), witness(sighting)]
        return state, (finding(self.card, Level.ALERT, unit, evidence, 0.95, ended_by=step),)


class SecondSale(Fold):
    """A sale after a sale with no return between; the same read point within ten minutes is one sale reported twice.

    State: event id, time and read point of the last sale that stands.
    """

    card = Card(
        "second_sale",
        Kind.ENDED,
        "Sold twice with no return between: one code on two objects, or a code scanned for another unit.",
        "a till that retries after more than ten minutes; a return that nobody reported; lending between shops",
    )

    @override
    def concerns(self, _: Unit) -> bool:
        return True

    @override
    def wakes(self, manner: Manner) -> bool:
        return manner.biz_step == SALE

    @override
    def step(self, unit: Unit, state: State, sighting: Sighting) -> tuple[State, Iterable[Conclusion]]:
        if sighting.biz_step != SALE:
            returned = sighting.biz_step in RETURNS or sighting.disposition in RETURNS
            return None if returned else state, ()
        sale = [*witness(sighting), sighting.read_point]
        if state is None:
            return sale, ()
        event_id, at, read_point = state
        if read_point == sighting.read_point and sighting.occurred_at - at <= _TILL_RETRY_US:
            return state, ()
        evidence = [(event_id, at), witness(sighting)]
        places = {"first_at": read_point, "second_at": sighting.read_point}
        return sale, (finding(self.card, Level.ALERT, unit, evidence, 0.9, **places),)


class RecalledSeen(Fold):
    """Observed after its batch was recalled: a fact at the first consumer's scan, an alert when it is sold.

    State: True once a consumer has scanned it.
    """

    card = Card(
        "recalled_seen",
        Kind.RECALLED,
        "Seen after the recall of its batch. An alert when it was sold.",
        "a shop that reports yesterday's sales today with today's time",
    )

    @override
    def concerns(self, unit: Unit) -> bool:
        return unit.batch is not None and unit.batch.recalled_at is not None

    @override
    def step(self, unit: Unit, state: State, sighting: Sighting) -> tuple[State, Iterable[Conclusion]]:
        since = None if unit.batch is None else unit.batch.recalled_at
        return _seen_since(self.card, since, unit, state, sighting)


class ExpiredSeen(Fold):
    """Observed after its best-before date, with a day's grace for time zones. State: as :class:`RecalledSeen`."""

    card = Card(
        "expired_seen",
        Kind.EXPIRED,
        "Seen after its best-before date. An alert when it was sold.",
        "a wrong date in the batch's registration",
    )

    @override
    def concerns(self, unit: Unit) -> bool:
        return unit.batch is not None and unit.batch.expires_at is not None

    @override
    def step(self, unit: Unit, state: State, sighting: Sighting) -> tuple[State, Iterable[Conclusion]]:
        end = None if unit.batch is None else unit.batch.expires_at
        return _seen_since(self.card, None if end is None else end + _TIME_ZONE_GRACE_US, unit, state, sighting)


def _seen_since(
    card: Card, since: int | None, unit: Unit, scanned: State, sighting: Sighting
) -> tuple[State, Iterable[Conclusion]]:
    if since is None or sighting.occurred_at - sighting.bound <= since:
        return scanned, ()
    evidence = [witness(sighting)]
    if sighting.biz_step == SALE:
        sold = finding(card, Level.ALERT, unit, evidence, 0.95, since=since, read_point=sighting.read_point)
        return scanned, (sold,)
    if scanned is True or sighting.audience is not Audience.CONSUMER:
        return scanned, ()
    return True, (finding(card, Level.FACT, unit, evidence, 1.0, since=since),)
