"""A rule on what is packed: a unit is where its container is. Pure."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from typing_extensions import override

from gateway.rules.fold import Card, Conclusion, Fold, Manner, State, finding
from gateway.rules.history import FALSE_PROOFS, Sighting, Unit
from schemas.event import Action
from schemas.finding import Finding, Kind, Level
from schemas.geodesy import Position, certain_distance_km
from schemas.rule_thresholds import MIN_TRAVEL_KM, NEAR_DEGREES

MAX_CONTAINERS = 4
"""Containers that are watched at once: pack, case, pallet and load."""


class _Seen(NamedTuple):
    """A sighting as the state keeps it, in JSON types: microseconds, degrees, metres."""

    event_id: str
    at: int
    bound: int
    latitude: float
    longitude: float
    radius_m: float
    attested: bool

    def km_from(self, other: "_Seen") -> float:
        """How far apart the two were for certain."""
        here = Position(self.latitude, self.longitude, self.radius_m)
        return certain_distance_km(here, Position(other.latitude, other.longitude, other.radius_m))

    def is_after(self, other: "_Seen") -> bool:
        """Whether it happened after the other, whatever the clocks."""
        return self.at - self.bound > other.at + other.bound


class AggregationBreak(Fold):
    """The unit by itself, far from where its container was seen before and was seen again after.

    Two observations of the container, on either side in time, are asked for, and no unpacking between: a single one may
    be a packing that nobody reported. Positions of networks' addresses count for nothing.

    State: by container, the last sighting of it, and the first sighting of the unit away from it since, or None.
    """

    card = Card(
        "aggregation_break",
        Kind.COPIED,
        "Seen by itself at least 50 km from where its container was before and was again after, with no unpacking"
        " between: one of the two objects is a copy, or it was taken out unseen. Silent.",
        "an unpacking that nobody reported; a container that went on without the unit; a unit that was packed in"
        " another's place",
    )

    @override
    def concerns(self, unit: Unit) -> bool:
        return unit.proof not in FALSE_PROOFS

    @override
    def wakes(self, manner: Manner) -> bool:
        return manner.contained and manner.action is not Action.DELETE

    @override
    def step(self, unit: Unit, state: State, sighting: Sighting) -> tuple[State, Iterable[Conclusion]]:
        container = sighting.via
        if container is None and not state:
            return state, ()
        if sighting.action is Action.DELETE:
            return None, ()
        where = sighting.usable_position
        if where is None or sighting.by_network:
            return state, ()
        # The state's own form, and not _Seen: most sightings of containers are near the last one, and nothing follows.
        seen: list[Any] = [
            sighting.event_id,
            sighting.occurred_at,
            sighting.bound,
            where.latitude,
            where.longitude,
            where.radius_m,
            sighting.is_attested,
        ]
        if container is None:
            return _by_itself(state, seen), ()
        watched = {} if state is None else dict(state)
        before, away = watched.pop(container, _NEVER)
        watched[container] = [seen, None]
        if len(watched) > MAX_CONTAINERS:
            del watched[next(iter(watched))]
        if before is None or away is None:
            return watched, ()
        return watched, self._broken(unit, container, (_Seen(*before), _Seen(*away), _Seen(*seen)))

    def _broken(self, unit: Unit, container: str, story: tuple[_Seen, _Seen, _Seen]) -> tuple[Finding, ...]:
        """What follows from the container, the unit away from it, and the container again."""
        before, away, after = story
        if not (away.is_after(before) and after.is_after(away)):
            return ()
        km = min(away.km_from(before), away.km_from(after))
        if km <= MIN_TRAVEL_KM:
            return ()
        evidence = [(each.event_id, each.at) for each in story]
        details = {"km": round(km, 1), "container": container, "observed_by": "reader" if away.attested else "phone"}
        return (finding(self.card, Level.WATCH, unit, evidence, 0.5 if away.attested else 0.3, **details),)


_NEVER: tuple[None, None] = (None, None)


def _by_itself(state: State, seen: list[Any]) -> State:
    """The state after the unit was seen by itself: noted with each container that was elsewhere."""
    changed = {
        container: [last, seen]
        for container, (last, away) in state.items()
        if away is None
        and (abs(seen[3] - last[3]) > NEAR_DEGREES or abs(seen[4] - last[4]) > NEAR_DEGREES)
        and _Seen(*seen).km_from(_Seen(*last)) > MIN_TRAVEL_KM
    }
    return {**state, **changed} if changed else state
