"""Where a unit has been, as numbered places and the legs between them: the ground of the map. Pure.

Consumers' positions are coarsened here, before anything is drawn.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from resolver.text import formats
from resolver.text.formats import Name
from resolver.text.places import VAGUE_RADIUS_M, near
from resolver.verdict.chain import ConsumerScan, ProvenanceChain, Step
from schemas.geodesy import Position

COARSE_DEGREES = 0.1
COARSE_RADIUS_M = 10_000.0
"""How finely a consumer's place is published: about 10 km."""
MAX_SCANS = 12
_LETTERS = "ABCDEFGH"


@dataclass(frozen=True, slots=True)
class Place:
    """One place. ``kind``: ``step`` (numbered), ``look`` (consumers, no number), ``conflict`` (contradicts another)."""

    mark: str
    kind: str
    where: Position
    label: Name


@dataclass(frozen=True, slots=True)
class Leg:
    """A way from one place to another by their positions in the list. ``km`` is set where two places contradict."""

    start: int
    end: int
    km: float | None = None


@dataclass(frozen=True, slots=True)
class Itinerary:
    """Places in the order of their first visit, legs between them, and each event's mark."""

    places: tuple[Place, ...] = ()
    legs: tuple[Leg, ...] = ()
    marks: dict[UUID, str] | None = None


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two events, by id, that one object cannot both have left, and how far apart they were, as the page says it."""

    one: str
    other: str
    km: float


def itinerary(chain: ProvenanceChain, conflicts: Sequence[Conflict] = ()) -> Itinerary:
    """The itinerary of a chain, with the places that contradict each other."""
    places: list[Place] = []
    at: dict[str, int] = {}
    of_event: dict[UUID, int] = {}
    legs: list[Leg] = []
    previous: int | None = None
    for step in chain.steps:
        if step.where is None:
            continue
        key = step.place_key or f"{step.where.latitude:.2f},{step.where.longitude:.2f}"
        if key not in at:
            at[key] = len(places)
            places.append(Place(str(len(places) + 1), "step", step.where, _step_label(step)))
        here = of_event[step.event_id] = at[key]
        if not step.is_custody:
            continue
        if previous is not None and previous != here and Leg(previous, here) not in legs:
            legs.append(Leg(previous, here))
        previous = here
    _add_scans(places, of_event, chain.scans, {UUID(event) for each in conflicts for event in (each.one, each.other)})
    legs += _contradictions(places, of_event, conflicts)
    marks = {event: places[index].mark for event, index in of_event.items()}
    return Itinerary(tuple(places), tuple(legs), marks)


def coarse(where: Position) -> Position:
    """A consumer's position as it may be published."""
    return Position(
        round(where.latitude / COARSE_DEGREES) * COARSE_DEGREES,
        round(where.longitude / COARSE_DEGREES) * COARSE_DEGREES,
        max(where.radius_m, COARSE_RADIUS_M),
    )


def _add_scans(
    places: list[Place], of_event: dict[UUID, int], scans: Iterable[ConsumerScan], accused: set[UUID]
) -> None:
    groups: dict[tuple[float, float], int] = {}
    for scan in scans:
        if scan.where is None or scan.where.radius_m > VAGUE_RADIUS_M:
            continue
        where = coarse(scan.where)
        key = (round(where.latitude, 1), round(where.longitude, 1))
        if key not in groups:
            if len(groups) >= MAX_SCANS and scan.event_id not in accused:
                continue
            groups[key] = len(places)
            places.append(Place("", "look", where, _label_of(where)))
        of_event[scan.event_id] = groups[key]


def _contradictions(places: list[Place], of_event: dict[UUID, int], conflicts: Sequence[Conflict]) -> list[Leg]:
    legs = []
    letters = iter(_LETTERS)
    for conflict in conflicts:
        ends = of_event.get(UUID(conflict.one)), of_event.get(UUID(conflict.other))
        if ends[0] is None or ends[1] is None or ends[0] == ends[1]:
            continue
        for end in (ends[0], ends[1]):
            if places[end].kind == "conflict":
                continue
            mark = places[end].mark or next(letters, "!")
            places[end] = replace(places[end], kind="conflict", mark=mark)
        legs.append(Leg(ends[0], ends[1], conflict.km))
    return legs


def _step_label(step: Step) -> Name:
    if step.where is not None:
        city = near(step.where.latitude, step.where.longitude, within_km=60.0)
        if city is not None:
            return city
    return (
        formats.names(step.site) if step.site is not None else Name(en=step.read_point or "", zh=step.read_point or "")
    )


def _label_of(where: Position) -> Name:
    return near(where.latitude, where.longitude) or Name(en="", zh="")
