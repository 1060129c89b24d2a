"""Distances between phones and sites, and what their errors leave of them. Pure."""

from enum import IntEnum
from math import cos, hypot, radians

from gateway.evidence.item import Fix, Mark, Scan
from schemas.geodesy import KM_PER_DEGREE, Position, distance_km

HOME_KM = 2.0
"""Phones so near to each other are in one place, a home or a shop."""


class Relation(IntEnum):
    """How two phones' places stand to each other, after allowing for the errors of both."""

    SAME = 0
    """They may well be in one place, and it is known to 50 km."""
    UNKNOWN = 1
    """At least one place is hardly known, and nothing excludes that they are the same."""
    APART = 2
    """They can't be in one place."""


def apart_km(a: Scan | Mark, b: Scan | Mark) -> float:
    """Kilometres between two centres. Near ones by a plane, which is right to 1 % below 100 km."""
    north = (a.latitude - b.latitude) * KM_PER_DEGREE
    east = (a.longitude - b.longitude) * KM_PER_DEGREE * cos(radians((a.latitude + b.latitude) / 2))
    flat = hypot(north, east)
    if flat < 100:
        return flat
    return distance_km(Position(a.latitude, a.longitude, 0), Position(b.latitude, b.longitude, 0))


def relation(a: Scan, b: Scan) -> Relation:
    """How the places of two phones stand to each other."""
    worst = max(a.fix, b.fix)
    if worst is Fix.NONE:
        return Relation.UNKNOWN
    if apart_km(a, b) > max(HOME_KM, a.radius_km + b.radius_km):
        return Relation.APART
    return Relation.UNKNOWN if worst is Fix.ROUGH else Relation.SAME
