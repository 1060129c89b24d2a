"""Rules on space and time: no object is in two places at once, nor faster than the fastest way between them."""

from collections.abc import Iterator

from gateway.rules.history import FALSE_PROOFS, MICROSECONDS, History, Sighting, Unit
from gateway.rules.rule import Card, Rule, finding
from schemas.finding import Finding, Kind, Level
from schemas.geodesy import certain_distance_km, least_travel_hours

_LEAST_KM = 50.0


def impossible_travel(unit: Unit, history: History) -> Iterator[Finding]:
    """Neighbours in event time, of different observers, too far apart for the time between them.

    Both errors are given away first: the certain distance is the distance less both 95 % radii, the certain time is the
    time between plus both clock bounds.
    """
    if unit.proof in FALSE_PROOFS:
        return  # copies of what was never genuine explain nothing; the proof has said all
    earlier: Sighting | None = None
    for sighting in history:
        if sighting.usable_position is None or sighting.observer is None:
            continue
        if earlier is not None and earlier.observer != sighting.observer:
            yield from _conflict(unit, earlier, sighting)
        earlier = sighting


def _conflict(unit: Unit, a: Sighting, b: Sighting) -> Iterator[Finding]:
    here, there = a.usable_position, b.usable_position
    if here is None or there is None:
        return
    km = certain_distance_km(here, there)
    hours = (b.occurred_at - a.occurred_at + a.bound + b.bound) / MICROSECONDS / 3600
    if km > _LEAST_KM and hours < least_travel_hours(km):
        yield finding(
            "impossible_travel",
            Kind.COPIED,
            Level.ALERT,
            unit,
            (a, b),
            0.95,
            km=round(km, 1),
            hours=round(hours, 2),
            least_hours=round(least_travel_hours(km), 2),
        )


RULES = (
    Rule(
        Card(
            "impossible_travel",
            Kind.COPIED,
            "Seen at two places, by two observers, closer in time than anything can travel between them.",
            "a phone behind a VPN that claims to be precise; a reader whose clock is off by more than it admits",
        ),
        impossible_travel,
    ),
)
