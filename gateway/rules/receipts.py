"""Rules on what comes back: a unit that is received twice, and one that is returned late, or by somebody else. Pure."""

from collections.abc import Iterable

from typing_extensions import override

from gateway.rules.fold import Card, Conclusion, Fold, Manner, State, finding, witness
from gateway.rules.history import MICROSECONDS, Sighting, Unit
from gateway.rules.lifecycle import RETURNS, SALE
from schemas.event import Audience
from schemas.finding import Kind, Level
from schemas.rule_thresholds import LATE_RETURN_DAYS, SAME_DELIVERY_HOURS

_DAY_US = 24 * 3600 * MICROSECONDS


class LateReturn(Fold):
    """A return that makes a sold unit saleable again, long after its sale or by another organisation than sold it.

    :class:`gateway.rules.lifecycle.SecondSale` takes a sale back for any return: so a used code is laundered. State:
    event id, time, clock bound and reader of the sale that stands.
    """

    card = Card(
        "late_return",
        Kind.ENDED,
        f"Returned more than {LATE_RETURN_DAYS} days after its sale, or by another organisation than sold it. Silent.",
        "a warranty case; a returns centre, or the maker, that takes back for the shop; a shop that changed hands",
    )

    @override
    def concerns(self, _: Unit) -> bool:
        return True

    @override
    def wakes(self, manner: Manner) -> bool:
        return manner.biz_step == SALE

    @override
    def step(self, unit: Unit, state: State, sighting: Sighting) -> tuple[State, Iterable[Conclusion]]:
        if sighting.biz_step == SALE:
            return [*witness(sighting), sighting.bound, sighting.observer], ()
        if state is None or not (sighting.biz_step in RETURNS or sighting.disposition in RETURNS):
            return state, ()
        event_id, at, bound, seller = state
        days = (sighting.occurred_at - at - bound - sighting.bound) / _DAY_US
        by_another = _org(seller) != _org(sighting.observer)
        if days <= LATE_RETURN_DAYS and not by_another:
            return None, ()
        evidence = [(event_id, at), witness(sighting)]
        details = {"days": round(max(days, 0.0), 1), "by_another": by_another}
        return None, (finding(self.card, Level.WATCH, unit, evidence, 0.4, **details),)


class ReceivedTwice(Fold):
    """Received again at the same read point, with nothing between that took it away.

    State: event id, time, clock bound and read point of the last receipt that stands.
    """

    card = Card(
        "received_twice",
        Kind.COPIED,
        f"Received twice at one place, more than {SAME_DELIVERY_HOURS} hours apart, and seen nowhere else between: two"
        " objects, or a way back that nobody saw. Silent.",
        "a shipment or a return that no reader saw; a stock-taking that is reported as receiving",
    )

    @override
    def concerns(self, _: Unit) -> bool:
        return True

    @override
    def wakes(self, manner: Manner) -> bool:
        return manner.biz_step == "receiving" and not manner.contained and manner.audience is not Audience.CONSUMER

    @override
    def step(self, unit: Unit, state: State, sighting: Sighting) -> tuple[State, Iterable[Conclusion]]:
        if sighting.via is not None or not sighting.is_attested:
            return (None if sighting.via is not None else state), ()
        if sighting.biz_step != "receiving" or sighting.read_point is None:
            here = state is not None and sighting.read_point == state[3] and sighting.biz_step not in _LEAVES
            return (state if here else None), ()
        receipt = [*witness(sighting), sighting.bound, sighting.read_point]
        if state is None or state[3] != sighting.read_point:
            return receipt, ()
        event_id, at, bound, _ = state
        hours = (sighting.occurred_at - at - bound - sighting.bound) / (3600 * MICROSECONDS)
        if hours <= SAME_DELIVERY_HOURS:
            return state, ()
        evidence = [(event_id, at), witness(sighting)]
        details = {"hours": round(hours, 1), "read_point": sighting.read_point}
        return receipt, (finding(self.card, Level.WATCH, unit, evidence, 0.3, **details),)


_LEAVES = frozenset({SALE, "shipping", "departing", "loading", "packing", "removing"})
"""Business steps (CBV) after which a unit may come again."""


def _org(observer: str | None) -> str:
    """The organisation of an enrolled reader."""
    return (observer or "").partition("/")[0]
