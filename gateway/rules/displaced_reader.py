"""A rule on readers: one that reports from far away of the site that it names. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC

from gateway.rules.fold import Card
from schemas.event import Audience, Event
from schemas.finding import Finding, Kind, Level
from schemas.geodesy import Position, certain_distance_km
from schemas.moment import to_datetime, to_microseconds
from schemas.rule_thresholds import MIN_TRAVEL_KM
from schemas.subject import ReaderSubject

DISPLACED = Card(
    "displaced_reader",
    Kind.DEVICE,
    "A reader names a site, and its own position is at least 50 km from it. Told once a reader and day, silent; no"
    " goods are accused.",
    "a site that is registered at the wrong place; a handheld reader that is used on the road; a reader that moved with"
    " its shop",
)
_STEP_KM = 50


def displaced(subject: ReaderSubject, events: Iterable[Event], sites: Mapping[str, Position]) -> Iterator[Finding]:
    """A finding for each day (UTC) on which ``events`` of one reader were farther from the site that they name.

    ``sites``: positions of read points. The distance is stated in steps of 50 km, and the finding of a day is the same
    whichever events tell it, so that a day of events is one row.
    """
    farthest: dict[int, tuple[float, str]] = {}
    for event in events:
        site = None if event.read_point is None else sites.get(event.read_point)
        if site is None or event.read_point is None or event.position is None or event.audience is Audience.CONSUMER:
            continue
        km = certain_distance_km(site, event.position)
        if km > MIN_TRAVEL_KM:
            midnight = to_datetime(event.occurred_at).astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
            day = to_microseconds(midnight)
            farthest[day] = max(farthest.get(day, (0.0, "")), (km, event.read_point))
    for day, (km, read_point) in sorted(farthest.items()):
        yield Finding(
            rule=DISPLACED.name,
            kind=DISPLACED.kind,
            level=Level.WATCH,
            subject=str(subject),
            occurred_at=day,
            confidence=0.7,
            events=(),
            details={"read_point": read_point, "km": int(km // _STEP_KM * _STEP_KM)},
        )
