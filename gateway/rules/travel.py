"""Rules on space and time: no object is in two places at once, nor faster than the fastest way between them."""

from collections.abc import Iterable

from gateway.rules.fold import Card, Conclusion, State, finding, witness
from gateway.rules.history import FALSE_PROOFS, MICROSECONDS, Sighting, Unit
from schemas.finding import Kind, Level
from schemas.geodesy import Position, certain_distance_km, least_travel_hours

_LEAST_KM = 50.0


class ImpossibleTravel:
    """Neighbours in event time, of different observers, too far apart for the time between them.

    Both errors are given away first: the certain distance is the distance less both 95 % radii, the certain time is the
    time between plus both clock bounds. State: event id, time, clock bound in microseconds, observer, latitude,
    longitude and radius in metres of the last sighting that has them all.
    """

    card = Card(
        "impossible_travel",
        Kind.COPIED,
        "Seen at two places, by two observers, closer in time than anything can travel between them.",
        "a phone behind a VPN that claims to be precise; a reader whose clock is off by more than it admits",
    )

    def concerns(self, unit: Unit) -> bool:
        """See :class:`gateway.rules.fold.Fold`."""
        # Copies of what was never genuine explain nothing; the proof has said all.
        return unit.proof not in FALSE_PROOFS

    def step(self, unit: Unit, state: State, sighting: Sighting) -> tuple[State, Iterable[Conclusion]]:
        """See :class:`gateway.rules.fold.Fold`."""
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
        if km <= _LEAST_KM or hours >= (least := least_travel_hours(km)):
            return last, ()
        details = {"km": round(km, 1), "hours": round(hours, 2), "least_hours": round(least, 2)}
        evidence = [(event_id, at), witness(sighting)]
        return last, (finding(self.card, Level.ALERT, unit, evidence, 0.95, **details),)
