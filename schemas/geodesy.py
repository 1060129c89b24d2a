"""Distances on the ground, with the error that every position carries."""

from dataclasses import dataclass
from math import asin, cos, pi, radians, sin, sqrt

EARTH_RADIUS_KM = 6371.0088
"""Mean radius R1 of GRS 80 (Moritz 2000)."""
KM_PER_DEGREE = EARTH_RADIUS_KM * pi / 180
"""Of latitude, on a sphere of that radius."""

SITE_RADIUS_M = 100.0
"""The 95 % radius of a registered site's position: the width of a loading yard."""


@dataclass(frozen=True, slots=True)
class Position:
    """A place in WGS 84 degrees and the radius in metres that holds the truth in 95 of 100 cases."""

    latitude: float
    longitude: float
    radius_m: float

    def __post_init__(self) -> None:
        if not (-90 <= self.latitude <= 90 and -180 <= self.longitude <= 180):
            raise ValueError(f"({self.latitude}, {self.longitude}) is not a position in degrees")
        if not 0 <= self.radius_m <= 20_100_000:
            raise ValueError(f"{self.radius_m} m is not a radius on Earth")


def distance_km(a: Position, b: Position) -> float:
    """The great-circle distance between two centres (haversine), in kilometres."""
    phi_a, phi_b = radians(a.latitude), radians(b.latitude)
    h = sin((phi_b - phi_a) / 2) ** 2
    h += cos(phi_a) * cos(phi_b) * sin(radians(b.longitude - a.longitude) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * asin(sqrt(min(1.0, h)))


def certain_distance_km(a: Position, b: Position) -> float:
    """How far apart two positions are for certain: the distance less both error radii, never below zero."""
    return max(0.0, distance_km(a, b) - (a.radius_m + b.radius_m) / 1000)


def least_travel_hours(km: float) -> float:
    """The least time in hours that goods need for ``km``: by road at 130 km/h, beyond 300 km also by air.

    A flight costs 2.5 h on the ground besides 850 km/h in the air. One speed cap for all is wrong at both ends.
    """
    road = km / 130
    return road if km <= 300 else min(road, 2.5 + km / 850)
