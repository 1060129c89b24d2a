"""Rules on space and time: no object is in two places at once, nor faster than the fastest way between them. Pure."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from typing_extensions import override

from gateway.rules.fold import Card, Conclusion, Fold, State, finding
from gateway.rules.history import FALSE_PROOFS, MICROSECONDS, Sighting, Unit
from schemas.finding import Finding, Kind, Level
from schemas.geodesy import Position, certain_distance_km, least_travel_hours
from schemas.rule_thresholds import MIN_TRAVEL_KM, NEAR_DEGREES

CONFIDENCE = {2: 0.95, 1: 0.4, 0: 0.3}
"""By how many of the two sides are attested. What strangers say of themselves may be a VPN or an invention: the figures
below an alert are judgements, not measurements."""


_Saved = list[Any]
"""A sighting as the state keeps it: a list of the fields of :class:`_Seen`."""
_AT, _BOUND, _OBSERVER, _LATITUDE, _LONGITUDE = range(1, 6)

_ANYWHERE_HOURS = least_travel_hours(20_040)
"""From one end of the earth to the other (half its circumference, in km)."""


class _Seen(NamedTuple):
    """A sighting with its place, by a reader (``attested``) or a phone: microseconds, degrees, metres."""

    event_id: str
    at: int
    bound: int
    observer: str
    latitude: float
    longitude: float
    radius_m: float
    attested: bool

    @property
    def place(self) -> Position:
        """Where it was seen."""
        return Position(self.latitude, self.longitude, self.radius_m)


class ImpossibleTravel(Fold):
    """Neighbours in event time, of different observers, too far apart for the time between them.

    The full errors are allowed for: the certain distance is the distance less both 95 % radii, the longest time is the
    time between plus both clock bounds. Positions of networks' addresses count for nothing here.

    Readers contradict each other in an alert. Where a stranger's phone is on either side it is a watch: two made-up
    scans must not accuse a genuine unit. Nor may one that slips in between hide what two readers saw, so that readers'
    sightings are compared with each other whatever phones saw meanwhile. State: the last sighting by a reader and the
    last by a phone, of those that have all fields of :class:`_Seen`.
    """

    card = Card(
        "impossible_travel",
        Kind.COPIED,
        "Seen at two places, by two observers, closer in time than anything can travel between them. An alert when both"
        " are enrolled readers; a watch when a consumer's phone is one of them.",
        "a reader whose clock is off by more than it admits; a phone behind a VPN that claims to be precise",
    )

    @override
    def concerns(self, unit: Unit) -> bool:
        # Where the code is false, copies of it explain nothing more: the rules on proofs have found it already.
        return unit.proof not in FALSE_PROOFS

    @override
    def step(self, unit: Unit, state: State, sighting: Sighting) -> tuple[State, Iterable[Conclusion]]:
        there = sighting.usable_position
        if there is None or sighting.observer is None or sighting.by_network:
            return state, ()
        attested = sighting.is_attested
        seen = [
            sighting.event_id,
            sighting.occurred_at,
            sighting.bound,
            sighting.observer,
            there.latitude,
            there.longitude,
            there.radius_m,
            attested,
        ]
        by_reader, by_phone = (None, None) if state is None else state
        last = _later(by_reader, by_phone)
        if not attested:
            return [by_reader, seen], self._contradiction(unit, last, seen)
        concluded = self._contradiction(unit, by_reader, seen)
        if last is not by_reader:
            concluded += self._contradiction(unit, last, seen)
        return [seen, by_phone], concluded

    def _contradiction(self, unit: Unit, before: _Saved | None, now: _Saved) -> tuple[Finding, ...]:
        """What follows from two sightings: a finding, or nothing."""
        if before is None or before[_OBSERVER] == now[_OBSERVER]:
            return ()
        north, east = now[_LATITUDE] - before[_LATITUDE], now[_LONGITUDE] - before[_LONGITUDE]
        if -NEAR_DEGREES < north < NEAR_DEGREES and -NEAR_DEGREES < east < NEAR_DEGREES:
            return ()  # the same place, or a dealer's and its shop's
        hours = (now[_AT] - before[_AT] + now[_BOUND] + before[_BOUND]) / MICROSECONDS / 3600
        if hours >= _ANYWHERE_HOURS:  # most of all pairs, which need no distance
            return ()
        first, second = _Seen(*before), _Seen(*now)
        km = certain_distance_km(first.place, second.place)
        if km <= MIN_TRAVEL_KM or hours >= (min_hours := least_travel_hours(km)):
            return ()
        details = {
            "km": round(km, 1),
            "hours": round(hours, 2),
            "least_hours": round(min_hours, 2),
            "observed_by": ["reader" if each.attested else "phone" for each in (first, second)],
        }
        attested = first.attested + second.attested
        level = Level.ALERT if attested == 2 else Level.WATCH
        evidence = [(first.event_id, first.at), (second.event_id, second.at)]
        return (finding(self.card, level, unit, evidence, CONFIDENCE[attested], **details),)


def _later(one: _Saved | None, other: _Saved | None) -> _Saved | None:
    if one is None or other is None:
        return one or other
    return max(one, other, key=lambda each: (each[_AT], each[0]))
