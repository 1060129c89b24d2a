"""Rules on space and time: no object is in two places at once, nor faster than the fastest way between them. Pure."""

from collections.abc import Iterable

from typing_extensions import override

from gateway.rules.fold import Card, Conclusion, Fold, State, finding, witness
from gateway.rules.history import FALSE_PROOFS, MICROSECONDS, Sighting, Unit
from schemas.finding import Kind, Level
from schemas.geodesy import Position, certain_distance_km, least_travel_hours
from schemas.rule_thresholds import MIN_TRAVEL_KM


class ImpossibleTravel(Fold):
    """Neighbours in event time, of different observers, too far apart for the time between them.

    The full errors are allowed for: the certain distance is the distance less both 95 % radii, the longest time is the
    time between plus both clock bounds. State: event id, time, clock bound in microseconds, observer, latitude,
    longitude and radius in metres of the last sighting that has them all.
    """

    card = Card(
        "impossible_travel",
        Kind.COPIED,
        "Seen at two places, by two observers, closer in time than anything can travel between them.",
        "a phone behind a VPN that claims to be precise; a reader whose clock is off by more than it admits",
    )

    @override
    def concerns(self, unit: Unit) -> bool:
        # Where the code is false, copies of it explain nothing more: the rules on proofs have found it already.
        return unit.proof not in FALSE_PROOFS

    @override
    def step(self, unit: Unit, state: State, sighting: Sighting) -> tuple[State, Iterable[Conclusion]]:
        there = sighting.usable_position
        if there is None or sighting.observer is None:
            return state, ()
        latitude, longitude = there.latitude, there.longitude
        last = [
            sighting.event_id,
            sighting.occurred_at,
            sighting.bound,
            sighting.observer,
            latitude,
            longitude,
            there.radius_m,
        ]
        if state is None:
            return last, ()
        event_id, at, bound, observer, *before = state
        if observer == sighting.observer or (before[0] == latitude and before[1] == longitude):
            return last, ()
        km = certain_distance_km(Position(*before), there)
        hours = (sighting.occurred_at - at + sighting.bound + bound) / MICROSECONDS / 3600
        if km <= MIN_TRAVEL_KM or hours >= (min_hours := least_travel_hours(km)):
            return last, ()
        details = {"km": round(km, 1), "hours": round(hours, 2), "least_hours": round(min_hours, 2)}
        evidence = [(event_id, at), witness(sighting)]
        return last, (finding(self.card, Level.ALERT, unit, evidence, 0.95, **details),)
