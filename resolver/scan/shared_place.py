"""The place that a phone shares with a request: as given, or coarsened without consent to more."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from resolver.scan.origin import ScanPlace
from schemas.event import LocationSource

COARSE_M = 10_000.0
"""How exactly a place is kept without consent to more: its 95 % radius in metres."""


class SharedPlace(BaseModel):
    """The place in a request. It is optional; latitude and longitude (WGS 84 degrees) belong together."""

    model_config = ConfigDict(extra="forbid")

    latitude: float | None = Field(None, ge=-90, le=90, allow_inf_nan=False)
    longitude: float | None = Field(None, ge=-180, le=180, allow_inf_nan=False)
    accuracy_m: float | None = Field(None, ge=0, le=20_000_000, allow_inf_nan=False, description="95 % radius.")
    source: Literal["gps", "coarse", "fixed_ip", "mobile_ip"] | None = None
    consent: Literal["exact", "coarse"] = Field(
        "coarse", description="Whether the person agreed to an exact place; a coarse one is kept otherwise."
    )

    def place(self, *, exact: bool) -> ScanPlace | None:
        """The place: as given, or to a tenth of a degree (about ten kilometres); None when none was given."""
        if self.latitude is None or self.longitude is None:
            return None
        source = LocationSource(self.source or "gps")
        radius = max(self.accuracy_m or 0.0, source.least_radius_m)
        if exact or radius >= COARSE_M:
            return ScanPlace(self.latitude, self.longitude, radius, source.value)
        coarse = LocationSource.COARSE
        return ScanPlace(round(self.latitude, 1), round(self.longitude, 1), COARSE_M, coarse.value)

    @model_validator(mode="after")
    def _place_is_whole(self) -> Self:
        if (self.latitude is None) != (self.longitude is None):
            raise ValueError("latitude and longitude belong together")
        if self.latitude is None and (self.source is not None or self.accuracy_m is not None):
            raise ValueError("source and accuracy_m describe a position; give latitude and longitude too")
        return self
